// The two logs of a job, followed while it runs, and its files beside them.
import {plain} from './ansi.js';
import {bytes, h} from './elements.js';
import {Log, isError} from './loglines.js';
import {Search} from './logsearch.js';

const levels = ['DEBUG', 'INFO', 'WARNING', 'ERROR', 'CRITICAL'];
const tabs = {err: 'Log', out: 'Output', files: 'Files'};

/**
 * The view of a job's logs: `node`, `update(job)` for each news of the job, `leave()`.
 *
 * @param files the list of the job's files: `node`, and `update(job)`
 * @param place where to begin: `log`, err or out, and `at`, the offset of a line
 */
export function logView(job, {files, place = {}}) {
  let current = null, name = place.log === 'out' ? 'out' : 'err';
  const isNarrow = matchMedia('(max-width: 640px)').matches;
  const lines = h('div', {class: isNarrow ? 'lines wrapped' : 'lines', tabindex: 0, role: 'log', 'aria-live': 'off', 'aria-label': 'Log'});
  const wrap = h('input', {type: 'checkbox', checked: isNarrow, onchange: () => lines.classList.toggle('wrapped', wrap.checked)});
  const follow = h('input', {type: 'checkbox', checked: true, onchange: () => { if (follow.checked) toEnd(); }});
  const found = h('span', {class: 'faint small', role: 'status'});
  const field = h('input', {
    type: 'search', placeholder: 'Search', 'aria-label': 'Search in the log',
    oninput: () => search.look(field.value),
    onkeydown: event => { if (event.key === 'Enter') { event.preventDefault(); search.step(event.shiftKey ? -1 : 1); } },
  });
  const before = h('button', {type: 'button', hidden: true, onclick: () => searchMore(true)}, 'Search before');
  const after = h('button', {type: 'button', hidden: true, onclick: () => searchMore(false)}, 'Search after');
  const least = h('select', {'aria-label': 'Least level', onchange: () => filter()},
    ['', ...levels.slice(1)].map(level => h('option', {value: level}, level ? `${level[0]}${level.slice(1).toLowerCase()} and above` : 'All levels')));
  const isShown = line => !least.value || levels.indexOf(line.classList[0]) >= levels.indexOf(least.value);
  const search = new Search(lines, found, () => { follow.checked = false; }, count => {
    const part = current?.part;
    before.hidden = !count || !part?.start;
    after.hidden = !count || !part?.isPart;
    if (!count || !part || !(part.start || part.isPart)) return count;
    return part.isPart ? `${count} in ${bytes(part.end - part.start)} from ${bytes(part.start)} on`
      : `${count} in the last ${bytes(part.end - part.start)} of ${bytes(part.end)}`;
  }, isShown);
  const filter = () => {
    for (const level of levels) lines.classList.toggle(`least-${level}`, level === least.value);
    search.again();
    if (follow.checked) toEnd();
  };
  // Looks through what is not loaded for the next line with the text, and shows it.
  const searchMore = async isBefore => {
    const log = current, text = field.value, wanted = text.toLowerCase(), shown = found.textContent;
    const goesOn = () => text === field.value && log === current, say = words => { found.textContent = words; };
    const isWanted = line => plain(line).toLowerCase().includes(wanted);
    before.disabled = after.disabled = true;
    try {
      const at = await (isBefore ? log.findBefore(isWanted, goesOn, say) : log.find(isWanted, log.part.end, goesOn, say));
      if (!goesOn()) return;
      if (at < 0) { say(`${shown}, and none ${isBefore ? 'before' : 'after'}`); return; }
      follow.checked = false;
      await log.goTo(at);
      search.look(text, {isFirst: true});
    } catch (error) { say(error.message); } finally { before.disabled = after.disabled = false; }
  };
  const firstError = async () => {
    const log = current;
    error.disabled = true;
    try {
      const at = await log.find(isError, 0, () => log === current, words => { found.textContent = words; });
      if (log !== current) return;
      found.textContent = at < 0 ? 'no errors' : '';
      if (at >= 0) { follow.checked = false; await log.goTo(at); link(at); }
    } catch (failure) { found.textContent = failure.message; } finally { error.disabled = false; }
  };
  const error = h('button', {type: 'button', onclick: firstError}, 'First error');
  const toEnd = () => { lines.scrollTop = lines.scrollHeight; };
  // What our own scrolling causes is at the end as well.
  lines.addEventListener('scroll', () => {
    const isAtEnd = lines.scrollHeight - lines.scrollTop - lines.clientHeight < 24 && !current?.part.isPart;
    if (isAtEnd !== follow.checked && !search.isMoving) follow.checked = isAtEnd;
  });
  /** Has the address lead to a line. */
  const link = at => {
    const query = new URLSearchParams(location.search);
    query.set('log', name);
    query.set('at', at);
    history.replaceState(null, '', `?${query}`);
    found.textContent = 'The address now links to this line.';
  };
  lines.addEventListener('click', event => {
    const line = event.target.closest('.lines > div');
    if (line?.at === undefined || !getSelection().isCollapsed) return;
    follow.checked = false;
    current.mark(line);
    link(line.at);
  });
  const buttons = Object.entries(tabs).map(([key, title]) =>
    h('button', {type: 'button', role: 'tab', 'aria-selected': String(key === name), onclick: () => choose(key)}, title));
  const whole = h('a', {class: 'button', target: '_blank', rel: 'noopener'}, 'Whole file');
  const tools = h('div', {class: 'bar'},
    field, found, before, after, least, error,
    h('label', {}, wrap, ' Wrap'), h('label', {}, follow, ' Follow'),
    h('button', {type: 'button', onclick: () => { follow.checked = true; current.showEnd(); toEnd(); }}, 'End'), whole);

  const choose = (key, at = null) => {
    name = key;
    buttons.forEach((button, index) => button.setAttribute('aria-selected', String(Object.keys(tabs)[index] === key)));
    lines.hidden = tools.hidden = key === 'files';
    files.node.hidden = key !== 'files';
    if (key === 'files') { files.update(job); return; }
    current?.stop();
    lines.replaceChildren();
    error.hidden = least.hidden = key === 'out';
    least.value = '';
    follow.checked = at === null;
    whole.href = `get-log/data/${job.identifier}.${key}`;
    current = new Log(`get-log/data/${job.identifier}.${key}`, lines, job, {
      added() { if (follow.checked) toEnd(); search.again(); },
    });
    filter();
    const log = current;
    if (at === null) log.update(job); else log.goTo(at).catch(() => { follow.checked = true; log.update(job); });
  };
  const visible = () => { if (document.hidden) current?.pause(); else current?.update(job); };
  document.addEventListener('visibilitychange', visible);
  choose(name, /^\d{1,15}$/.test(place.at ?? '') ? Number(place.at) : null);
  return {
    node: h('section', {class: 'card log', 'aria-label': 'Logs and files'},
      h('header', {}, h('div', {class: 'tabs', role: 'tablist'}, buttons), tools), lines, files.node),
    update(next) { job = next; current?.update(job); if (name === 'files') files.update(job); },
    leave() {
      document.removeEventListener('visibilitychange', visible);
      current?.stop();
      search.clear();
    },
  };
}
