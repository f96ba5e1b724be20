// The files that a spider left: a list, and what is in them.
import {bytes, h} from './elements.js';
import {get, url} from './server.js';

/** The most bytes of a file that are looked at, and the most rows and columns of a table. */
const mostShown = 64 << 10, mostRows = 200, mostColumns = 30;

/** Fills a list with the files of a job. */
export async function files(job, list) {
  list.replaceChildren(h('p', {class: 'empty'}, 'Loading…'));
  try {
    const answer = await get('list-files.json', {id: job.identifier});
    const archive = format => url('get-archive', {id: job.identifier, ...format && {format}});
    list.replaceChildren(
      // A job that was not started has no logs either.
      job.facts.started ? h('p', {class: 'bar all'},
        h('a', {class: 'button', href: archive(), download: true}, 'Download all as zip'),
        h('a', {class: 'button', href: archive('tar.gz'), download: true, 'aria-label': 'Download all as tar.gz'}, 'tar.gz'),
        h('span', {class: 'faint small'}, 'With both logs.')) : '',
      answer.files.length === 0
      ? h('p', {class: 'empty'}, 'The spider left no files.')
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
  const href = url('get-file', {id: job.identifier, path: file.path});
  const look = async () => {
    below.hidden = !below.hidden;
    button.setAttribute('aria-expanded', String(!below.hidden));
    if (below.hidden) return;
    box.replaceChildren(h('span', {class: 'faint'}, 'Loading…'));
    try { box.replaceChildren(...await content(href, file)); } catch (error) { box.replaceChildren(error.message); }
  };
  const button = h('button', {type: 'button', 'aria-expanded': 'false', 'aria-label': `View ${file.path}`, onclick: look}, 'View');
  return [h('tr', {},
    h('td', {class: 'mono'}, h('a', {href, download: true}, file.path)),
    h('td', {class: 'number'}, bytes(file.size)),
    h('td', {class: 'number'}, file.size > 0 && button)), below];
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
