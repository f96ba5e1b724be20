// One job: what was asked for, how it went, its logs and files.
import {bytes, confirmed, counting, h, moment, pausedSince, reason, span, spiderHref, state, time} from './elements.js';
import {get, post} from './server.js';
import {fileList} from './files.js';
import {logView} from './log.js';
import {isSchedule, runsOf} from './firing.js';

const isFinal = job => ['SUCCESSFUL', 'FAILED', 'CANCELED'].includes(job.status);

export const job = {
  source: query => ['list-jobs.json', {id: query.get('id'), facts: 1}],

  show(answer, query, frame) {
    let [job] = answer.jobs;
    const head = h('div', {class: 'head bar spread'}), facts = h('div', {class: 'grid halves'});
    // A schedule has no log: its runs have.
    const below = isSchedule(job) ? runsOf(job) : logView(job, {files: fileList(), place: {log: query.get('log'), at: query.get('at')}});
    const draw = () => {
      head.replaceChildren(
        h('h1', {}, h('a', {href: spiderHref(job.project, job.spider)}, `${job.project} / ${job.spider}`), ' ', state(job.status)),
        h('div', {class: 'bar'}, buttons(job, frame)));
      facts.replaceChildren(request(job), timeline(job));
    };
    draw();
    const take = next => {
      // Events leave the payload out, what the crawl reports meanwhile, and why a job waits.
      if (next.status === job.status) {
        next.facts.progress ??= job.facts.progress;
        next.facts.waits ??= job.facts.waits;
      }
      const isChanged = next.facts.edited !== job.facts.edited && next.payload === undefined;
      job = {...job, ...next};
      draw();
      // Events have neither the payload nor the options.
      if (isChanged) frame.reload();
      below.update(job);
    };
    const ticking = setInterval(async () => {
      if (document.hidden || !['RUNNING', 'PENDING'].includes(job.status)) return;
      try {
        const [next] = (await get('list-jobs.json', {id: job.identifier, facts: 1})).jobs;
        if (next.facts.at === job.facts.at) take(next);
      } catch { /* The next round asks again. */ }
    }, 5000);
    return {
      title: `${job.project} / ${job.spider}`,
      node: h('div', {}, head, facts, below.node),
      take: answer => take(answer.jobs[0]),
      job(news) {
        if (news.identifier === job.identifier && news.facts?.at >= job.facts.at) take(news);
        else if (news.facts?.['fired-by'] === job.identifier) below.ran?.();
      },
      leave() { clearInterval(ticking); below.leave(); },
    };
  },
};

/** Asks for a job once more, with what it was asked for with. */
export function runAgain(job) {
  return post('schedule-job.json', {
    project: job.project, spider: job.spider, when: 'now', description: job.description, payload: job.payload,
    ...job.facts.executor && {executor: job.facts.executor},
    // It was accepted with them before.
    ...job.options, ...job.options && {force: 1},
  });
}

function buttons(job, frame) {
  const cancel = async event => {
    const button = event.currentTarget;
    if (!await confirmed(`Cancel ${job.project} / ${job.spider}?`, 'Cancel the job')) return;
    button.disabled = true;
    button.textContent = 'Canceling…';
    try { await post('cancel-job.json', {id: job.identifier}); } catch (error) { frame.notify(error.message); }
    await frame.reload();
  };
  const again = async () => {
    try {
      const {identifier} = await runAgain(job);
      await frame.go(`?page=job&id=${identifier}`);
    } catch (error) { frame.notify(error.message); }
  };
  const remove = async () => {
    if (!await confirmed(`Delete this job of ${job.project} / ${job.spider}, with logs and files?`, 'Delete the job')) return;
    try {
      await post('delete-job.json', {id: job.identifier});
      await frame.go('?page=jobs');
    } catch (error) { frame.notify(error.message); }
  };
  const pause = async event => {
    event.currentTarget.disabled = true;
    try {
      await post('pause-schedule.json', {id: job.identifier, paused: job.facts.paused ? 'no' : 'yes'});
    } catch (error) { frame.notify(error.message); }
    await frame.reload();
  };
  const known = {
    project: job.project, spider: job.spider, when: job.schedule, description: job.description, payload: job.payload,
    overlap: job.facts.overlap, 'catch-up': job.facts['catch-up'], executor: job.facts.executor,
    options: job.options,
  };
  const isActive = job.status === 'SCHEDULED';
  return [
    isActive && h('button', {type: 'button', onclick: pause}, job.facts.paused ? 'Resume' : 'Pause'),
    isActive && !job.facts.declared && h('button', {type: 'button', onclick: () => frame.schedule({...known, id: job.identifier})}, 'Edit…'),
    h('button', {type: 'button', onclick: () => frame.schedule(known)}, 'Schedule like this…'),
    h('button', {type: 'button', onclick: again}, isSchedule(job) ? 'Run now' : isFinal(job) ? 'Run again' : 'Run another now'),
    isFinal(job) ? h('button', {type: 'button', class: 'danger', onclick: remove}, 'Delete…')
      : h('button', {type: 'button', class: 'danger', onclick: cancel}, 'Cancel…'),
  ].filter(Boolean);
}

function request(job) {
  const {facts} = job;
  const rows = [
    ['Id', h('code', {}, job.identifier)],
    ['When', job.schedule],
    ['Paused', facts.paused && pausedSince(facts)],
    ['Declared', facts.declared && `as ${facts.declared} in the project’s scrapy.cfg`],
    ['Edited', facts.edited && [time(facts.edited), facts['edited-by'] && ` by ${facts['edited-by']}`]],
    ['Requested by', asker(job)],
    ['Description', job.description],
    ['Version', facts.version ?? facts['client-version']],
    ['Client’s id', facts['client-id']], ['Client’s priority', facts['client-priority']],
    ['Overlap', facts.overlap], ['Catch-up', facts['catch-up']],
    ...Object.entries(job.options ?? {}).filter(([name]) => name !== 'version').map(([name, text]) => [h('code', {}, name), text]),
    ['Try', facts.try],
  ].filter(([, value]) => value !== undefined && value !== '');
  return h('section', {class: 'card'},
    h('header', {}, h('h2', {}, 'Request')),
    h('div', {class: 'body grid'},
      h('dl', {class: 'facts'}, rows.flatMap(([name, value]) => [h('dt', {}, name), h('dd', {}, value)])),
      h('div', {}, h('span', {class: 'faint small'}, 'Payload'), h('pre', {tabindex: 0, 'aria-label': 'Payload'}, pretty(job.payload)))));
}

/** Who asked for a job: a schedule, and whose; or somebody, by name where the server knows one. */
function asker({actor, facts}) {
  if (actor !== 'SCHEDULER') return facts.by ?? 'a user';
  const link = facts['fired-by'] ? h('a', {href: `?page=job&id=${facts['fired-by']}`}, 'a schedule') : 'a schedule';
  return h('span', {}, link, facts.by && ` of ${facts.by}`);
}

function pretty(text) {
  // Numbers that JavaScript cannot hold would be changed.
  if (/\d{16}/.test(text) || text.length > 20_000) return text;
  try { return JSON.stringify(JSON.parse(text), null, 2); } catch { return text; }
}

/** Why a pending job does not start, as the beginning of a line. */
function waiting({waits, 'slurm-job': number}) {
  if (number) return 'Waits at Slurm';
  return waits ? waits[0].toUpperCase() + waits.slice(1) : 'Waits for a slot';
}

const slurmJob = facts => facts['slurm-job'] ? `, Slurm’s job ${facts['slurm-job']}` : '';

const ended = {SUCCESSFUL: 'Finished', FAILED: 'Failed', CANCELED: 'Canceled'};

/** An instant, and how long ago it was. */
const both = instant => [moment(instant), ' (', time(instant), ')'];

function timeline(job) {
  const {facts} = job;
  const step = (name, words, instant, more = '') =>
    h('li', {class: name}, h('span', {}, words), ' ', h('span', {class: 'faint'}, instant, more));
  const ran = facts.started && job.duration !== null ? `, after ${span(job.duration)}` : '';
  return h('section', {class: 'card'},
    h('header', {}, h('h2', {}, 'Timeline')),
    h('div', {class: 'body'}, h('ol', {class: 'timeline'},
      step('SCHEDULED', 'Requested', both(facts.created)),
      job.status === 'SCHEDULED' && facts.paused && step('PENDING', 'Paused', both(facts.paused)),
      job.status === 'SCHEDULED' && !facts.paused && step('SCHEDULED', 'Next run', moment(facts.next), facts.next ? [' (', counting(facts.next), ')'] : ''),
      job.status === 'PENDING' && facts['not-before'] && step('PENDING', 'Next try', counting(facts['not-before'])),
      job.status === 'PENDING' && !facts['not-before'] && step('PENDING', waiting(facts), counting(facts.at),
        slurmJob(facts)),
      facts.started && step('RUNNING', 'Started', job.status === 'RUNNING' ? moment(facts.started) : both(facts.started),
        [job.status === 'RUNNING' && [' (', counting(facts.started), ')'], facts.node && ` on ${facts.node}`, slurmJob(facts)]),
      isFinal(job) && step(job.status, ended[job.status], both(facts.ended ?? facts.at), ran + (facts['canceled-by'] ? `, by ${facts['canceled-by']}` : ''))),
      reason(job) && h('p', {}, h('span', {class: job.status === 'SUCCESSFUL' ? 'PENDING' : isFinal(job) ? job.status : ''}, reason(job))),
      facts['first-error'] && h('div', {}, h('span', {class: 'faint small'}, 'First error'),
        h('pre', {tabindex: 0, 'aria-label': 'First error'}, facts['first-error'])),
      outcome({...facts, ...facts.progress}),
      facts['err-bytes'] !== undefined && h('p', {class: 'faint small'},
        `${bytes(facts['err-bytes'])} of log, ${bytes(facts['out-bytes'] ?? 0)} of output`)));
}

/** What the crawl has reported, and what its process took. */
function outcome(facts) {
  const counts = [
    ['Items', facts.items], ['Dropped', facts.dropped], ['Requests', facts.requests], ['Responses', facts.responses],
    ['Failed downloads', facts.failed], ['Refused (401, 403, 407, 429, 503)', facts.denied], ['Errors in the log', facts.errors],
  ].filter(([name, count]) => count || (count === 0 && name === 'Items'));
  const rows = [
    ...facts.finish ? [['Finish reason', facts.finish]] : [], ...counts.map(([name, count]) => [name, count.toLocaleString('en')]),
    ...facts['rss-kib'] ? [['Peak memory', bytes(facts['rss-kib'] * 1024)]] : [],
    ...facts['cpu-ms'] !== undefined ? [['Processor time', `${(facts['cpu-ms'] / 1000).toFixed(1)} s`]] : [],
  ];
  return rows.length > 0 && h('dl', {class: 'facts'}, rows.flatMap(([name, value]) => [h('dt', {}, name), h('dd', {}, value)]));
}
