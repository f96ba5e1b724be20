// Makes elements, and writes times and numbers for people.

/** Makes an element. `on…` are listeners, true and false attributes that are there or not; null children are left out. */
export function h(tag, attributes, ...children) {
  const element = document.createElement(tag);
  set(element, attributes);
  element.append(...children.flat(3).filter(child => child !== null && child !== undefined && child !== false));
  return element;
}

/** Makes an element of SVG. */
export function svg(tag, attributes, ...children) {
  const element = document.createElementNS('http://www.w3.org/2000/svg', tag);
  set(element, attributes);
  element.append(...children.flat(3));
  return element;
}

function set(element, attributes) {
  for (const [name, value] of Object.entries(attributes ?? {})) {
    if (name.startsWith('on')) element.addEventListener(name.slice(2), value);
    else if (value === true) element.setAttribute(name, '');
    else if (value !== false && value !== null && value !== undefined) element.setAttribute(name, value);
  }
}

const clock = new Intl.DateTimeFormat(undefined, {hour: '2-digit', minute: '2-digit', second: '2-digit', hourCycle: 'h23'});
const date = new Intl.DateTimeFormat(undefined, {weekday: 'short', day: 'numeric', month: 'short'});
const longDate = new Intl.DateTimeFormat(undefined, {day: 'numeric', month: 'short', year: 'numeric'});
const whole = new Intl.DateTimeFormat(undefined, {dateStyle: 'full', timeStyle: 'long'});

/** A time of day, with its date unless that is today. */
export function timeText(instant) {
  const at = new Date(instant), now = new Date();
  if (at.toDateString() === now.toDateString()) return clock.format(at);
  const isNear = Math.abs(at - now) < 180 * 86_400_000;
  return `${(isNear ? date : longDate).format(at)}, ${clock.format(at)}`;
}

/** An instant with its zone, in full. */
export function wholeTime(instant) { return whole.format(new Date(instant)); }

const none = () => h('span', {class: 'faint'}, '–');

/** How long ago an instant was, or how far it is, with the instant and its zone on hover; a dash for none. */
export function time(instant) {
  return instant ? h('time', {datetime: instant, title: wholeTime(instant), 'data-at': Date.parse(instant)}, agoText(instant)) : none();
}

/** An instant by its date and time of day; a dash for none. */
export function moment(instant) {
  return instant ? h('time', {datetime: instant, title: wholeTime(instant)}, timeText(instant)) : none();
}

/** `12 min ago`, `in 3 h`; a date where that is more than a week away. */
export function agoText(instant) {
  const seconds = (Date.now() + ahead - new Date(instant)) / 1000;
  const size = Math.abs(seconds);
  if (size >= 7 * 86_400) return longDate.format(new Date(instant));
  if (size < 10) return seconds >= 0 ? 'just now' : 'in a moment';
  const text = size < 60 ? `${Math.round(size)} s` : size < 3600 ? `${Math.round(size / 60)} min`
    : size < 86_400 ? `${Math.round(size / 3600)} h` : `${Math.round(size / 86_400)} d`;
  return seconds >= 0 ? `${text} ago` : `in ${text}`;
}

/** Seconds for people: `4 s`, `2 min 10 s`, `3 h 05 min`, `2 d 4 h`. */
export function span(seconds) {
  const s = Math.max(0, Math.floor(seconds));
  if (s < 60) return `${s} s`;
  if (s < 3600) return `${Math.floor(s / 60)} min ${s % 60} s`;
  if (s < 86_400) return `${Math.floor(s / 3600)} h ${String(Math.floor(s / 60) % 60).padStart(2, '0')} min`;
  return `${Math.floor(s / 86_400)} d ${Math.floor(s / 3600) % 24} h`;
}

/** An element that counts up from an instant, or down to one. */
export function counting(instant) {
  const element = h('span', {'data-from': Date.parse(instant)});
  count(element);
  return element;
}

/** What the server's clock is ahead of ours, in milliseconds. */
let ahead = 0;

export function setServerTime(instant) {
  const difference = Date.parse(instant) - Date.now();
  // Less is the way here.
  ahead = Math.abs(difference) > 2000 ? difference : 0;
}

function count(element) {
  const seconds = (Date.now() + ahead - Number(element.dataset.from)) / 1000;
  element.textContent = seconds < 0 ? `in ${span(-seconds + 0.999)}` : span(seconds);
}

let beat = 0;
setInterval(() => {
  if (document.hidden) return;
  document.querySelectorAll('[data-from]').forEach(count);
  if ((beat += 1) % 10) return;
  for (const element of document.querySelectorAll('[data-at]')) {
    const text = agoText(Number(element.dataset.at));
    if (element.textContent !== text) element.textContent = text;
  }
}, 1000);

/** Bytes for people. */
export function bytes(count) {
  const units = ['bytes', 'KiB', 'MiB', 'GiB', 'TiB'];
  let unit = 0;
  while (count >= 1024 && unit < units.length - 1) { count /= 1024; unit += 1; }
  return `${unit === 0 || count >= 100 ? Math.round(count) : count.toFixed(1)} ${units[unit]}`;
}

/** Since when a schedule is paused, and by whom. */
export function pausedSince({paused, 'paused-by': by}) { return [time(paused), by && ` by ${by}`]; }

/** When a schedule runs next, or that it is paused. */
export function nextRun({facts}) {
  return facts.paused ? h('span', {class: 'PENDING', title: `since ${wholeTime(facts.paused)}`}, 'paused') : time(facts.next);
}

/** Puts schedules in the order of their next runs; those that are paused, or run no more, come last. */
export function byNextRun(one, other) {
  const [a, b] = [one, other].map(({facts}) => facts.paused || !facts.next ? Infinity : Date.parse(facts.next));
  return a === b ? 0 : a < b ? -1 : 1;
}

/** A state, as a dot and a word. */
export function state(name) {
  return h('span', {class: `state ${name}`}, name[0] + name.slice(1).toLowerCase());
}

/** The link to a job, in the words of its project and spider. */
export function jobLink(job) {
  return h('a', {href: `?page=job&id=${job.identifier}`}, `${job.project} / ${job.spider}`);
}

/** The address of a spider's page. */
export function spiderHref(project, spider) {
  return `?${new URLSearchParams({page: 'spider', project, spider})}`;
}

/** The first error of a job that has ended, on a line; null where none is known. */
export function firstError(job) {
  const text = job.facts['first-error'];
  return text ? h('div', {class: 'error-line', title: text}, text) : null;
}

/** What the crawl of a job has counted until now; a count is undefined where it has reported none. */
export function counted(job) {
  return job.status === 'SCHEDULED' || job.status === 'PENDING' ? {} : {...job.facts, ...job.facts.progress};
}

/** The same in words; empty where there is nothing. */
export function counts(job) {
  const {items, requests, errors} = counted(job);
  if (items === undefined) return '';
  const words = (count, word) => `${count.toLocaleString('en')} ${word}${count === 1 ? '' : 's'}`;
  return [words(items, 'item'), requests !== undefined && words(requests, 'request'), errors && words(errors, 'error')]
    .filter(Boolean).join(', ');
}

/** How a job ended or why it is as it is, in words, also of its counts unless these are beside it; empty where the state says it all. */
export function reason(job, {counts: withCounts = true} = {}) {
  const {exit, signal, reason: text, interrupted, finish, errors, items, report, rule} = job.facts;
  const isDone = job.status === 'SUCCESSFUL' && withCounts;
  return [
    finish !== undefined && finish !== 'finished' && finish !== text ? `finished with ${finish}` : '',
    isDone && errors ? `${errors} error${errors === 1 ? '' : 's'} in the log` : '',
    isDone && items === 0 ? 'no items' : '',
    report === 'bad' ? 'its report cannot be read' : '',
    job.status === 'FAILED' && exit !== undefined ? `exit status ${exit}` : '',
    job.status === 'FAILED' && signal !== undefined ? `signal ${signal}` : '',
    rule ? `${text === 'rule' ? 'failed by the rule' : `${text}, for the rule`} ${rule}` : text ?? '', interrupted ? `interrupted ${interrupted === 1 ? 'once' : `${interrupted} times`}` : '',
  ].filter(Boolean).join(', ');
}

/** What is said while the server is still reading the finished jobs; null when it knows all of them. */
export function reading(answer) {
  return answer.whole === false
    ? h('p', {class: 'faint small', role: 'status'}, 'The server is still reading older jobs: there may be more than this.') : null;
}

/** Asks whether to go on. */
export function confirmed(question, deed) {
  return new Promise(resolve => {
    const dialog = h('dialog', {'aria-label': question, onclose: () => { dialog.remove(); resolve(dialog.returnValue === 'yes'); }},
      h('form', {method: 'dialog'},
        h('p', {}, question),
        h('div', {class: 'bar'},
          h('button', {value: 'no', autofocus: true}, 'No'),
          h('button', {value: 'yes', class: 'primary danger'}, deed))));
    document.body.append(dialog);
    dialog.showModal();
  });
}
