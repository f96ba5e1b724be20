// The projects: their spiders and how those went, pushing and removing.
import {confirmed, counted, firstError, h, moment, reading, reason, spiderHref, state, time} from './elements.js';
import {get, post, url} from './server.js';
import {steps} from './steps.js';

export const projects = {
  source: () => ['describe-projects.json', {wait: 'no', 'first-error': 1}],

  show(answer, query, frame) {
    const list = h('div', {class: 'grid'});
    const draw = () => list.replaceChildren(
      reading(answer) ?? '', ...answer.projects.length === 0 ? [steps({projects: 0, hasRun: false, scheduled: false}, frame)] : answer.projects.map(project => card(project, frame)));
    draw();
    return {
      title: 'Projects', wantsProjects: true,
      node: h('div', {}, h('h1', {}, 'Projects'), dropZone(frame), list),
      take(next) { answer = next; draw(); },
      job(job) {
        const spider = answer.projects.find(project => project.name === job.project)
          ?.spiders.find(spider => spider.name === job.spider);
        if (!spider || !job.facts.started) return;
        spider.last = job;
        draw();
      },
    };
  },
};

function card(project, frame) {
  const remove = async () => {
    if (!await confirmed(`Remove the project ${project.name}? Its finished jobs stay.`, 'Remove')) return;
    try {
      await post('remove-project.json', {name: project.name});
      await frame.reload();
    } catch (error) { frame.notify(error.message); }
  };
  return h('section', {class: 'card', 'aria-label': project.name},
    h('header', {},
      h('div', {}, h('h3', {}, project.name),
        h('span', {class: 'faint small'}, `version ${project.version}, pushed `, time(project.updated), project.by && ` by ${project.by}`)),
      h('div', {class: 'bar'},
        h('a', {class: 'button', href: url('', {page: 'jobs', project: project.name})}, 'Jobs'),
        h('button', {type: 'button', onclick: () => versions(project, frame)}, 'Versions…'),
        h('button', {type: 'button', class: 'danger', onclick: remove}, 'Remove…'))),
    h('div', {class: 'scroll'}, h('table', {class: 'jobs spiders'},
      h('thead', {}, h('tr', {}, ['Spider', 'Last run', 'State', 'Items', 'Errors', ''].map((head, index) =>
        h('th', {scope: 'col', class: index >= 3 ? 'number' : null}, head || h('span', {'aria-hidden': 'true'}))))),
      h('tbody', {}, project.spiders.map(spider => h('tr', {},
        h('td', {}, h('a', {href: spiderHref(project.name, spider.name)}, spider.name), spider.last && lastWords(spider.last)),
        h('td', {class: 'time', 'data-label': 'Last run'}, spider.last
          ? h('a', {href: `?page=job&id=${spider.last.identifier}`}, time(spider.last.facts.started ?? spider.last.facts.at))
          : h('span', {class: 'faint'}, 'never')),
        h('td', {}, spider.last && state(spider.last.status)),
        ...['items', 'errors'].map(name => h('td', {class: 'number', 'data-label': name[0].toUpperCase() + name.slice(1)},
          spider.last && counted(spider.last)[name]?.toLocaleString('en'))),
        h('td', {class: 'number'}, h('button', {
          type: 'button', 'aria-label': `Run ${spider.name}`,
          onclick: () => frame.schedule({project: project.name, spider: spider.name}),
        }, 'Run…'))))))));
}

/** How a last run ended, in words, with its first error. */
function lastWords(job) {
  const text = reason(job, {counts: false});
  return [text && h('div', {class: 'faint small'}, text), firstError(job)];
}

/** What a version runs with, in words. */
function packages(environment) {
  if (!environment) return 'the server’s';
  const {packages: count, scrapy, python, input} = environment;
  return `${count} of ${input}: Scrapy ${scrapy}, Python ${python}`;
}

/** What a version runs with, and on request each package with its version. */
function packageList(project, version) {
  if (!version.environment) return packages(null);
  const list = h('ul', {class: 'packages'});
  const load = async () => {
    if (!details.open || list.firstChild) return;
    try {
      const answer = await get('get-environment.json', {project: project.name, version: version.version});
      list.replaceChildren(...answer.packages.map(item => h('li', {}, `${item.name} ${item.version ?? ''}`)));
    } catch (error) { list.replaceChildren(h('li', {class: 'wrong'}, error.message)); }
  };
  const details = h('details', {ontoggle: load}, h('summary', {}, packages(version.environment)), list);
  return details;
}

/** What became of the packages of a push, in words. */
function built(environment) {
  const place = environment.shared ? 'installed before' : `installed in ${environment.seconds} s`;
  return `It has its own packages, ${packages(environment)}, ${place}.`;
}

/** Shows the versions of a project that are kept, each with a button that makes it the current one. */
async function versions(project, frame) {
  let answer;
  try {
    answer = await get('list-versions.json', {project: project.name});
  } catch (error) { return frame.notify(error.message); }
  const wrong = h('p', {class: 'wrong', role: 'alert'});
  const use = async version => {
    try {
      await post('set-version.json', {project: project.name, version});
      dialog.close();
      await frame.reload();
    } catch (error) { wrong.textContent = error.message; }
  };
  const dialog = h('dialog', {'aria-labelledby': 'versions-title', onclose: () => dialog.remove()},
    h('form', {method: 'dialog'},
      h('h2', {id: 'versions-title'}, `Versions of ${project.name}`),
      h('table', {},
        h('thead', {}, h('tr', {}, ['Version', 'Pushed', 'Spiders', 'Packages', ''].map(head =>
          h('th', {scope: 'col'}, head || h('span', {'aria-hidden': 'true'}))))),
        h('tbody', {}, answer.versions.map(version => h('tr', {},
          h('td', {}, String(version.version), version.name && ` (${version.name})`),
          h('td', {class: 'time'}, moment(version.created), version.by && ` by ${version.by}`),
          h('td', {}, version.spiders.join(', ')),
          h('td', {}, packageList(project, version)),
          h('td', {class: 'number'}, version.version === answer.current ? 'current'
            : h('button', {type: 'button', 'aria-label': `Use version ${version.version}`, onclick: () => use(version.version)}, 'Use')))))),
      wrong,
      h('div', {class: 'bar'}, h('button', {}, 'Close'))));
  document.body.append(dialog);
  dialog.showModal();
}

/** Where archives are dropped. */
function dropZone(frame) {
  const report = h('div', {'aria-live': 'polite'});
  const input = h('input', {
    type: 'file', id: 'archive', accept: '.zip,.tar,.gz,.tgz,.bz2,.xz,.zst',
    onchange: () => { if (input.files.length) push(input.files[0], report, frame); input.value = ''; },
  });
  const zone = h('div', {class: 'drop'},
    h('div', {}, 'Drop an archive of a project here, or ', input, h('label', {class: 'button', for: 'archive'}, 'choose a file'),
      ' (zip or tar)'),
    report);
  const over = isOver => event => {
    event.preventDefault();
    zone.classList.toggle('over', isOver);
  };
  zone.addEventListener('dragenter', over(true));
  zone.addEventListener('dragover', over(true));
  zone.addEventListener('dragleave', over(false));
  zone.addEventListener('drop', event => {
    over(false)(event);
    const [file] = event.dataTransfer.files;
    if (file) push(file, report, frame);
  });
  return zone;
}

/**
 * Pushes a file. Only XMLHttpRequest tells how far an upload is.
 *
 * @param mayBeEmpty whether it may take away all spiders that its project has
 */
function push(file, report, frame, mayBeEmpty = false) {
  const progress = h('progress', {max: 1, value: 0, 'aria-label': 'Upload'});
  const stage = h('span', {}, ` Sending ${file.name}`);
  report.replaceChildren(progress, stage);
  const request = new XMLHttpRequest();
  request.upload.onprogress = event => {
    if (event.lengthComputable) progress.value = event.loaded / event.total;
  };
  request.upload.onload = () => {
    progress.removeAttribute('value');
    stage.textContent = ' Listing its spiders';
  };
  const fail = text => {
    const error = h('pre', {tabindex: 0, 'aria-label': 'Error'}, text);
    const again = text.includes('"allow-empty"') && h('button', {
      type: 'button', class: 'danger', onclick: () => push(file, report, frame, true),
    }, 'Push it without spiders');
    report.replaceChildren(h('span', {class: 'FAILED'}, `${file.name} was not accepted`), error, again || '');
    // What is wrong stands in the last line of a traceback.
    error.scrollTop = error.scrollHeight;
  };
  request.onerror = () => fail('The server cannot be reached, or ended the connection.');
  request.onload = () => {
    let answer = null;
    try { answer = JSON.parse(request.responseText); } catch { /* said below */ }
    if (answer?.status !== 'ok') return fail(answer?.msg ?? `The server answered with ${request.status}.`);
    report.replaceChildren(h('span', {class: 'SUCCESSFUL'},
      `${answer.name} is pushed: ${answer.spiders.length === 0 ? 'no spiders' : answer.spiders.join(', ')}`),
      answer.environment ? h('p', {}, built(answer.environment)) : '',
      ...(answer.warnings ?? []).map(text => h('pre', {tabindex: 0, 'aria-label': 'Warning'}, text)));
    frame.reload();
  };
  const form = new FormData();
  if (mayBeEmpty) form.append('allow-empty', 'yes');
  form.append('archive', file, file.name);
  request.open('POST', 'push-project.json');
  request.send(form);
}
