// The two logs of a job, followed while it runs, and its files beside them.
import {bytes, h} from './elements.js';
import {url} from './server.js';

const tail = 256 << 10;
const mostLines = 20_000;
/** The most bytes that are loaded to show what was found before what is shown. */
const mostShown = 8 << 20;
const level = /\[[^\]]*\] (DEBUG|INFO|WARNING|ERROR|CRITICAL)[: ]/;
const stamp = /^\d{4}-\d\d-\d\d /;

/** The view of a job's logs: `node`, `update(job)` for each news of the job, `leave()`. */
export function logView(job, {files}) {
  let current = null, name = 'err';
  const isNarrow = matchMedia('(max-width: 640px)').matches;
  const lines = h('div', {class: isNarrow ? 'lines wrapped' : 'lines', tabindex: 0, role: 'log', 'aria-live': 'off', 'aria-label': 'Log'});
  const list = h('div', {class: 'scroll', hidden: true});
  const wrap = h('input', {type: 'checkbox', checked: isNarrow, onchange: () => lines.classList.toggle('wrapped', wrap.checked)});
  const follow = h('input', {type: 'checkbox', checked: true, onchange: () => { if (follow.checked) toEnd(); }});
  const found = h('span', {class: 'faint small', role: 'status'});
  const field = h('input', {
    type: 'search', placeholder: 'Search', 'aria-label': 'Search in the log',
    oninput: () => search.look(field.value),
    onkeydown: event => { if (event.key === 'Enter') { event.preventDefault(); search.step(event.shiftKey ? -1 : 1); } },
  });
  const before = h('button', {type: 'button', hidden: true, onclick: () => searchBefore()}, 'Search before');
  const search = new Search(lines, found, () => { follow.checked = false; }, count => {
    const part = current?.part;
    before.hidden = !count || !part?.start;
    return !count || !part?.start ? count : `${count} in the last ${bytes(part.end - part.start)} of ${bytes(part.end)}`;
  });
  // Looks through what is not loaded, from its end to its beginning, for the next line with the text.
  const searchBefore = async () => {
    before.disabled = true;
    const text = field.value, shown = found.textContent;
    try {
      const isFound = await current.findBefore(text, () => text === field.value, say => { found.textContent = say; });
      if (text !== field.value) return;
      if (isFound) search.look(text, {isFirst: true}); else found.textContent = `${shown}, and none before`;
    } catch (error) { found.textContent = error.message; } finally { before.disabled = false; }
  };
  const toEnd = () => { lines.scrollTop = lines.scrollHeight; };
  // What our own scrolling causes is at the end as well.
  lines.addEventListener('scroll', () => {
    const isAtEnd = lines.scrollHeight - lines.scrollTop - lines.clientHeight < 24;
    if (isAtEnd !== follow.checked && !search.isMoving) follow.checked = isAtEnd;
  });
  const tabs = {err: 'Log', out: 'Output', files: 'Files'};
  const buttons = Object.entries(tabs).map(([key, title]) =>
    h('button', {type: 'button', role: 'tab', 'aria-selected': String(key === name), onclick: () => choose(key)}, title));
  const whole = h('a', {class: 'button', target: '_blank', rel: 'noopener'}, 'Whole file');
  const tools = h('div', {class: 'bar'},
    field, found, before,
    h('label', {}, wrap, ' Wrap'), h('label', {}, follow, ' Follow'),
    h('button', {type: 'button', onclick: () => { follow.checked = true; toEnd(); }}, 'End'), whole);

  const choose = key => {
    name = key;
    buttons.forEach((button, index) => button.setAttribute('aria-selected', String(Object.keys(tabs)[index] === key)));
    lines.hidden = tools.hidden = key === 'files';
    list.hidden = key !== 'files';
    if (key === 'files') { files(list); return; }
    current?.stop();
    lines.replaceChildren();
    follow.checked = true;
    whole.href = `get-log/data/${job.identifier}.${key}`;
    current = new Log(`get-log/data/${job.identifier}.${key}`, lines, {
      added() { if (follow.checked) toEnd(); search.again(); },
    });
    current.update(job);
  };
  const visible = () => { if (document.hidden) current?.pause(); else current?.update(job); };
  document.addEventListener('visibilitychange', visible);
  choose(name);
  return {
    node: h('section', {class: 'card log', 'aria-label': 'Logs and files'},
      h('header', {}, h('div', {class: 'tabs', role: 'tablist'}, buttons), tools), lines, list),
    update(next) { job = next; current?.update(job); if (name === 'files') files(list); },
    leave() {
      document.removeEventListener('visibilitychange', visible);
      current?.stop();
      search.clear();
    },
  };
}

/** A log as lines, from near its end on. */
class Log {
  #path; #box; #on; #control = null; #isStopped = false; #isComplete = false;
  #start = 0; #end = null; #level = ''; #rest = ''; #decoder = new TextDecoder(); #lines = []; #frame = 0; #note;

  constructor(path, box, on) {
    [this.#path, this.#box, this.#on] = [path, box, on];
    this.#note = h('div', {class: 'faint'});
    box.append(this.#note);
  }

  /** Goes on where it is, if there is something to read. */
  update(job) {
    if (this.#isStopped || this.#isComplete || this.#control || document.hidden) return;
    const isFinal = ['SUCCESSFUL', 'FAILED', 'CANCELED'].includes(job.status);
    if (!job.facts.started) {
      this.#note.textContent = isFinal ? 'The job never started: there is no log.' : 'The job has not started yet.';
      return;
    }
    this.#note.textContent = '';
    this.#read(isFinal);
  }

  pause() { this.#control?.abort(); this.#control = null; }

  stop() { this.#isStopped = true; this.pause(); cancelAnimationFrame(this.#frame); }

  async #read(isFinal) {
    const control = this.#control = new AbortController();
    try {
      const response = await fetch(url(this.#path, this.#end === null ? {tail} : {from: this.#end}), {signal: control.signal});
      if (!response.ok) throw new Error((await response.json()).msg);
      const start = Number(response.headers.get('Log-Start'));
      if (this.#end === null) {
        this.#start = this.#end = start;
        this.#isCut = start > 0;
      } else if (start < this.#end) {
        control.abort();
        this.#forget();
        this.#read(isFinal);
        return;
      }
      const reader = response.body.getReader();
      for (let piece = await reader.read(); !piece.done; piece = await reader.read()) this.#take(piece.value);
      this.#isComplete = true;
      this.#take(new Uint8Array(), true);
      if (this.#end === 0) this.#note.textContent = 'Nothing was written.';
    } catch (error) {
      if (error.name !== 'AbortError' && isFinal) this.#note.textContent = error.message;
    } finally {
      if (this.#control === control) this.#control = null;
    }
  }

  #isCut = false;

  /** The log was cut short: what is shown is no part of it any more, and it is read anew. */
  #forget() {
    for (const node of [...this.#box.children]) if (node !== this.#note) node.remove();
    [this.#start, this.#end, this.#rest, this.#level, this.#isCut] = [0, null, '', '', false];
    [this.#lines, this.#decoder] = [[], new TextDecoder()];
  }

  #take(piece, isLast = false) {
    this.#end += piece.length;
    // A part begins in the middle of a line.
    if (this.#isCut) {
      const feed = piece.indexOf(10);
      if (feed < 0 && !isLast) { this.#start += piece.length; return; }
      this.#isCut = false;
      this.#start += feed + 1;
      piece = piece.subarray(feed + 1);
    }
    const lines = (this.#rest + this.#decoder.decode(piece, {stream: !isLast})).split('\n');
    this.#rest = lines.pop();
    if (isLast && this.#rest) { lines.push(this.#rest); this.#rest = ''; }
    for (const line of lines) this.#lines.push(line);
    // One drawing for all that comes within a frame.
    if (!this.#frame && !this.#isStopped) this.#frame = requestAnimationFrame(() => this.#draw());
  }

  #draw() {
    this.#frame = 0;
    if (this.#isStopped) return;
    const lines = this.#lines.splice(0).slice(-mostLines);
    this.#box.append(...lines.map(line => this.#line(line)));
    this.#trim();
    this.#offerEarlier();
    this.#on.added();
  }

  /** A line's element. What follows a line of the log without a stamp of its own, as a traceback, belongs to it. */
  #line(text) {
    const found = level.exec(text);
    if (found) this.#level = found[1]; else if (stamp.test(text)) this.#level = '';
    return h('div', {class: this.#level || null}, text);
  }

  #trim() {
    const surplus = this.#box.childElementCount - mostLines;
    if (surplus <= 0) return;
    const first = [...this.#box.children].filter(line => line !== this.#note && !line.matches('button')).slice(0, surplus);
    this.#start += new TextEncoder().encode(first.map(line => `${line.textContent}\n`).join('')).length;
    for (const line of first) line.remove();
  }

  #offerEarlier() {
    const button = this.#box.querySelector('.earlier');
    if (this.#start === 0) { button?.remove(); return; }
    const text = `Earlier: ${bytes(this.#start)} more`;
    if (button) { button.textContent = text; return; }
    this.#box.prepend(h('button', {type: 'button', class: 'earlier', onclick: () => this.#earlier()}, text));
  }

  /** Which bytes of the log are shown. */
  get part() { return {start: this.#start, end: this.#end ?? 0}; }

  /**
   * Looks for a text, whatever its case, before what is shown, and shows all from its line on.
   *
   * @param isWanted whether to go on
   * @param say told how far it is
   * @returns whether it was found
   */
  async findBefore(text, isWanted, say) {
    const wanted = text.toLowerCase(), step = 4 << 20, overlap = 4 * text.length;
    for (let end = this.#start; end > 0 && isWanted(); end = Math.max(0, end - step)) {
      say(`looking at ${bytes(end)}`);
      const start = Math.max(0, end - step);
      const response = await fetch(url(this.#path, {from: start, to: Math.min(this.#start, end + overlap)}));
      const piece = new Uint8Array(await response.arrayBuffer());
      const lines = new TextDecoder().decode(piece).split('\n');
      const index = lines.findLastIndex(line => line.toLowerCase().includes(wanted));
      if (index < 0) continue;
      // Bytes from the end: at its start a piece may have cut a letter in two.
      const rest = new TextEncoder().encode(lines.slice(index).join('\n')).length;
      const at = Math.max(0, start + piece.length - rest);
      if (this.#start - at > mostShown) {
        throw new Error(`the next one is ${bytes(this.#start - at)} before what is shown: see the whole file`);
      }
      while (this.#start > at) await this.#earlier();
      return true;
    }
    return false;
  }

  async #earlier() {
    const end = this.#start, start = Math.max(0, end - tail);
    const response = await fetch(url(this.#path, {from: start, to: end}));
    let piece = new Uint8Array(await response.arrayBuffer());
    if (piece.length < end - start) {
      this.pause();
      this.#isComplete = false;
      this.#forget();
      this.#read(true);
      return;
    }
    const skipped = start === 0 ? 0 : piece.indexOf(10) + 1;
    piece = piece.subarray(skipped);
    this.#start = start + skipped;
    const kept = this.#level;
    this.#level = '';
    const lines = new TextDecoder().decode(piece).replace(/\n$/, '').split('\n').map(line => this.#line(line));
    this.#level = kept;
    const height = this.#box.scrollHeight;
    this.#note.after(...lines);
    this.#box.scrollTop += this.#box.scrollHeight - height;
    this.#offerEarlier();
  }
}

/** Finds a text in lines and marks it, without touching them. */
class Search {
  #box; #count; #moved; #words; #text = ''; #ranges = []; #now = -1; #timer = 0;
  isMoving = false;

  /** `words` makes what is said of a count, which is empty where nothing is looked for. */
  constructor(box, count, moved, words) { [this.#box, this.#count, this.#moved, this.#words] = [box, count, moved, words]; }

  /** Looks for a text, and goes to the last place, or to the first one. */
  look(text, {isFirst = false} = {}) {
    this.#text = text.toLowerCase();
    this.#now = -1;
    this.#find();
    if (!this.#ranges.length) return;
    this.#now = isFirst ? -1 : this.#ranges.length;
    this.step(isFirst ? 1 : -1);
  }

  /** Looks again, in a while, since lines were added. */
  again() {
    if (!this.#text || this.#timer) return;
    this.#timer = setTimeout(() => { this.#timer = 0; this.#find(); }, 200);
  }

  step(by) {
    if (!this.#ranges.length) return;
    this.#now = (this.#now + by + this.#ranges.length) % this.#ranges.length;
    const range = this.#ranges[this.#now];
    this.#moved();
    this.isMoving = true;
    range.startContainer.parentElement.scrollIntoView({block: 'center', inline: 'nearest'});
    requestAnimationFrame(() => { this.isMoving = false; });
    this.#mark();
  }

  clear() { clearTimeout(this.#timer); CSS.highlights?.clear(); }

  #find() {
    this.#ranges = [];
    if (this.#text) {
      for (const line of this.#box.children) {
        const node = line.firstChild;
        if (!node || line.tagName !== 'DIV') continue;
        const text = node.data.toLowerCase();
        for (let at = text.indexOf(this.#text); at >= 0; at = text.indexOf(this.#text, at + this.#text.length)) {
          const range = new Range();
          range.setStart(node, at);
          range.setEnd(node, Math.min(at + this.#text.length, node.length));
          this.#ranges.push(range);
        }
      }
    }
    this.#mark();
  }

  #mark() {
    this.#count.textContent = this.#words(!this.#text ? '' : this.#ranges.length === 0 ? 'none'
      : this.#now < 0 ? String(this.#ranges.length) : `${this.#now + 1} of ${this.#ranges.length}`);
    if (!CSS.highlights) return;
    CSS.highlights.set('found', new Highlight(...this.#ranges));
    CSS.highlights.set('found-now', new Highlight(...this.#ranges.slice(this.#now, this.#now + 1)));
  }
}
