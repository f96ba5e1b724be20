// All jobs, filtered, a page at a time.
import {h, reading} from './elements.js';
import {head, row} from './runs.js';
import {selection} from './selection.js';
import {get, url} from './server.js';

const active = ['RUNNING', 'PENDING', 'SCHEDULED'], completed = ['SUCCESSFUL', 'FAILED', 'CANCELED'];
const choices = {
  ALL: 'All', ACTIVE: 'Active', RUNNING: 'Running', PENDING: 'Pending', SCHEDULED: 'Scheduled',
  COMPLETED: 'Completed', SUCCESSFUL: 'Successful', FAILED: 'Failed', CANCELED: 'Canceled',
};
const pageSize = 50;
const orders = {'': 'Newest first', oldest: 'Oldest first', longest: 'Longest first', next: 'Next run first'};
const filters = ['status', 'project', 'spider', 'text', 'since', 'until', 'order', 'fired-by'];
const columns = ['job', 'state', 'items', 'requests', 'errors', 'time', 'duration', 'request'];
/** The states that each choice takes in. */
const statesOf = name => name === 'ALL' ? [...active, ...completed] : name === 'ACTIVE' ? active : name === 'COMPLETED' ? completed : [name];
/** The least milliseconds between two questions for what events do not tell. */
const pause = 15_000;

function given(query) {
  const fields = Object.fromEntries([...filters, 'after'].map(name => [name, query.get(name) ?? '']));
  return {...fields, status: fields.status || 'COMPLETED'};
}

export const jobs = {
  source: query => ['list-jobs.json', {...given(query), limit: pageSize, facts: 1, 'first-error': 1, counts: 1, wait: 'no'}],

  /** Shown while a search takes its time: it can be given up for another one. */
  unanswered: {jobs: [], isAwaited: true},

  show(answer, query, frame) {
    const fields = given(query);
    const rows = h('tbody', {});
    const summary = h('p', {class: 'faint small', role: 'status'});
    const pages = h('div', {class: 'bar'});
    const note = h('div', {});
    const bar = filterBar(fields, frame), picked = selection(frame);
    let timer = null, asked = Date.now();
    const askSoon = () => {
      timer ??= setTimeout(() => { timer = null; asked = Date.now(); frame.reload(); }, Math.max(1000, pause - (Date.now() - asked)));
    };
    const draw = () => {
      note.replaceChildren(reading(answer) ?? '');
      const focused = rows.contains(document.activeElement) ? document.activeElement : null;
      picked.keep(answer.jobs);
      rows.replaceChildren(...answer.jobs.map(job => row(job, columns, picked.box(job))));
      // The rows are new: what had the focus has it again.
      const name = focused?.getAttribute('aria-label') ?? focused?.getAttribute('href');
      if (name) rows.querySelector(`[aria-label="${CSS.escape(name)}"], [href="${CSS.escape(name)}"]`)?.focus();
      bar.count(answer.counts);
      summary.textContent = answer.isAwaited ? 'Searching…' : answer.total === 1 ? '1 job' : `${answer.total.toLocaleString()} jobs`;
      const isNewest = !fields.order;
      pages.replaceChildren(
        fields.after ? h('a', {class: 'button', href: url('', {page: 'jobs', ...fields, after: ''})}, isNewest ? 'Newest' : 'First page') : '',
        answer.more ? h('a', {class: 'button', href: url('', {page: 'jobs', ...fields, after: answer.jobs.at(-1).identifier})}, isNewest ? 'Older' : 'Next page') : '');
      empty.hidden = answer.isAwaited || answer.jobs.length > 0;
    };
    const isFiltered = filters.some(name => name !== 'status' && name !== 'order' && fields[name]);
    const empty = h('p', {class: 'empty'}, isFiltered ? ['No jobs match. ', h('a', {href: url('', {page: 'jobs', status: fields.status})}, 'Clear the filters')]
      : fields.status === 'ALL' ? 'No jobs yet.' : `No ${choices[fields.status]?.toLowerCase() ?? 'such'} jobs.`);
    draw();
    return {
      title: 'Jobs',
      node: h('div', {},
        h('h1', {}, 'Jobs'), bar.form, note, picked.bar,
        h('section', {class: 'card', 'aria-label': 'Jobs'},
          h('div', {class: 'scroll'}, h('table', {class: 'jobs'}, head(columns, picked.all), rows)), empty),
        h('div', {class: 'bar spread'}, summary, pages)),
      take(next) { answer = next; draw(); },
      job(job) {
        if (answer.isAwaited) return;
        // The counts, and the place in another order, are known to the server.
        askSoon();
        if (!fields.order && apply(answer, job, fields)) draw();
      },
      leave() { clearTimeout(timer); },
    };
  },
};

/** Takes the news of a job into the list, which has the newest change first; false where nothing is to be seen of it. */
function apply(answer, job, fields) {
  const index = answer.jobs.findIndex(known => known.identifier === job.identifier);
  const known = index >= 0 ? answer.jobs[index] : null;
  const isWanted = statesOf(fields.status).includes(job.status) && (!fields.project || fields.project === job.project)
    && (!fields.spider || fields.spider === job.spider)
    && (!fields['fired-by'] || fields['fired-by'] === job.facts['fired-by'])
    // The days are those of the server's time zone.
    && (known || !(fields.since || fields.until))
    && (!fields.text || `${job.identifier} ${job.project} ${job.spider} ${job.description}`.toLowerCase().includes(fields.text.toLowerCase()));
  if (known) { answer.jobs.splice(index, 1); answer.total -= 1; }
  if (!isWanted) return known !== null;
  answer.total += 1;
  if (fields.after) return true;
  // Events do not have what a crawl reports meanwhile.
  if (known?.status === job.status) job.facts.progress ??= known.facts.progress;
  // Those that have ended come after those that have not.
  const place = completed.includes(job.status) ? answer.jobs.findIndex(other => completed.includes(other.status)) : 0;
  answer.jobs.splice(place < 0 ? answer.jobs.length : place, 0, job);
  if (answer.jobs.length > pageSize) { answer.jobs.pop(); answer.more = true; }
  return true;
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
      h('label', {}, h('input', {type: 'radio', name: 'status', value, checked: value === fields.status}),
        h('span', {}, name, h('small', {class: 'tally', 'data-count': value, 'aria-hidden': 'true'}))))),
    h('div', {class: 'bar'}, project, spider,
      h('label', {class: 'day'}, 'From ', h('input', {type: 'date', name: 'since', value: fields.since, onchange: apply})),
      h('label', {class: 'day'}, 'To ', h('input', {type: 'date', name: 'until', value: fields.until, onchange: apply})),
      h('select', {name: 'order', 'aria-label': 'Order', onchange: apply}, Object.entries(orders).map(([value, name]) =>
        h('option', {value, selected: value === fields.order}, name))),
      fields['fired-by'] && h('span', {class: 'chip'}, h('input', {type: 'hidden', name: 'fired-by', value: fields['fired-by']}),
        'of ', h('a', {href: `?page=job&id=${fields['fired-by']}`}, 'a schedule'), ' ',
        h('a', {href: url('', {page: 'jobs', ...fields, 'fired-by': '', after: ''}), 'aria-label': 'Of all schedules'}, '×')),
      h('input', {
        type: 'search', name: 'text', value: fields.text, placeholder: 'Search in names, descriptions, payloads, ids', 'aria-label': 'Search',
        oninput: () => { clearTimeout(timer); timer = setTimeout(apply, 300); },
      })));
  get('describe-projects.json', {wait: 'no'}).then(answer => {
    fill(project, answer.projects.map(project => project.name), fields.project);
    const chosen = answer.projects.filter(project => !fields.project || project.name === fields.project);
    fill(spider, [...new Set(chosen.flatMap(project => project.spiders.map(spider => spider.name)))].sort(), fields.spider);
  }, () => {});
  return {
    form,
    /** Shows how many jobs there are of each choice. */
    count(counts) {
      if (!counts) return;
      for (const element of form.querySelectorAll('[data-count]')) {
        element.textContent = statesOf(element.dataset.count).reduce((sum, name) => sum + counts[name], 0).toLocaleString('en');
      }
    },
  };
}

function select(name, all, value, onchange) {
  const element = h('select', {name, 'aria-label': name[0].toUpperCase() + name.slice(1), onchange}, h('option', {value: ''}, all));
  if (value) element.append(h('option', {selected: true}, value));
  return element;
}

function fill(element, names, value) {
  element.append(...names.filter(name => name !== value).map(name => h('option', {}, name)));
}
