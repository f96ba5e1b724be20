// Jobs that are chosen in a list, and what is done with all of them.
import {confirmed, h} from './elements.js';
import {runAgain} from './job.js';
import {get, post} from './server.js';

const isActive = job => ['RUNNING', 'PENDING', 'SCHEDULED'].includes(job.status);

/** The chosen jobs of a list: `bar` has the deeds, `all` chooses all, `box(job)` one; `keep(jobs)` drops those that are gone. */
export function selection(frame) {
  const chosen = new Map();
  let shown = [];
  const bar = h('div', {class: 'bar selection', role: 'group', 'aria-label': 'Selected jobs', hidden: true});
  const all = h('input', {type: 'checkbox', 'aria-label': 'Select all on this page', onchange: () => {
    for (const job of shown) if (all.checked) chosen.set(job.identifier, job); else chosen.delete(job.identifier);
    for (const box of document.querySelectorAll('td .pick-job')) box.checked = all.checked;
    draw();
  }});

  /** Does something with each, one after the other, and says which were refused. */
  async function each(name, jobs, deed) {
    const wrong = [];
    for (const button of bar.querySelectorAll('button')) button.disabled = true;
    for (const [index, job] of jobs.entries()) {
      text.textContent = `${name}: ${index + 1} of ${jobs.length}`;
      try { await deed(job); chosen.delete(job.identifier); } catch (error) { wrong.push(`${job.project} / ${job.spider}: ${error.message}`); }
    }
    if (wrong.length) frame.notify(wrong.slice(0, 5).join('\n') + (wrong.length > 5 ? `\n… and ${wrong.length - 5} more` : ''));
    draw();
    await frame.reload();
  }

  const text = h('span', {role: 'status'});
  const draw = () => {
    const jobs = [...chosen.values()], active = jobs.filter(isActive);
    bar.hidden = jobs.length === 0;
    all.checked = shown.length > 0 && shown.every(job => chosen.has(job.identifier));
    all.indeterminate = !all.checked && jobs.length > 0;
    text.textContent = `${jobs.length} selected`;
    bar.replaceChildren(text,
      h('button', {type: 'button', class: 'danger', disabled: active.length === 0, onclick: async () => {
        const words = active.length === 1 ? '1 job' : `${active.length} jobs`;
        if (await confirmed(`Cancel ${words}?`, active.length === 1 ? 'Cancel the job' : 'Cancel the jobs')) {
          await each('Canceling', active, job => post('cancel-job.json', {id: job.identifier}));
        }
      }}, `Cancel ${active.length || ''}…`.replace(' …', '…')),
      h('button', {type: 'button', onclick: async () => {
        if (jobs.length > 1 && !await confirmed(`Run ${jobs.length} jobs again?`, 'Run them')) return;
        // Lists that are live have jobs without their payloads.
        await each('Running', jobs, async job => runAgain((await get('list-jobs.json', {id: job.identifier, facts: 1})).jobs[0]));
      }}, `Run ${jobs.length} again`),
      h('button', {type: 'button', class: 'danger', disabled: active.length === jobs.length, onclick: async () => {
        const ended = jobs.filter(job => !isActive(job)), words = ended.length === 1 ? '1 job' : `${ended.length} jobs`;
        if (await confirmed(`Delete ${words}, with logs and files?`, ended.length === 1 ? 'Delete the job' : 'Delete the jobs')) {
          await each('Deleting', ended, job => post('delete-job.json', {id: job.identifier}));
        }
      }}, `Delete ${jobs.length - active.length || ''}…`.replace(' …', '…')),
      h('button', {type: 'button', onclick: () => { chosen.clear(); for (const box of document.querySelectorAll('.pick-job')) box.checked = false; draw(); }}, 'Select none'));
  };
  return {
    bar,
    all: h('th', {scope: 'col', class: 'pick'}, all),
    box: job => h('td', {class: 'pick'}, h('input', {
      type: 'checkbox', class: 'pick-job', 'aria-label': `Select ${job.project} / ${job.spider}, ${job.identifier}`, checked: chosen.has(job.identifier),
      onchange: event => { if (event.target.checked) chosen.set(job.identifier, job); else chosen.delete(job.identifier); draw(); },
    })),
    keep(jobs) {
      shown = jobs;
      for (const job of jobs) if (chosen.has(job.identifier)) chosen.set(job.identifier, job);
      for (const id of [...chosen.keys()]) if (!jobs.some(job => job.identifier === id)) chosen.delete(id);
      draw();
    },
  };
}
