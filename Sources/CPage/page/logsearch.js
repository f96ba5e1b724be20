// Search in the lines of a log that are shown.

/** Finds a text in lines and marks it, without touching them. */
export class Search {
  #box; #count; #moved; #words; #isShown; #text = ''; #ranges = []; #now = -1; #timer = 0;
  isMoving = false;

  /**
   * @param words makes what is said of a count, which is empty where nothing is looked for
   * @param isShown whether a line is shown
   */
  constructor(box, count, moved, words, isShown) {
    [this.#box, this.#count, this.#moved, this.#words, this.#isShown] = [box, count, moved, words, isShown];
  }

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
      for (const line of this.#box.children) if (line.tagName === 'DIV' && line.firstChild && this.#isShown(line)) this.#findIn(line);
    }
    this.#mark();
  }

  #findIn(line) {
    const whole = line.textContent.toLowerCase();
    let at = whole.indexOf(this.#text);
    if (at < 0) return;
    const texts = [];
    const walker = document.createTreeWalker(line, NodeFilter.SHOW_TEXT);
    for (let from = 0; walker.nextNode(); from += walker.currentNode.length) texts.push({node: walker.currentNode, from});
    // A letter may be longer in lower case: then a place is at most at the end.
    const place = (range, set, offset) => {
      const {node, from} = texts.findLast(one => one.from <= offset);
      range[set](node, Math.min(offset - from, node.length));
    };
    for (; at >= 0; at = whole.indexOf(this.#text, at + this.#text.length)) {
      const range = new Range();
      place(range, 'setStart', at);
      place(range, 'setEnd', at + this.#text.length);
      this.#ranges.push(range);
    }
  }

  #mark() {
    this.#count.textContent = this.#words(!this.#text ? '' : this.#ranges.length === 0 ? 'none'
      : this.#now < 0 ? String(this.#ranges.length) : `${this.#now + 1} of ${this.#ranges.length}`);
    if (!CSS.highlights) return;
    CSS.highlights.set('found', new Highlight(...this.#ranges));
    CSS.highlights.set('found-now', new Highlight(...this.#ranges.slice(this.#now, this.#now + 1)));
  }
}
