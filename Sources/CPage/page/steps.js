// What to do first on a new server, and how far that is.
import {h} from './elements.js';

/** The three steps, each with whether it is done: `projects`, `hasRun`, `scheduled` say so. */
export function steps({projects, hasRun, scheduled}, frame) {
  const server = new URL('./', location.href).href;
  const step = (isDone, title, ...content) => h('li', {class: isDone ? 'done' : null},
    h('h3', {}, title, isDone && h('span', {class: 'state SUCCESSFUL'}, 'Done')), !isDone && content);
  return h('section', {class: 'card welcome'},
    projects ? h('h2', {}, 'First steps') : h('h1', {}, 'No project yet'),
    h('ol', {class: 'steps'},
      step(projects > 0, 'Push a project',
        h('p', {}, 'Run this in the directory of your Scrapy project, the one with scrapy.cfg:'),
        h('pre', {}, `zip -qr - . | curl ${server}push-project.json -F archive=@-`),
        h('p', {}, 'scrapy.cfg names the project: ', h('code', {}, 'project = NAME'), ' in section ', h('code', {}, '[deploy]'), '.'),
        h('p', {class: 'faint'}, 'Where scrapy-spool is installed, this does it: ',
          h('code', {}, `scrapy-spool push --url ${server.slice(0, -1)}`), '. Or drop an archive on the page ',
          h('a', {href: '?page=projects'}, 'Projects'), '.')),
      step(hasRun, 'Run a spider', projects > 0
        ? h('p', {}, h('button', {type: 'button', class: 'primary', onclick: () => frame.schedule({})}, 'Run a spider…'))
        : h('p', {class: 'faint'}, 'The job’s page shows its log as it is written, and its items.')),
      step(scheduled, 'Schedule it', projects > 0
        ? h('p', {}, h('button', {type: 'button', onclick: () => frame.schedule({when: 'every day at 03:30'})}, 'Run one every day…'))
        : h('p', {class: 'faint'}, 'Every two hours, or by a cron expression in a time zone: the dialog shows the next runs.'))));
}
