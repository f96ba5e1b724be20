// Charts of runs and days, as SVG. What they show is a link.
import {counts, h, reason, span, state, svg, timeText, wholeTime} from './elements.js';

const finals = ['SUCCESSFUL', 'FAILED', 'CANCELED'];

/** What is said of a run. */
function words(job) {
  const instant = job.facts.started ?? job.facts.created;
  return [
    wholeTime(instant), job.status[0] + job.status.slice(1).toLowerCase(), job.duration === null ? '' : span(job.duration), counts(job),
    reason(job), job.facts['first-error'],
  ].filter(Boolean).join(', ');
}

/** The runs as a strip, each in the colour of its state; the newest one is the last. */
export function strip(runs) {
  return h('div', {class: 'strip', role: 'group', 'aria-label': `The last ${runs.length} runs`}, runs.map(job =>
    h('a', {class: job.status, href: `?page=job&id=${job.identifier}`, title: words(job), 'aria-label': words(job)})));
}

/**
 * A bar a run, the newest one last.
 *
 * @param value what of a run is shown; undefined for nothing
 * @param scale writes a value
 */
export function runBars(runs, label, value, scale) {
  const width = 560, height = 90, count = Math.max(runs.length, 12), step = width / count;
  const known = runs.map(value).filter(one => one !== undefined);
  const most = Math.max(1, ...known);
  const first = (count - runs.length) * step;
  return svg('svg', {class: 'chart', viewBox: `0 -14 ${width} ${height + 32}`, role: 'group', 'aria-label': `${label}, each run`},
    ...grid(width, height, scale(most)),
    runs.map((job, index) => {
      const one = value(job), x = first + index * step;
      const size = one === undefined ? 0 : Math.max(2, one / most * (height - 4));
      return svg('a', {href: `?page=job&id=${job.identifier}`, tabindex: -1, 'aria-label': `${label}: ${one === undefined ? 'unknown' : scale(one)}, ${words(job)}`},
        svg('title', {}, `${one === undefined ? 'unknown' : scale(one)}, ${words(job)}`),
        svg('rect', {x, y: 0, width: step, height, fill: 'transparent'}),
        svg('rect', {class: job.status, x: x + step * .15, y: height - size, width: step * .7, height: size, rx: 1.5}));
    }),
    runs.length === 0 ? [] : [
      // Two texts have room only if the bars take more than half of the width.
      first > width / 2 ? '' : svg('text', {x: first, y: height + 13}, timeText(runs[0].facts.started ?? runs[0].facts.created)),
      svg('text', {x: width, y: height + 13, 'text-anchor': 'end'}, timeText(runs.at(-1).facts.started ?? runs.at(-1).facts.created)),
    ]);
}

function grid(width, height, most) {
  return [
    svg('line', {class: 'base', x1: 0, x2: width, y1: 3.5, y2: 3.5, 'stroke-dasharray': '2 4'}), svg('text', {x: 0, y: -1}, most),
    svg('line', {class: 'base', x1: 0, x2: width, y1: height + .5, y2: height + .5}),
  ];
}

/** Outcomes and durations of days. `filters` are those of the jobs that a bar leads to. */
export function dayCharts(days, title, filters = {}) {
  const href = (day, more) => `?${new URLSearchParams({page: 'jobs', ...filters, since: day.day, until: day.day, ...more})}`;
  return h('section', {class: 'card'},
    h('header', {}, h('h2', {}, title), h('span', {class: 'legend'}, finals.map(state))),
    h('div', {class: 'body'},
      bars(days, finals, 96, 'Jobs by outcome, each day', outcomes, {href: (day, name) => href(day, {status: name ?? 'COMPLETED'})}),
      h('div', {class: 'bar spread small apart'}, h('span', {class: 'faint'}, 'Duration'),
        h('span', {class: 'legend'}, h('span', {class: 'key median'}, 'median'), h('span', {class: 'key p90'}, '90th percentile'))),
      bars(days, ['p90', 'median'], 64, 'Duration of jobs, each day', durations,
        {isStacked: false, scale: span, href: day => href(day, {status: 'COMPLETED', order: 'longest'})})));
}

function outcomes(day) { return finals.map(name => `${day[name]} ${name.toLowerCase()}`).join(', '); }

function durations({median, p90, seconds}) {
  return median === null ? 'nothing ran' : `median ${span(median)}, 90th percentile ${span(p90)}, ${span(seconds)} in total`;
}

/** Bars, one a day: of each name a piece, one on the other or one before the other. */
function bars(days, names, height, label, say, {isStacked = true, scale = String, href}) {
  const width = 560, step = width / days.length;
  const most = Math.max(1, ...days.map(day => isStacked ? names.reduce((sum, name) => sum + day[name], 0) : day[names[0]] ?? 0));
  const shown = days.length > 20 ? 3 : 1;
  return svg('svg', {
    class: 'chart', viewBox: `0 -12 ${width} ${height + 28}`, role: 'group', 'aria-label': `${label}; today: ${say(days.at(-1))}`,
  },
    ...grid(width, height, scale(most)),
    days.map((day, index) => {
      let top = height;
      const link = (name, ...pieces) => svg('a', {href: href(day, name), tabindex: -1, 'aria-label': `${day.day}: ${say(day)}`},
        svg('title', {}, `${day.day}: ${say(day)}`), ...pieces);
      const isEmpty = names.every(name => !day[name]);
      return svg('g', {},
        isEmpty ? [] : link(null, svg('rect', {x: index * step, y: 0, width: step, height, fill: 'transparent'})),
        names.map(name => {
          const size = !day[name] ? 0 : Math.max(3, day[name] / most * (height - 4));
          top = isStacked ? top - size : height - size;
          return size === 0 ? [] : link(isStacked ? name : null, svg('rect', {class: name, x: index * step + step * .18, y: top, width: step * .64, height: size, rx: 1.5}));
        }).flat(),
        (days.length - 1 - index) % shown ? [] : svg('text', {x: index * step + step / 2, y: height + 13, 'text-anchor': 'middle'}, String(Number(day.day.slice(8)))));
    }));
}
