// One job: what was asked for, how it went, its logs and files.
import {bytes, confirmed, counting, h, moment, reason, span, spiderHref, state, time} from './elements.js';
import {get, post, url} from './server.js';
import {logView} from './log.js';
import {isSchedule, runsOf} from './firing.js';

const isFinal = job => ['SUCCESSFUL', 'FAILED', 'CANCELED'].includes(job.status);

export const job = {
  source: query => ['list-jobs.json', {id: query.get('id'), facts: 1}],

  show(answer, query, frame) {
    let [job] = answer.jobs;
    const head = h('div', {class: 'head bar spread'}), facts = h('div', {class: 'grid halves'});
    // A schedule has no log: its runs have.
    const below = isSchedule(job) ? runsOf(job) : logView(job, {files: list => files(job, list), place: {log: query.get('log'), at: query.get('at')}});
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
      job = {...job, ...next};
      draw();
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
      const {identifier} = await post('schedule-job.json', {
        project: job.project, spider: job.spider, when: 'now', description: job.description, payload: job.payload,
        ...job.facts.executor && {executor: job.facts.executor},
        // It was accepted with them before.
        ...job.options, ...job.options && {force: 1},
      });
      await frame.go(`?page=job&id=${identifier}`);
    } catch (error) { frame.notify(error.message); }
  };
  return [
    h('button', {type: 'button', onclick: () => frame.schedule({
      project: job.project, spider: job.spider, when: job.schedule, description: job.description, payload: job.payload,
      overlap: job.facts.overlap, 'catch-up': job.facts['catch-up'], executor: job.facts.executor,
      options: job.options,
    })}, 'Schedule like this…'),
    h('button', {type: 'button', onclick: again}, isSchedule(job) ? 'Run now' : isFinal(job) ? 'Run again' : 'Run another now'),
    !isFinal(job) && h('button', {type: 'button', class: 'danger', onclick: cancel}, 'Cancel…'),
  ].filter(Boolean);
}

function request(job) {
  const {facts} = job;
  const rows = [
    ['Id', h('code', {}, job.identifier)],
    ['Spec', job.schedule],
    ['Requested by', asker(job)],
    ['Description', job.description],
    ['Version', facts.version ?? facts['client-version']],
    ['Id of the client', facts['client-id']], ['Priority of the client', facts['client-priority']],
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
      job.status === 'SCHEDULED' && step('SCHEDULED', 'Next run', moment(facts.next), facts.next ? [' (', counting(facts.next), ')'] : ''),
      job.status === 'PENDING' && facts['not-before'] && step('PENDING', 'Next try', counting(facts['not-before'])),
      job.status === 'PENDING' && !facts['not-before'] && step('PENDING', waiting(facts), counting(facts.at),
        slurmJob(facts)),
      facts.started && step('RUNNING', 'Started', job.status === 'RUNNING' ? moment(facts.started) : both(facts.started),
        [job.status === 'RUNNING' && [' (', counting(facts.started), ')'], facts.node && ` on ${facts.node}`, slurmJob(facts)]),
      isFinal(job) && step(job.status, ended[job.status], both(facts.ended ?? facts.at), ran + (facts['canceled-by'] ? `, by ${facts['canceled-by']}` : ''))),
      reason(job) && h('p', {}, h('span', {class: isFinal(job) ? job.status : ''}, reason(job))),
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

/** Fills a list with the files that the spider left. */
async function files(job, list) {
  list.replaceChildren(h('p', {class: 'empty'}, 'Looking…'));
  try {
    const answer = await get('list-files.json', {id: job.identifier});
    list.replaceChildren(answer.files.length === 0
      ? h('p', {class: 'empty'}, 'The spider has left no files.')
      : h('table', {class: 'files'},
        h('thead', {}, h('tr', {}, ['File', 'Size', ''].map((head, index) =>
          h('th', {scope: 'col', class: index ? 'number' : null}, head || h('span', {'aria-hidden': 'true'}))))),
        h('tbody', {}, answer.files.map(file => fileRows(job, file)))),
      answer.more ? h('p', {class: 'empty'}, 'There are more files than these, in the job’s work/.') : '');
  } catch (error) {
    list.replaceChildren(h('p', {class: 'empty'}, error.message));
  }
}

/** A file's row, and below it the file itself when somebody wants to look at it. */
function fileRows(job, file) {
  const box = h('td', {colspan: 3}), below = h('tr', {hidden: true}, box);
  const look = async () => {
    below.hidden = !below.hidden;
    button.setAttribute('aria-expanded', String(!below.hidden));
    if (below.hidden) return;
    box.replaceChildren(h('span', {class: 'faint'}, 'Looking…'));
    try {
      const text = await beginning(job, file);
      box.replaceChildren(text === null ? h('span', {class: 'faint'}, 'This is no text.')
        : h('pre', {tabindex: 0, 'aria-label': file.path}, text),
      text !== null && file.size > mostShown ? h('span', {class: 'faint small'}, `The first ${bytes(mostShown)}.`) : '');
    } catch (error) { box.replaceChildren(error.message); }
  };
  const button = h('button', {type: 'button', 'aria-expanded': 'false', 'aria-label': `Look at ${file.path}`, onclick: look}, 'Look');
  return [h('tr', {},
    h('td', {class: 'mono'}, h('a', {href: url('get-file', {id: job.identifier, path: file.path}), download: true}, file.path)),
    h('td', {class: 'number'}, bytes(file.size)),
    h('td', {class: 'number'}, file.size > 0 && button)), below];
}

const mostShown = 64 << 10;

/** The first bytes of a file as text; null where they are none. */
async function beginning(job, file) {
  const control = new AbortController();
  const response = await fetch(url('get-file', {id: job.identifier, path: file.path}), {signal: control.signal});
  if (!response.ok) throw new Error((await response.json()).msg);
  const pieces = [], reader = response.body.getReader();
  let size = 0;
  for (let piece = await reader.read(); !piece.done && size < mostShown; piece = await reader.read()) {
    pieces.push(piece.value);
    size += piece.value.length;
  }
  control.abort();
  const content = new Uint8Array(await new Blob(pieces).arrayBuffer()).subarray(0, mostShown);
  if (content.includes(0)) return null;
  try {
    // A letter may be cut in two at the end.
    return new TextDecoder('utf-8', {fatal: true}).decode(content, {stream: true});
  } catch { return null; }
}
