// The files that a spider left: a list, and what is in them.
import {bytes, h} from './elements.js';
import {get, url} from './server.js';

/** The most bytes of a file that are looked at, and the most rows and columns of a table. */
const mostShown = 64 << 10, mostRows = 200, mostColumns = 30;

/** The list of a job's files: `node`, and `update(job)`, which leaves alone what somebody looks at. */
export function fileList() {
  const note = h('p', {class: 'empty'}, 'Loading…'), more = h('p', {class: 'empty', hidden: true}, 'There are more files than these, in the job’s work/.');
  const all = h('p', {class: 'bar all', hidden: true}), rows = h('tbody', {});
  const table = h('table', {class: 'files', hidden: true},
    h('thead', {}, h('tr', {}, ['File', 'Size', ''].map((head, index) =>
      h('th', {scope: 'col', class: index ? 'number' : null}, head || h('span', {'aria-hidden': 'true'}))))), rows);
  /** What is shown of each path. */
  const shown = new Map();
  let turn = 0;

  function draw(job, answer) {
    // A job that was not started has no logs either.
    all.hidden = !job.facts.started;
    if (!all.firstChild) all.append(...downloads(job));
    const paths = new Set(answer.files.map(file => file.path));
    for (const path of shown.keys()) {
      if (paths.has(path)) continue;
      shown.get(path).nodes.forEach(node => node.remove());
      shown.delete(path);
    }
    let place = rows.firstChild;
    for (const file of answer.files) {
      const row = shown.get(file.path) ?? fileRow(job, file.path);
      shown.set(file.path, row);
      row.setSize(file.size);
      // A row that is moved would lose the focus, and an image be loaded again.
      if (place === row.nodes[0]) place = row.nodes[1].nextSibling; else rows.insertBefore(row.nodes[0], place).after(row.nodes[1]);
    }
    table.hidden = answer.files.length === 0;
    note.hidden = !table.hidden;
    note.textContent = 'The spider left no files.';
    more.hidden = !answer.more;
  }

  return {
    node: h('div', {class: 'scroll'}, all, note, table, more),
    async update(job) {
      const own = turn += 1;
      try {
        const answer = await get('list-files.json', {id: job.identifier});
        if (own === turn) draw(job, answer);
      } catch (error) {
        if (table.hidden && own === turn) note.textContent = error.message;
      }
    },
  };
}

/** The links to all files of a job at once. */
function downloads(job) {
  const archive = format => url('get-archive', {id: job.identifier, ...format && {format}});
  return [
    h('a', {class: 'button', href: archive(), download: true}, 'Download all as zip'),
    h('a', {class: 'button', href: archive('tar.gz'), download: true, 'aria-label': 'Download all as tar.gz'}, 'tar.gz'),
    h('span', {class: 'faint small'}, 'With both logs.'),
  ];
}

/** A file's row, and below it the file itself when somebody wants to look at it: `nodes`, and `setSize(bytes)`. */
function fileRow(job, path) {
  const box = h('td', {colspan: 3}), below = h('tr', {hidden: true}, box), size = h('td', {class: 'number'});
  const href = url('get-file', {id: job.identifier, path});
  let length = null;
  const look = async () => {
    below.hidden = !below.hidden;
    button.setAttribute('aria-expanded', String(!below.hidden));
    if (below.hidden) return;
    box.replaceChildren(h('span', {class: 'faint'}, 'Loading…'));
    try { box.replaceChildren(...await content(href, {path, size: length})); } catch (error) { box.replaceChildren(error.message); }
  };
  const button = h('button', {type: 'button', 'aria-expanded': 'false', 'aria-label': `View ${path}`, onclick: look}, 'View');
  return {
    nodes: [h('tr', {}, h('td', {class: 'mono'}, h('a', {href, download: true}, path)), size, h('td', {class: 'number'}, button)), below],
    setSize(bytesNow) {
      if (bytesNow === length) return;
      length = bytesNow;
      size.textContent = bytes(length);
      // What is looked at can be closed.
      button.hidden = length === 0 && below.hidden;
    },
  };
}

/** What is shown of a file: an image, a table, or its text. */
async function content(href, file) {
  if (/\.(png|jpe?g|gif|webp|avif|bmp|ico)$/i.test(file.path)) {
    const image = h('img', {src: href, alt: file.path, class: 'preview'});
    image.addEventListener('error', () => image.replaceWith(h('span', {class: 'faint'}, 'This image cannot be shown.')));
    return [image];
  }
  const text = await beginning(href);
  if (text === null) return [h('span', {class: 'faint'}, 'This is not text.')];
  const isCut = file.size > mostShown;
  const rows = table(file.path, text, isCut);
  const note = [isCut && `The first ${bytes(mostShown)}.`, rows?.note].filter(Boolean).join(' ');
  return [rows ? rows.node : h('pre', {tabindex: 0, 'aria-label': file.path}, text), note && h('span', {class: 'faint small'}, note)].filter(Boolean);
}

/** Items as a table; null where the text is none. */
function table(path, text, isCut) {
  let items;
  try {
    items = /\.(jsonl|jl|ndjson|jsonlines)$/i.test(path) ? lines(text, isCut).map(line => JSON.parse(line))
      : /\.json$/i.test(path) && !isCut ? JSON.parse(text) : /\.csv$/i.test(path) ? csv(text, isCut) : null;
  } catch { return null; }
  if (!Array.isArray(items) || items.length === 0 || !items.every(item => item !== null && typeof item === 'object' && !Array.isArray(item))) return null;
  const columns = [...new Set(items.flatMap(item => Object.keys(item)))];
  const shown = columns.slice(0, mostColumns);
  const word = value => value === undefined || value === null ? '' : typeof value === 'object' ? JSON.stringify(value) : String(value);
  return {
    node: h('div', {class: 'scroll items', tabindex: 0, role: 'region', 'aria-label': path}, h('table', {},
      h('thead', {}, h('tr', {}, shown.map(name => h('th', {scope: 'col', class: items.some(item => typeof item[name] === 'number') ? 'number' : null}, name)))),
      h('tbody', {}, items.slice(0, mostRows).map(item => h('tr', {}, shown.map(name => {
        const text = word(item[name]);
        return h('td', {class: typeof item[name] === 'number' ? 'number' : null, title: text.length > 60 ? text.slice(0, 2000) : null}, text.slice(0, 400));
      })))))),
    note: items.length > mostRows || columns.length > mostColumns
      ? `${Math.min(items.length, mostRows)} of ${items.length} rows, ${shown.length} of ${columns.length} columns.` : '',
  };
}

/** The lines of a text, without the last one where that may be cut. */
function lines(text, isCut) {
  const all = text.split('\n');
  if (isCut) all.pop();
  return all.filter(line => line.trim());
}

/** The rows of CSV (RFC 4180) by the names in its first row. */
function csv(text, isCut) {
  const rows = [[]];
  // A row's fields one after the other, each with what ends it.
  for (const [, quoted, bare, end] of text.matchAll(/(?:"((?:[^"]|"")*)"|([^,\r\n]*))(,|\r?\n|$)/g)) {
    rows.at(-1).push(quoted === undefined ? bare : quoted.replaceAll('""', '"'));
    if (end !== ',' && end !== '') rows.push([]);
    if (end === '') break;
  }
  const last = rows.at(-1);
  if (isCut || (last.length === 1 && last[0] === '')) rows.pop();
  const [names = [], ...rest] = rows;
  // Null has no names that a file could overwrite.
  return rest.map(row => Object.assign(Object.create(null), Object.fromEntries(row.map((value, index) => [names[index] ?? `column ${index + 1}`, value]))));
}

/** The first bytes of a file as text; null where they are none. */
async function beginning(href) {
  const control = new AbortController();
  const response = await fetch(href, {signal: control.signal});
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
