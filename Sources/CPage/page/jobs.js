// All jobs, filtered, a page at a time.
import {counting, counts, h, jobLink, reading, reason, span, state, time} from './elements.js';
import {get, url} from './server.js';

const active = ['RUNNING', 'PENDING', 'SCHEDULED'], completed = ['SUCCESSFUL', 'FAILED', 'CANCELED'];
const choices = {
  ACTIVE: 'Active', RUNNING: 'Running', PENDING: 'Pending', SCHEDULED: 'Scheduled',
  COMPLETED: 'Completed', SUCCESSFUL: 'Successful', FAILED: 'Failed', CANCELED: 'Canceled',
};
const pageSize = 50;
const filters = ['status', 'project', 'spider', 'text'];

function given(query) {
  const fields = Object.fromEntries([...filters, 'after'].map(name => [name, query.get(name) ?? '']));
  return {...fields, status: fields.status || 'COMPLETED'};
}

export const jobs = {
  source: query => ['list-jobs.json', {...given(query), limit: pageSize, facts: 1, wait: 'no'}],

  show(answer, query, frame) {
    const fields = given(query);
    const rows = h('tbody', {});
    const summary = h('p', {class: 'faint small', role: 'status'});
    const pages = h('div', {class: 'bar'});
    const note = h('div', {});
    const draw = () => {
      note.replaceChildren(reading(answer) ?? '');
      rows.replaceChildren(...answer.jobs.map(row));
      summary.textContent = answer.total === 1 ? '1 job' : `${answer.total.toLocaleString()} jobs`;
      pages.replaceChildren(
        fields.after ? h('a', {class: 'button', href: url('', {page: 'jobs', ...fields, after: ''})}, 'Newest') : '',
        answer.more ? h('a', {class: 'button', href: url('', {page: 'jobs', ...fields, after: answer.jobs.at(-1).identifier})}, 'Older') : '');
      empty.hidden = answer.jobs.length > 0;
    };
    const empty = h('p', {class: 'empty'}, fields.text || fields.project || fields.spider
      ? 'No job matches.' : `No job is ${choices[fields.status]?.toLowerCase() ?? 'here'}.`);
    draw();
    return {
      title: 'Jobs',
      node: h('div', {},
        h('h1', {}, 'Jobs'), filterBar(fields, frame), note,
        h('section', {class: 'card', 'aria-label': 'Jobs'},
          h('div', {class: 'scroll'}, h('table', {},
            h('thead', {}, h('tr', {}, ['Job', 'State', 'Changed', 'Ran', 'Asked for'].map((head, index) =>
              h('th', {scope: 'col', class: index === 3 ? 'number' : index === 4 ? 'wide' : null}, head)))),
            rows)), empty),
        h('div', {class: 'bar spread'}, summary, pages)),
      take(next) { answer = next; draw(); },
      job(job) {
        if (apply(answer, job, fields)) draw();
      },
    };
  },
};

/** Takes the news of a job into the list, which has the newest change first; false where nothing is to be seen of it. */
function apply(answer, job, fields) {
  const index = answer.jobs.findIndex(known => known.identifier === job.identifier);
  if (index >= 0) { answer.jobs.splice(index, 1); answer.total -= 1; }
  const states = fields.status === 'ACTIVE' ? active : fields.status === 'COMPLETED' ? completed : [fields.status];
  const isWanted = states.includes(job.status) && (!fields.project || fields.project === job.project)
    && (!fields.spider || fields.spider === job.spider)
    && (!fields.text || `${job.identifier} ${job.project} ${job.spider} ${job.description}`.toLowerCase().includes(fields.text.toLowerCase()));
  if (!isWanted) return index >= 0;
  answer.total += 1;
  if (fields.after) return true;
  answer.jobs.unshift(job);
  if (answer.jobs.length > pageSize) { answer.jobs.pop(); answer.more = true; }
  return true;
}

function row(job) {
  const {facts} = job;
  const words = [job.description, counts(job), reason(job)].filter(Boolean).join(' · ');
  const changed = facts.ended ?? (job.status === 'SCHEDULED' ? facts.next : facts.at);
  return h('tr', {},
    h('td', {}, jobLink(job), words && h('div', {class: 'faint small'}, words)),
    h('td', {}, state(job.status)),
    h('td', {class: 'time'}, job.status === 'SCHEDULED' && h('span', {class: 'faint'}, 'next '), time(changed)),
    h('td', {class: 'number'}, job.status === 'RUNNING' && facts.started ? counting(facts.started)
      : job.duration === null ? '' : span(job.duration)),
    h('td', {class: 'wide faint'}, job.actor === 'SCHEDULER' ? 'by a schedule' : job.schedule));
}

function filterBar(fields, frame) {
  let timer = null;
  const apply = () => {
    clearTimeout(timer);
    const chosen = {...Object.fromEntries(new FormData(form)), after: ''};
    if (chosen.project !== fields.project) chosen.spider = '';
    const field = document.activeElement?.getAttribute('name'), value = document.activeElement?.value;
    frame.go(url('', {page: 'jobs', ...chosen}), {replace: true}).then(() => {
      // The view is new: whoever was typing goes on typing.
      const again = [...document.querySelectorAll(`.filters [name="${field}"]`)].find(one => one.type !== 'radio' || one.value === value);
      again?.focus();
      if (again?.type === 'search') again.setSelectionRange(again.value.length, again.value.length);
    });
  };
  const project = select('project', 'All projects', fields.project, apply);
  const spider = select('spider', 'All spiders', fields.spider, apply);
  const form = h('form', {class: 'filters grid', role: 'search', onsubmit: event => { event.preventDefault(); apply(); }},
    h('fieldset', {class: 'segments', 'aria-label': 'State', onchange: apply}, Object.entries(choices).map(([value, name]) =>
      h('label', {}, h('input', {type: 'radio', name: 'status', value, checked: value === fields.status}), h('span', {}, name)))),
    h('div', {class: 'bar'}, project, spider,
      h('input', {
        type: 'search', name: 'text', value: fields.text, placeholder: 'Search in names, descriptions, payloads, ids', 'aria-label': 'Search',
        oninput: () => { clearTimeout(timer); timer = setTimeout(apply, 300); },
      })));
  get('describe-projects.json', {wait: 'no'}).then(answer => {
    fill(project, answer.projects.map(project => project.name), fields.project);
    const chosen = answer.projects.filter(project => !fields.project || project.name === fields.project);
    fill(spider, [...new Set(chosen.flatMap(project => project.spiders.map(spider => spider.name)))].sort(), fields.spider);
  }, () => {});
  return form;
}

function select(name, all, value, onchange) {
  const element = h('select', {name, 'aria-label': name[0].toUpperCase() + name.slice(1), onchange}, h('option', {value: ''}, all));
  if (value) element.append(h('option', {selected: true}, value));
  return element;
}

function fill(element, names, value) {
  element.append(...names.filter(name => name !== value).map(name => h('option', {}, name)));
}
