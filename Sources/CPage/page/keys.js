// The keyboard: what each key does, and the list of them.
import {h} from './elements.js';

const list = [
  ['g then o', 'Overview'], ['g then p', 'Projects'], ['g then j', 'Jobs'], ['s', 'Schedule a job'], ['/', 'Search'],
  ['j, k', 'Next or previous row'], ['Enter', 'Open the row'], ['Esc', 'Close a dialog'], ['?', 'This list'],
];
const places = {o: './', p: '?page=projects', j: '?page=jobs'};

/** Listens to keys, for a frame and what it shows in `main`. */
export function listen(frame, main) {
  let before = '';
  document.addEventListener('keydown', event => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.target.closest('input:not([type=checkbox], [type=radio]), textarea, select, dialog')) return;
    const deed = before === 'g' && places[event.key] ? () => frame.go(places[event.key]) : {
      s: () => frame.schedule({}), '?': show, j: () => step(main, 1), k: () => step(main, -1),
      '/': () => main.querySelector('input[type=search]')?.focus(),
    }[event.key];
    before = event.key;
    if (!deed) return;
    event.preventDefault();
    deed();
  });
}

/** Goes to the link of the next row. */
function step(main, by) {
  const links = [...main.querySelectorAll('tbody tr')].map(row => row.querySelector('a')).filter(link => link?.checkVisibility());
  const row = document.activeElement.closest('tr');
  const at = links.findIndex(link => row?.contains(link));
  links[Math.min(links.length - 1, Math.max(0, at < 0 ? 0 : at + by))]?.focus();
}

function show() {
  const dialog = h('dialog', {'aria-labelledby': 'keys-title', onclose: () => dialog.remove()},
    h('form', {method: 'dialog'},
      h('h2', {id: 'keys-title'}, 'Keyboard'),
      h('dl', {class: 'facts keys'}, list.flatMap(([keys, deed]) => [
        h('dt', {}, keys.split(/( then |, )/).map((part, index) => index % 2 ? part : h('kbd', {}, part))), h('dd', {}, deed)])),
      h('div', {class: 'bar'}, h('button', {}, 'Close'))));
  document.body.append(dialog);
  dialog.showModal();
}
