// The frame: which view is shown, and what all of them share.
import {bytes, h, moment, setServerTime} from './elements.js';
import {listen} from './keys.js';
import {follow, get, post} from './server.js';
import {overview} from './overview.js';
import {projects} from './projects.js';
import {jobs} from './jobs.js';
import {job} from './job.js';
import {spider} from './spider.js';
import {schedule} from './schedule.js';
import {users} from './users.js';

const views = {'': overview, projects, spider, jobs, job, users};
/** The page of the navigation to which a view belongs. */
const pages = {job: 'jobs', spider: 'projects'};
const main = document.getElementById('main');
const first = JSON.parse(document.getElementById('first').textContent);

let shown = null;
let turn = 0;
/** Whether the answer for another view than the shown one is on its way. */
let isGoing = false;
/** Whether the shown view has no answer yet. */
let isAwaited = false;
/** News of jobs that come while an answer is on its way, which may be older than they are; null when none is. */
let meanwhile = null;

/** The milliseconds after which a view that can be used without its answer is shown. */
const patience = 100;
const isLate = asked => Promise.race([
  asked.then(() => false, () => false), new Promise(resolve => setTimeout(resolve, patience, true)),
]);

/** Says what went wrong, until somebody has read it. */
function notify(text) {
  const notice = document.getElementById('notice');
  notice.hidden = !text;
  notice.replaceChildren(...text ? [h('button', {type: 'button', onclick: () => notify('')}, 'Close'), text] : []);
}

/** Says what needs somebody's hand on the server, for as long as it is so: an answer with what status.json says of that. */
function setBands(answer) {
  setHeld(answer);
  setDisk(answer);
  setCertificate(answer);
  setScrapy(answer);
}

/** Says that the Scrapy of the server cannot run, which projects with packages of their own do not need, and what to do. */
function setScrapy({'scrapy-problem': problem, 'scrapy-remedy': remedy}) {
  const band = document.getElementById('scrapy');
  band.hidden = !problem;
  band.textContent = problem ? `The server’s Scrapy cannot run: ${problem}. To repair this, ${remedy}.` : '';
}

/** How many days before its end a certificate is said to come to it. */
const certificateDays = 14;

function setCertificate({'certificate-days': days, 'certificate-expires': end}) {
  const band = document.getElementById('certificate');
  band.hidden = !(days < certificateDays);
  if (band.hidden) return;
  band.replaceChildren(
    days < 0 ? 'The certificate of this server has expired at ' : 'The certificate of this server expires at ', moment(end),
    days < 0 ? ': other clients refuse it. ' : days < 1 ? ', in less than a day. ' : ` (in ${days} day${days === 1 ? '' : 's'}). `,
    'A new one is used as soon as it is in place.');
}

/** Says that the disk of the spool takes nothing more, or that there is little room. */
function setDisk({'disk-state': state, 'disk-free': free}) {
  if (state === undefined) return;
  const band = document.getElementById('disk');
  band.hidden = state === 'ok';
  band.textContent = state === 'ok' ? '' : `The spool’s disk is ${state}, with ${bytes(free)} free: no job is accepted or started until there is room.`
    + ' Delete finished jobs, or give the spool more space.';
}

/** Says that nothing is started, and how to end that, for as long as it is so. */
function setHeld(answer) {
  const band = document.getElementById('held');
  band.hidden = !answer.held;
  band.replaceChildren(...answer.held ? [
    `This spool is on hold, because ${answer['held-because']}. Nothing starts until somebody runs `,
    h('code', {}, answer['held-until']),
    ' on the server. First look at what is running, waiting and scheduled, and cancel what must not run again.',
  ] : []);
}

/** Asks what the bands are to say; what cannot be had is asked for again with the next news. */
async function askBands() {
  try { setBands(await get('status.json')); } catch { /* They stay as they are. */ }
}

/** What views may ask of the frame. */
const frame = {
  notify,
  schedule: fields => schedule(frame, fields),
  /** Goes to another view, as a link does. */
  go(href, {replace = false} = {}) {
    history[replace ? 'replaceState' : 'pushState'](null, '', href);
    return load({isNew: true});
  },
  /** Asks for what the view shows, and shows it anew. */
  reload: () => load({isNew: false}),
};

/** Shows the view that the address names. */
async function load({isNew, answer = null}) {
  const query = new URLSearchParams(location.search);
  const name = query.get('page') ?? '';
  const view = views[name] ?? overview;
  const own = turn += 1;
  // News may have it asked again before the answer has come: the later answer is for the other view then.
  isGoing ||= isNew;
  meanwhile = [];
  const asked = answer ? Promise.resolve(answer) : get(...view.source(query));
  if (isNew && view.unanswered && await isLate(asked) && own === turn) {
    isGoing = false;
    isAwaited = true;
    show(view.show(view.unanswered, query, frame), name, true);
    // Whoever has asked for the view may use it.
    take();
  } else {
    await take();
  }

  /** Shows the answer when it comes. */
  async function take() {
    let next;
    try {
      answer = await asked;
      if (answer.status !== 'ok') throw new Error(answer.msg);
      if (answer.time) setServerTime(answer.time);
      if ('held' in answer) setBands(answer);
      next = answer;
    } catch (error) {
      next = error;
    }
    // Somebody went on meanwhile.
    if (own !== turn) return;
    const isError = next instanceof Error, isOther = isGoing, isFailed = isAwaited && isError;
    isGoing = isAwaited = false;
    if (isOther || isFailed || !shown?.take) {
      show(isError ? failure(next, view.failed) : view.show(answer, query, frame), name, isOther || isFailed);
    } else if (!isError) {
      shown.take(answer);
    }
    const news = meanwhile;
    meanwhile = null;
    for (const job of news) shown.job?.(job);
  }
}

/** What is shown instead of a view that cannot be had. */
function failure(error, title = 'Not found') {
  return {
    title,
    node: h('section', {class: 'card welcome'}, h('h1', {}, title), h('p', {}, error.message)),
  };
}

function show(next, name, isNew) {
  const isFirst = shown === null;
  shown?.leave?.();
  shown = next;
  document.title = next.title ? `${next.title} · scrapy-spool` : 'scrapy-spool';
  for (const link of document.querySelectorAll('nav a')) {
    const isHere = link.dataset.page === (pages[name] ?? name);
    if (isHere) link.setAttribute('aria-current', 'page'); else link.removeAttribute('aria-current');
  }
  main.replaceChildren(next.node);
  if (isNew && !isFirst) { scrollTo(0, 0); main.focus({preventScroll: true}); notify(''); }
}

document.addEventListener('click', event => {
  const link = event.target.closest('a[href]');
  const href = link?.getAttribute('href');
  if (!href || !/^(\.\/|\?page)/.test(href) || event.button || event.metaKey || event.ctrlKey || event.shiftKey) return;
  event.preventDefault();
  frame.go(href);
});
addEventListener('popstate', () => load({isNew: true}));
document.querySelector('nav a[data-page=users]').hidden = !first.users;
const logout = document.getElementById('logout');
logout.hidden = !first.user;
logout.title = first.user ? `Logged in as ${first.user}` : '';
logout.addEventListener('click', async () => {
  try { await post('logout', {}); } catch (error) { notify(error.message); return; }
  location.assign('./');
});
document.getElementById('schedule').addEventListener('click', () => frame.schedule({}));

listen(frame, main);

const connection = document.getElementById('connection');
const offline = document.getElementById('offline');

function setConnection(name, text) {
  connection.className = name;
  connection.textContent = text;
}

setBands(first.held ?? {});
await load({isNew: true, answer: first.answer});
if (!('disk-state' in (first.answer ?? {}))) askBands();
setConnection('', 'Connecting');
follow(first.event, {
  live() {
    setConnection('live', 'Live');
    offline.hidden = true;
  },
  gone() {
    setConnection('gone', 'Offline');
    offline.textContent = 'The server cannot be reached. What you see may be out of date; the page reconnects by itself.';
    offline.hidden = false;
  },
  event(type, data) {
    if (type === 'job') {
      meanwhile?.push(data);
      shown?.job?.(data);
    } else if (type === 'disk') {
      setDisk(data);
      shown?.disk?.(data);
    } else if (type === 'reload' || shown?.wantsProjects) {
      if (type === 'reload') askBands();
      frame.reload();
    }
  },
});
