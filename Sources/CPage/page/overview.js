// What runs, what comes, what failed, and how the last days went.
import {dayCharts} from './charts.js';
import {byNextRun, bytes, counting, counts, firstError, h, jobLink, moment, nextRun, reading, reason, span, state, time} from './elements.js';
import {get, url} from './server.js';
import {steps} from './steps.js';

export const overview = {
  source: () => ['overview.json', {wait: 'no', 'first-error': 1}],

  show(answer, query, frame) {
    const node = h('div', {});
    let timer = null, recount = null, isDrawing = false;
    const ticking = setInterval(() => {
      if (!document.hidden && answer.counts.RUNNING > 0) frame.reload();
    }, 10_000);
    const draw = () => {
      const focused = node.contains(document.activeElement) ? document.activeElement.getAttribute('href') : null;
      const progress = {
        projects: answer.projects, scheduled: answer.counts.SCHEDULED > 0,
        hasRun: answer.counts.RUNNING > 0 || answer.days.some(day => day.SUCCESSFUL || day.FAILED || day.CANCELED),
      };
      const isNew = !progress.projects || !progress.hasRun;
      node.replaceChildren(...answer.projects === 0 && answer.active.length === 0 ? [steps(progress, frame)]
        : parts(answer, frame, isNew && answer.whole !== false && steps(progress, frame)));
      if (focused) node.querySelector(`a[href="${CSS.escape(focused)}"]`)?.focus();
    };
    const drawSoon = () => {
      if (isDrawing) return;
      isDrawing = true;
      requestAnimationFrame(() => { isDrawing = false; draw(); });
    };
    const count = async () => {
      recount = null;
      try {
        answer.days = (await get('statistics.json', {days: answer.days.length})).days;
        drawSoon();
      } catch { /* The next event asks again. */ }
    };
    draw();
    return {
      title: '', node, wantsProjects: true,
      take(next) { answer = next; draw(); },
      job(job) {
        if (!apply(answer, job)) {
          // Something that this list does not know: better asked once than guessed.
          clearTimeout(timer);
          timer = setTimeout(frame.reload, 1000);
        }
        // The median of the durations is known to the server.
        if (!(job.status in answer.counts)) recount ??= setTimeout(count, 2000);
        drawSoon();
      },
      disk(room) { Object.assign(answer, room); drawSoon(); },
      leave() { clearInterval(ticking); clearTimeout(timer); clearTimeout(recount); },
    };
  },
};

/** Takes the news of a job into the answer; false if that needs to know more than is here. */
function apply(answer, job) {
  const index = answer.active.findIndex(known => known.identifier === job.identifier);
  const known = index >= 0 ? answer.active.splice(index, 1)[0] : null;
  if (known) answer.counts[known.status] -= 1;
  if (job.status in answer.counts) {
    // Events do not have what a crawl reports meanwhile.
    if (known?.status === job.status) job.facts.progress ??= known.facts.progress;
    answer.active.push(job);
    answer.counts[job.status] += 1;
    return true;
  }
  if (!known) return false;
  const today = answer.days.at(-1);
  if (job.status in today) {
    today[job.status] += 1;
    today.seconds += job.duration ?? 0;
  }
  if (job.status === 'FAILED') answer.failed = [job, ...answer.failed].slice(0, 8);
  return true;
}

function parts(answer, frame, first) {
  const of = name => answer.active.filter(job => job.status === name);
  const today = answer.days.at(-1);
  const {RUNNING: running, PENDING: pending, SCHEDULED: scheduled} = answer.counts;
  const next = of('SCHEDULED').sort(byNextRun);
  return [
    h('h1', {}, 'Overview'), reading(answer) ?? '', first || '', full(answer, of('PENDING')),
    h('section', {class: 'card figures', 'aria-label': 'Figures'},
      figure('Slots in use', running, ` of ${answer['job-slots']}`, pending && running >= answer['job-slots'] ? 'PENDING' : ''),
      figure('Waiting', pending),
      figure('Scheduled', scheduled),
      figure('Successful today', today.SUCCESSFUL),
      figure('Failed today', today.FAILED ? h('a', {href: url('', {page: 'jobs', status: 'FAILED', since: today.day, until: today.day})}, String(today.FAILED)) : 0,
        today.CANCELED ? `, ${today.CANCELED} canceled` : '', today.FAILED ? 'FAILED' : ''),
      figure('Disk free', bytes(answer['disk-free']), answer['disk-state'] === 'ok' ? '' : ` ${answer['disk-state']}`,
        answer['disk-state'] === 'ok' ? '' : 'FAILED')),
    h('div', {class: 'grid halves'}, h('div', {class: 'grid'},
      section(pending ? 'Running and waiting' : 'Running', running + pending, [...of('RUNNING'), ...of('PENDING')], job => [
        h('td', {}, jobLink(job), note(job), counts(job) && h('div', {class: 'faint small'}, counts(job))),
        h('td', {}, state(job.status)),
        h('td', {class: 'number'}, counting(job.facts.started ?? job.facts.created)),
      ], ['Job', 'State', 'For'], 'Nothing is running.', '?page=jobs&status=ACTIVE'),
      section('Recent failures', null, answer.failed, job => [
        h('td', {}, jobLink(job), h('div', {class: 'faint small'}, [counts(job), reason(job)].filter(Boolean).join(' · ')), firstError(job)),
        h('td', {class: 'time'}, time(job.facts.ended ?? job.facts.at)),
        h('td', {class: 'number'}, job.duration === null ? '' : span(job.duration)),
      ], ['Job', 'Ended', 'Duration'], nothingFailed(answer.days), '?page=jobs&status=FAILED')),
    h('div', {class: 'grid'},
      section('Next', scheduled, next, job => [
        h('td', {}, jobLink(job), note(job)),
        h('td', {class: 'time'}, moment(job.facts.next)),
        h('td', {class: 'number'}, job.facts.paused ? nextRun(job) : job.facts.next ? counting(job.facts.next) : ''),
      ], ['Job', 'Next run', 'Due'], 'Nothing is scheduled.', '?page=jobs&status=SCHEDULED'),
      dayCharts(answer.days, 'Last 14 days'))),
    h('p', {class: 'faint small'}, `scrapy-spool ${answer['daemon-version']} on ${answer.hostname} · `,
      h('a', {href: 'openapi.json'}, 'API')),
  ];
}

/** Says that all slots are in use, and since when jobs wait for one; nothing where that is not so. */
function full({counts, 'job-slots': slots, held}, pending) {
  const since = pending.map(job => job.facts.at ?? job.facts.created).sort()[0];
  if (held || !since || counts.RUNNING < slots) return '';
  return h('p', {class: 'band', role: 'status'}, slots === 0 ? 'There are no slots: ' : slots === 1 ? 'The slot is in use: ' : `All ${slots} slots are in use: `,
    counts.PENDING === 1 ? '1 job has been waiting ' : `${counts.PENDING} jobs are waiting, the first `, 'for ', counting(since), '.');
}

function figure(name, value, more = '', tone = '') {
  return h('div', {}, h('dl', {}, h('dt', {}, name), h('dd', {class: tone}, value instanceof Node ? value : String(value), h('small', {}, more))));
}

function note(job) {
  const text = [job.status === 'SCHEDULED' ? job.schedule : '', job.description].filter(Boolean).join(' · ');
  return text && h('div', {class: 'faint small'}, text);
}

function section(title, count, list, cells, heads, empty, href) {
  const shown = list.slice(0, 12);
  return h('section', {class: 'card'},
    h('header', {}, h('h2', {}, title, count !== null && h('span', {class: 'count'}, String(count))),
      h('a', {href, class: 'small', 'aria-label': `All: ${title}`}, 'All')),
    shown.length === 0 ? h('p', {class: 'empty'}, empty) : h('div', {class: 'scroll'}, h('table', {class: heads[2].toLowerCase()},
      h('thead', {}, h('tr', {}, heads.map((head, index) => h('th', {class: index === 2 ? 'number' : null, scope: 'col'}, head)))),
      h('tbody', {}, shown.map(job => h('tr', {}, cells(job)))))));
}

/** Why no job is shown that failed: there was none, or none is kept. */
function nothingFailed(days) {
  const count = days.reduce((sum, day) => sum + day.FAILED, 0);
  return count === 0 ? 'Nothing failed.' : `${count} failed in the last 14 days, and ${count === 1 ? 'is' : 'are'} no longer kept.`;
}
