// Tables of jobs.
import {counted, counting, firstError, h, jobLink, nextRun, reason, span, state, time} from './elements.js';

const number = count => count === undefined ? '' : count.toLocaleString('en');

/** The columns of a table of jobs: title, class, and the cell of a job. */
export const columns = {
  job: ['Job', '', job => [jobLink(job), about(job)]],
  run: ['Run', '', job => [h('a', {href: `?page=job&id=${job.identifier}`}, time(job.facts.started ?? job.facts.created)), about(job)]],
  state: ['State', '', job => state(job.status)],
  items: ['Items', 'number', job => number(counted(job).items)],
  requests: ['Requests', 'number', job => number(counted(job).requests)],
  errors: ['Errors', 'number', job => {
    const {errors} = counted(job);
    return errors ? h('span', {class: 'FAILED'}, number(errors)) : number(errors);
  }],
  time: ['Time', 'time', job => {
    const {facts} = job;
    if (job.status === 'SCHEDULED') return [!facts.paused && h('span', {class: 'faint'}, 'next '), nextRun(job)];
    return time(facts.ended ?? (job.status === 'RUNNING' ? facts.started : facts.at));
  }],
  duration: ['Duration', 'number', job => {
    if (job.status === 'RUNNING' && job.facts.started) return counting(job.facts.started);
    if (job.status === 'PENDING') return h('span', {class: 'faint waits'}, 'waits ', counting(job.facts.at ?? job.facts.created));
    return job.duration === null ? '' : span(job.duration);
  }],
  request: ['Request', 'wide faint', job => job.actor === 'SCHEDULER' ? 'schedule' : job.schedule],
};

/** What is said of a job below its name: its description, why it ended as it did, and its first error. */
export function about(job) {
  const text = [job.description, reason(job, {counts: false})].filter(Boolean).join(' · ');
  return [text && h('div', {class: 'faint small'}, text), firstError(job)];
}

/** The row of a job, perhaps with a cell before the others. */
export function row(job, names, first) {
  return h('tr', {}, first, names.map(name => {
    const [title, type, cell] = columns[name];
    return h('td', {class: type || null, 'data-label': title}, cell(job));
  }));
}

/** The head of a table, perhaps with a cell before the others. */
export function head(names, first) {
  return h('thead', {}, h('tr', {}, first, names.map(name => {
    const [title, type] = columns[name];
    return h('th', {scope: 'col', class: type || null}, title);
  })));
}

/** A table of jobs; on a narrow screen each job is a block. */
export function table(jobs, names) {
  return h('div', {class: 'scroll'}, h('table', {class: 'jobs'}, head(names), h('tbody', {}, jobs.map(job => row(job, names)))));
}
