// What runs, what comes, what failed, and how the last days went.
import {bytes, counting, counts, h, jobLink, reading, reason, span, state, svg, time} from './elements.js';
import {get} from './server.js';

const finals = ['SUCCESSFUL', 'FAILED', 'CANCELED'];

export const overview = {
  source: () => ['overview.json', {wait: 'no'}],

  show(answer, query, frame) {
    const node = h('div', {});
    let timer = null, recount = null, isDrawing = false;
    const ticking = setInterval(() => {
      if (!document.hidden && answer.counts.RUNNING > 0) frame.reload();
    }, 10_000);
    const draw = () => {
      const focused = node.contains(document.activeElement) ? document.activeElement.getAttribute('href') : null;
      node.replaceChildren(...answer.projects === 0 && answer.active.length === 0 ? [welcome()] : parts(answer, frame));
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
        // What the middle of the durations is, the server knows.
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

function parts(answer, frame) {
  const of = name => answer.active.filter(job => job.status === name);
  const today = answer.days.at(-1);
  const {RUNNING: running, PENDING: pending, SCHEDULED: scheduled} = answer.counts;
  const next = of('SCHEDULED').sort((a, b) => (a.facts.next ?? '').localeCompare(b.facts.next ?? ''));
  return [
    h('h1', {}, 'Overview'), reading(answer) ?? '',
    h('section', {class: 'card figures', 'aria-label': 'Figures'},
      figure('Slots in use', running, ` of ${answer['job-slots']}`),
      figure('Waiting', pending),
      figure('Scheduled', scheduled),
      figure('Successful today', today.SUCCESSFUL),
      figure('Failed today', today.FAILED, today.CANCELED ? `, ${today.CANCELED} canceled` : '', today.FAILED ? 'FAILED' : ''),
      figure('Disk free', bytes(answer['disk-free']), answer['disk-state'] === 'ok' ? '' : ` ${answer['disk-state']}`,
        answer['disk-state'] === 'ok' ? '' : 'FAILED')),
    h('div', {class: 'grid halves'}, h('div', {class: 'grid'},
      section(pending ? 'Running and waiting' : 'Running', running + pending, [...of('RUNNING'), ...of('PENDING')], job => [
        h('td', {}, jobLink(job), note(job), counts(job) && h('div', {class: 'faint small'}, counts(job))),
        h('td', {}, state(job.status)),
        h('td', {class: 'number'}, counting(job.facts.started ?? job.facts.created)),
      ], ['Job', 'State', 'For'], 'Nothing runs now.', '?page=jobs&status=ACTIVE'),
      section('Failed lately', null, answer.failed, job => [
        h('td', {}, jobLink(job), h('div', {class: 'faint small'}, [counts(job), reason(job)].filter(Boolean).join(' · '))),
        h('td', {class: 'time'}, time(job.facts.ended ?? job.facts.at)),
        h('td', {class: 'number'}, job.duration === null ? '' : span(job.duration)),
      ], ['Job', 'Ended', 'Ran'], nothingFailed(answer.days), '?page=jobs&status=FAILED')),
    h('div', {class: 'grid'},
      section('Next', scheduled, next, job => [
        h('td', {}, jobLink(job), note(job)),
        h('td', {class: 'time'}, time(job.facts.next)),
        h('td', {class: 'number'}, job.facts.next ? counting(job.facts.next) : ''),
      ], ['Job', 'Time', 'Due'], 'Nothing is scheduled.', '?page=jobs&status=SCHEDULED'),
      charts(answer.days))),
    h('p', {class: 'faint small'}, `scrapy-spool ${answer['daemon-version']} on ${answer.hostname} · `,
      h('a', {href: 'openapi.json'}, 'API')),
  ];
}

function figure(name, value, more = '', tone = '') {
  return h('div', {}, h('dl', {}, h('dt', {}, name), h('dd', {class: tone}, String(value), h('small', {}, more))));
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
  return count === 0 ? 'Nothing failed.' : `${count} failed in the last two weeks, and ${count === 1 ? 'is' : 'are'} not kept.`;
}

function charts(days) {
  return h('section', {class: 'card'},
    h('header', {}, h('h2', {}, 'The last two weeks'),
      h('span', {class: 'legend'}, finals.map(state))),
    h('div', {class: 'body'},
      bars(days, finals, 96, 'Jobs by outcome, each day', day => finals.map(name => `${day[name]} ${name.toLowerCase()}`).join(', ')),
      h('div', {class: 'bar spread small apart'}, h('span', {class: 'faint'}, 'How long they ran'),
        h('span', {class: 'legend'}, h('span', {class: 'key median'}, 'the middle one'), h('span', {class: 'key p90'}, '9 of 10 no longer'))),
      bars(days, ['p90', 'median'], 64, 'How long jobs ran, each day', durations, {isStacked: false, scale: span})));
}

function durations({median, p90, seconds}) {
  return median === null ? 'nothing ran' : `${span(median)} in the middle, 9 of 10 no longer than ${span(p90)}, ${span(seconds)} together`;
}

/** Bars, one a day: of each name a piece, one on the other or one before the other. */
function bars(days, names, height, label, words, {isStacked = true, scale = String} = {}) {
  const width = 560, step = width / days.length;
  const most = Math.max(1, ...days.map(day => isStacked ? names.reduce((sum, name) => sum + day[name], 0) : day[names[0]] ?? 0));
  return svg('svg', {
    class: 'chart', viewBox: `0 -12 ${width} ${height + 28}`, role: 'img', 'aria-label': `${label}; today: ${words(days.at(-1))}`,
  },
    svg('line', {class: 'base', x1: 0, x2: width, y1: 3.5, y2: 3.5, 'stroke-dasharray': '2 4'}),
    svg('text', {x: 0, y: -1}, scale(most)),
    svg('line', {class: 'base', x1: 0, x2: width, y1: height + .5, y2: height + .5}),
    days.map((day, index) => {
      let top = height;
      return svg('g', {}, svg('title', {}, `${day.day}: ${words(day)}`),
        svg('rect', {x: index * step, y: 0, width: step, height, fill: 'transparent'}),
        names.map(name => {
          const size = !day[name] ? 0 : Math.max(2, day[name] / most * (height - 4));
          top = isStacked ? top - size : height - size;
          return svg('rect', {class: name, x: index * step + step * .18, y: top, width: step * .64, height: size, rx: 1.5});
        }),
        svg('text', {x: index * step + step / 2, y: height + 13, 'text-anchor': 'middle'}, String(Number(day.day.slice(8)))));
    }));
}

/** What somebody sees who has just started a server. */
export function welcome() {
  const server = new URL('./', location.href).href;
  return h('section', {class: 'card welcome'},
    h('h1', {}, 'No project yet'),
    h('p', {}, 'Push one with this command, in the directory of a Scrapy project, the one with scrapy.cfg in it:'),
    h('pre', {}, `zip -qr - . | curl ${server}push-project.json -F archive=@-`),
    h('p', {}, 'Its name is ', h('code', {}, 'project = NAME'), ' in section ', h('code', {}, '[deploy]'), ' of scrapy.cfg.'),
    h('p', {class: 'faint'}, 'Where scrapy-spool itself is installed, one is enough: ',
      h('code', {}, `scrapy-spool push --url ${server.slice(0, -1)}`), '. Or drop an archive on the page ',
      h('a', {href: '?page=projects'}, 'Projects'), '.'));
}
