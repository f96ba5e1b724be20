// One spider: its last runs, how it does over time, and what comes next.
import {byNextRun, counted, h, nextRun, reading, span, state, time} from './elements.js';
import {dayCharts, runBars, strip} from './charts.js';
import {table} from './runs.js';
import {get, url} from './server.js';

const place = query => ({project: query.get('project') ?? '', spider: query.get('spider') ?? ''});
const known = {facts: 1, wait: 'no'};

export const spider = {
  source: query => ['list-jobs.json', {status: 'COMPLETED', ...place(query), limit: 30, ...known, 'first-error': 1}],

  show(answer, query, frame) {
    const {project, spider} = place(query), own = {project, spider};
    const node = h('div', {});
    let more = null, timer = null;
    const draw = () => node.replaceChildren(...parts(answer, more, own, frame));
    // What else is shown comes from questions of its own, so that the runs are there at once.
    const ask = async () => {
      try {
        const [active, good, statistics] = await Promise.all([
          get('list-jobs.json', {status: 'ACTIVE', ...own, limit: 100, ...known}),
          get('list-jobs.json', {status: 'SUCCESSFUL', ...own, limit: 1, ...known}),
          get('statistics.json', {days: 30, ...own}),
        ]);
        more = {active: active.jobs, good: good.jobs[0], days: statistics.days};
        draw();
      } catch { /* The next news ask again. */ }
    };
    draw();
    ask();
    return {
      title: `${project} / ${spider}`, node,
      take(next) { answer = next; draw(); ask(); },
      job(job) {
        if (job.project === project && job.spider === spider) timer ??= setTimeout(() => { timer = null; frame.reload(); }, 1000);
      },
      leave() { clearTimeout(timer); },
    };
  },
};

function parts({jobs, total, whole}, more, own, frame) {
  const runs = jobs.toReversed();
  const running = (more?.active ?? []).filter(job => job.status !== 'SCHEDULED');
  const schedules = (more?.active ?? []).filter(job => job.status === 'SCHEDULED').sort(byNextRun);
  const list = url('', {page: 'jobs', status: 'ALL', ...own});
  return [
    h('div', {class: 'head bar spread'},
      h('h1', {}, `${own.project} / ${own.spider}`),
      h('div', {class: 'bar'},
        h('a', {class: 'button', href: list}, 'All jobs'),
        h('button', {type: 'button', class: 'primary', onclick: () => frame.schedule(own)}, 'Run…'))),
    reading({whole}) ?? '',
    figures(jobs, schedules, more),
    h('section', {class: 'card section'},
      h('header', {}, h('h2', {}, 'Last runs', h('span', {class: 'count'}, `${jobs.length} of ${total.toLocaleString('en')}`)),
        h('span', {class: 'faint small'}, 'newest on the right')),
      jobs.length === 0 ? h('p', {class: 'empty'}, 'It has not run yet.') : h('div', {class: 'body'}, strip(runs))),
    jobs.length === 0 ? '' : h('div', {class: 'grid halves section'},
      chart('Duration', runs, job => job.duration ?? undefined, span),
      chart('Items', runs, job => counted(job).items, count => count.toLocaleString('en'))),
    h('div', {class: 'grid halves section'},
      h('section', {class: 'card'},
        h('header', {}, h('h2', {}, 'Schedules', h('span', {class: 'count'}, String(schedules.length)))),
        schedules.length === 0 ? h('p', {class: 'empty'}, more ? 'It is not scheduled.' : 'Loading…')
          : h('ul', {class: 'plain'}, schedules.map(job => h('li', {}, h('a', {href: `?page=job&id=${job.identifier}`}, job.schedule),
            h('span', {class: 'faint'}, job.facts.paused ? ' ' : ' next ', nextRun(job)), job.description && h('div', {class: 'faint small'}, job.description))))),
      more ? dayCharts(more.days, 'Last 30 days', own) : ''),
    h('section', {class: 'card section', 'aria-label': 'Runs'},
      h('header', {}, h('h2', {}, 'Runs'), h('a', {class: 'small', href: list}, 'All')),
      table([...running, ...jobs], ['run', 'state', 'items', 'requests', 'errors', 'duration'])),
  ];
}

function chart(title, runs, value, scale) {
  return h('section', {class: 'card'}, h('header', {}, h('h2', {}, title)), h('div', {class: 'body'}, runBars(runs, title, value, scale)));
}

/** The middle of some numbers, or undefined. */
function median(numbers) { return numbers.toSorted((a, b) => a - b)[numbers.length >> 1]; }

function figures(jobs, schedules, more) {
  const ended = jobs.filter(job => job.status !== 'CANCELED');
  const good = ended.filter(job => job.status === 'SUCCESSFUL').length;
  const duration = median(jobs.filter(job => job.duration !== null).map(job => job.duration));
  const items = median(jobs.map(job => job.facts.items).filter(count => count !== undefined));
  const link = job => h('a', {href: `?page=job&id=${job.identifier}`}, time(job.facts.ended ?? job.facts.at));
  const next = schedules.find(job => job.facts.next && !job.facts.paused);
  const rate = ended.length ? Math.floor(good / ended.length * 100) : null;
  return h('section', {class: 'card figures', 'aria-label': 'Figures'}, [
    ['Success rate', rate === null ? '–' : `${rate} %`, ended.length ? ` ${good} of ${ended.length}` : '', rate !== null && rate < 90 ? 'FAILED' : ''],
    ['Last run', jobs[0] ? link(jobs[0]) : '–', jobs[0] ? [' ', state(jobs[0].status)] : ''],
    ['Last good run', more?.good ? link(more.good) : '–', ''],
    ['Next run', next ? h('a', {href: `?page=job&id=${next.identifier}`}, time(next.facts.next)) : '–', ''],
    ['Median duration', duration === undefined ? '–' : span(duration), ''],
    ['Median items', items === undefined ? '–' : items.toLocaleString('en'), ''],
  ].map(([name, value, note, tone = '']) => h('div', {}, h('dl', {}, h('dt', {}, name), h('dd', {class: tone}, value, h('small', {}, note))))));
}
