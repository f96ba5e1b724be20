// What a schedule has started, and when it does so next.
import {counted, h, moment, pausedSince, span, time} from './elements.js';
import {runBars, strip} from './charts.js';
import {table} from './runs.js';
import {get, url} from './server.js';

/** Whether a job is one that starts others. */
export function isSchedule(job) {
  return job.status === 'SCHEDULED' || (job.actor === 'USER' && job.schedule !== 'now' && !job.facts.started && job.status === 'CANCELED');
}

/** The view of what a schedule does: `node`, `update(job)` for each news of it, `ran()` for news of its runs, `leave()`. */
export function runsOf(job) {
  const next = h('div', {}), runs = h('div', {class: 'grid'});
  let timer = null;
  const ask = async () => {
    try {
      const answer = await get('list-jobs.json', {status: 'ALL', 'fired-by': job.identifier, limit: 30, facts: 1, 'first-error': 1, wait: 'no'});
      runs.replaceChildren(...parts(job, answer));
    } catch (error) { runs.replaceChildren(h('p', {class: 'empty'}, error.message)); }
  };
  const foresee = async () => {
    if (job.status !== 'SCHEDULED' || !job.facts.next) { next.replaceChildren(h('p', {class: 'empty'}, 'It starts no more runs.')); return; }
    if (job.facts.paused) { next.replaceChildren(h('p', {class: 'empty'}, h('span', {class: 'PENDING'}, 'Paused'), ' ', pausedSince(job.facts), '. Its times pass without a run, the next one ', time(job.facts.next), '.')); return; }
    const answer = await get('next-runs.json', {id: job.identifier}).catch(() => ({}));
    next.replaceChildren(h('ol', {class: 'plain'}, (answer.next ?? [job.facts.next]).map(instant =>
      h('li', {}, moment(instant), h('span', {class: 'faint'}, ' ', time(instant))))));
  };
  ask();
  foresee();
  return {
    node: h('div', {class: 'section grid'},
      h('section', {class: 'card'}, h('header', {}, h('h2', {}, 'Next runs')), next), runs),
    update(news) {
      const isOther = ['next', 'paused'].some(name => news.facts[name] !== job.facts[name]) || news.status !== job.status || news.schedule !== job.schedule;
      job = news;
      if (isOther) { foresee(); ask(); }
    },
    ran() { timer ??= setTimeout(() => { timer = null; ask(); }, 1000); },
    leave() { clearTimeout(timer); },
  };
}

function parts(job, {jobs, total}) {
  const ended = jobs.filter(run => run.duration !== null).toReversed();
  const chart = (title, value, scale) => h('section', {class: 'card'}, h('header', {}, h('h2', {}, title)),
    h('div', {class: 'body'}, runBars(ended, title, value, scale)));
  return [
    ended.length > 0 && h('div', {class: 'grid halves'},
      chart('Duration', run => run.duration ?? undefined, span), chart('Items', run => counted(run).items, count => count.toLocaleString('en'))),
    h('section', {class: 'card', 'aria-label': 'Runs'},
      h('header', {}, h('h2', {}, 'Runs', h('span', {class: 'count'}, total.toLocaleString('en'))),
        h('a', {class: 'small', href: url('', {page: 'jobs', status: 'ALL', 'fired-by': job.identifier})}, 'All')),
      jobs.length === 0 ? h('p', {class: 'empty'}, 'No runs yet, or none that are kept.')
        : [h('div', {class: 'body'}, strip(jobs.toReversed())), table(jobs, ['run', 'state', 'items', 'requests', 'errors', 'duration'])]),
  ].filter(Boolean);
}
