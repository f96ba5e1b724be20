// Lines of a log with the colours that a program has written for a terminal (ECMA-48).

const escapes = /\x1b(?:\[([0-9;:]*)[ -/]*([@-~])|\][^\x07\x1b]*(?:\x07|\x1b\\)?|[PX^_][^\x1b]*(?:\x1b\\)?|[ -/]*[0-~])|[\x00-\x08\x0b-\x1a\x1c-\x1f\x7f]/g;

/** A line without what is for a terminal only. */
export function plain(line) { return line.includes('\x1b') ? line.replace(escapes, '') : line; }

/** A line as nodes: a text, or elements with classes where the line has colours. Nothing of it is taken for markup. */
export function nodes(line) {
  if (!line.includes('\x1b')) return [line];
  const made = [], style = {colour: '', isBold: false, isFaint: false, isUnderlined: false};
  let from = 0;
  const take = text => {
    if (!text) return;
    const classes = [style.colour, style.isBold && 'bold', style.isFaint && 'dim', style.isUnderlined && 'under'].filter(Boolean).join(' ');
    if (!classes) { made.push(text); return; }
    const element = document.createElement('span');
    element.className = classes;
    element.textContent = text;
    made.push(element);
  };
  for (const found of line.matchAll(escapes)) {
    take(line.slice(from, found.index));
    from = found.index + found[0].length;
    if (found[2] === 'm') apply(style, found[1]);
  }
  take(line.slice(from));
  return made;
}

const colours = ['black', 'red', 'green', 'yellow', 'blue', 'magenta', 'cyan', 'white'];

function apply(style, text) {
  const codes = text.split(/[;:]/).map(Number);
  for (let at = 0; at < codes.length; at += 1) {
    const code = codes[at];
    if (code === 0) Object.assign(style, {colour: '', isBold: false, isFaint: false, isUnderlined: false});
    else if (code === 1) style.isBold = true;
    else if (code === 2) style.isFaint = true;
    else if (code === 4) style.isUnderlined = true;
    else if (code === 22) style.isBold = style.isFaint = false;
    else if (code === 24) style.isUnderlined = false;
    else if (code === 39) style.colour = '';
    else if (code >= 30 && code <= 37) style.colour = `t-${colours[code - 30]}`;
    else if (code >= 90 && code <= 97) style.colour = `t-${colours[code - 90]}`;
    else if (code === 38 || code === 48) {
      // The first 16 of 256 colours are those above; others cannot be read on every ground.
      if (code === 38 && codes[at + 1] === 5) style.colour = codes[at + 2] < 16 ? `t-${colours[codes[at + 2] % 8]}` : '';
      at += codes[at + 1] === 5 ? 2 : 4;
    }
  }
}
