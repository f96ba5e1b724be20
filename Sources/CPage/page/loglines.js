// A log as lines: its end, followed while it grows, or a part of it.
import {nodes, plain} from './ansi.js';
import {bytes, h} from './elements.js';
import {url} from './server.js';

const tail = 256 << 10;
const mostLines = 20_000;
/** The most bytes between what is shown and what is to be shown that are loaded as well. */
const mostBetween = 8 << 20;
/** The bytes that are looked through at once. */
const step = 4 << 20;
const level = /\[[^\]]*\] (DEBUG|INFO|WARNING|ERROR|CRITICAL)[: ]/;
const stamp = /^\d{4}-\d\d-\d\d /;

/** Whether a line is of level ERROR or above. */
export function isError(line) { return ['ERROR', 'CRITICAL'].includes(level.exec(plain(line))?.[1]); }

/** The lines of a piece of bytes that begins at `start`, each with the offset of its first byte. */
function split(piece, start) {
  const lines = new TextDecoder().decode(piece).split('\n');
  let at = 0;
  return lines.map(text => {
    const line = {text, at: start + at};
    at = piece.indexOf(10, at) + 1 || piece.length;
    return line;
  });
}

export class Log {
  #path; #box; #on; #control = null; #isStopped = false; #isComplete = false; #isPart = false; #job = null;
  #start = 0; #end = null; #level = ''; #rest = new Uint8Array(); #lines = []; #frame = 0; #note;

  /** `on.added()` is called when there are more lines. */
  constructor(path, box, job, on) {
    [this.#path, this.#box, this.#job, this.#on] = [path, box, job, on];
    this.#note = h('div', {class: 'faint'});
    box.append(this.#note);
  }

  /** Goes on where it is, if there is something to read. */
  update(job) {
    this.#job = job;
    if (this.#isStopped || this.#isComplete || this.#isPart || this.#control || document.hidden) return;
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

  /** Which bytes of the log are shown, and whether these are not its end. */
  get part() { return {start: this.#start, end: this.#end ?? 0, isPart: this.#isPart}; }

  /** Shows the end again. */
  showEnd() {
    if (!this.#isPart) return;
    this.#forget();
    this.#isPart = this.#isComplete = false;
    this.update(this.#job);
  }

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

  /** What is shown is no part of what will be. */
  #forget() {
    for (const node of [...this.#box.children]) if (node !== this.#note) node.remove();
    [this.#start, this.#end, this.#level, this.#isCut] = [0, null, '', false];
    [this.#lines, this.#rest] = [[], new Uint8Array()];
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
    const all = new Uint8Array(this.#rest.length + piece.length);
    all.set(this.#rest);
    all.set(piece, this.#rest.length);
    const end = isLast ? all.length : all.lastIndexOf(10) + 1;
    this.#rest = all.slice(end);
    if (end === 0) return;
    const lines = split(all.subarray(0, end), this.#end - all.length);
    if (!lines.at(-1).text) lines.pop();
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
    this.#offerMore();
    this.#on.added();
  }

  /** A line's element. What follows a line of the log without a stamp of its own, as a traceback, belongs to it. */
  #line({text, at}) {
    const words = plain(text), found = level.exec(words);
    if (found) this.#level = found[1]; else if (stamp.test(words)) this.#level = '';
    const element = h('div', {class: this.#level || null}, nodes(text));
    element.at = at;
    return element;
  }

  #trim() {
    const surplus = this.#box.childElementCount - mostLines;
    if (surplus <= 0) return;
    const lines = [...this.#box.children].filter(line => line.at !== undefined);
    for (const line of lines.slice(0, surplus)) line.remove();
    this.#start = lines[surplus]?.at ?? this.#end;
  }

  #offerMore() {
    const offer = (name, text, where, load) => {
      const button = this.#box.querySelector(`.${name}`);
      if (!text) button?.remove();
      else if (button) button.textContent = text;
      else this.#box[where](h('button', {type: 'button', class: `more ${name}`, onclick: load}, text));
    };
    offer('earlier', this.#start && `Earlier: ${bytes(this.#start)} more`, 'prepend', () => this.#earlier());
    const later = this.#box.querySelector('.later');
    if (later && this.#isPart) this.#box.append(later);
    offer('later', this.#isPart && 'Later', 'append', () => this.#later());
  }

  async #fetch(from, to) {
    const response = await fetch(url(this.#path, {from, to}));
    if (!response.ok) throw new Error((await response.json()).msg);
    return new Uint8Array(await response.arrayBuffer());
  }

  async #earlier() {
    const end = this.#start, start = Math.max(0, end - tail);
    let piece = await this.#fetch(start, end);
    if (piece.length < end - start) {
      this.pause();
      this.#isComplete = this.#isPart = false;
      this.#forget();
      this.#read(true);
      return;
    }
    const skipped = start === 0 ? 0 : piece.indexOf(10) + 1;
    piece = piece.subarray(skipped);
    this.#start = start + skipped;
    const kept = this.#level;
    this.#level = '';
    const lines = split(piece, this.#start);
    if (!lines.at(-1).text) lines.pop();
    const made = lines.map(line => this.#line(line));
    this.#level = kept;
    const height = this.#box.scrollHeight;
    this.#note.after(...made);
    this.#box.scrollTop += this.#box.scrollHeight - height;
    this.#offerMore();
  }

  async #later() {
    const piece = await this.#fetch(this.#end, this.#end + tail);
    const isEnd = piece.length < tail;
    this.#take(piece);
    if (!isEnd) return;
    // From here on it is followed.
    this.#isPart = this.#isComplete = false;
    this.update(this.#job);
  }

  /** Shows the line in which a byte is, and marks it; what is between it and what is shown is loaded if that is not much. */
  async goTo(offset) {
    if (this.#end === null || offset >= this.#end || this.#start - offset > mostBetween) {
      const start = Math.max(0, offset - (tail >> 2));
      const piece = await this.#fetch(start, offset + tail);
      this.pause();
      this.#forget();
      this.#isPart = true;
      [this.#start, this.#end, this.#isCut] = [start, start, start > 0];
      this.#note.textContent = '';
      this.#take(piece);
      cancelAnimationFrame(this.#frame);
      this.#draw();
    } else {
      while (this.#start > offset) await this.#earlier();
    }
    const line = [...this.#box.children].findLast(one => one.at <= offset);
    if (line) this.mark(line);
  }

  /** Marks a line, and no other one. */
  mark(line) {
    this.#box.querySelector('.marked')?.classList.remove('marked');
    line.classList.add('marked');
    line.scrollIntoView({block: 'center', inline: 'nearest'});
  }

  /**
   * Looks through the log from a byte on, forwards, and gives the offset of the first line that is wanted; -1 for none.
   *
   * @param goesOn whether to go on
   * @param say told how far it is
   */
  async find(isWanted, from, goesOn, say) {
    while (goesOn()) {
      say(`searching at ${bytes(from)}`);
      const piece = await this.#fetch(from, from + step);
      const isEnd = piece.length < step;
      const end = isEnd ? piece.length : piece.lastIndexOf(10) + 1 || piece.length;
      const found = split(piece.subarray(0, end), from).find(line => isWanted(line.text));
      if (found) return found.at;
      if (isEnd) break;
      from += end;
    }
    return -1;
  }

  /** The same before what is shown, backwards, for the last such line. */
  async findBefore(isWanted, goesOn, say) {
    for (let end = this.#start; end > 0 && goesOn();) {
      say(`searching at ${bytes(end)}`);
      const start = Math.max(0, end - step);
      const piece = await this.#fetch(start, end);
      const skipped = start === 0 ? 0 : piece.indexOf(10) + 1;
      const found = split(piece.subarray(skipped), start + skipped).findLast(line => isWanted(line.text));
      if (found) return found.at;
      end = start + (skipped < piece.length ? skipped : 0);
    }
    return -1;
  }
}
