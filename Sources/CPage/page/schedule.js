// The dialog that asks for a job.
import {h, timeText} from './elements.js';
import {get, post} from './server.js';

const examples = ['now', 'every 2 hours', 'every day at 03:30', 'every monday at 08:00', 'cron 0 4 * * mon-fri'];

/** Options that have a field of their own: name, label, example. */
const options = [
  ['priority', 'Priority, from 0 to 9', '5'], ['tags', 'Tags', 'example.org, nightly'],
  ['fail-if', 'Counts as failed if', 'items<1, errors>50'], ['version', 'Version of the project', 'the current one'],
  ['time-limit', 'Time limit', '2h'], ['memory-limit', 'Memory limit', '500M'],
  ['stall-limit', 'Limit without progress', '10m'], ['linger-limit', 'Limit after closing', '5m'],
  ['retries', 'Retries', '2'], ['retry-delay', 'Delay before the first retry', '1m'],
  ['retry-on', 'Retry after', 'exit, signal, stall'],
];

/** Rows of names and values, of the fields that begin with `prefix`. */
function rows(title, prefix, known) {
  const list = h('div', {});
  const add = (name, value) => {
    const row = h('div', {class: 'bar'},
      h('input', {'aria-label': `Name of ${title}`, 'data-prefix': prefix, value: name, placeholder: 'name', pattern: '[A-Za-z_][A-Za-z0-9_]*', spellcheck: 'false', autocomplete: 'off'}),
      h('input', {'aria-label': `Value of ${title}`, value, placeholder: 'value', spellcheck: 'false', autocomplete: 'off'}),
      h('button', {type: 'button', 'aria-label': `Remove ${title}`, onclick: () => row.remove()}, '−'));
    list.append(row);
    return row;
  };
  const fill = options => {
    list.replaceChildren();
    for (const [name, value] of Object.entries(options)) if (name.startsWith(prefix)) add(name.slice(prefix.length), value);
  };
  fill(known);
  return {
    node: h('div', {class: 'named'}, list, h('button', {type: 'button', onclick: () => add('', '').firstChild.focus()}, `Add ${title}`)),
    fill,
  };
}

/** What was filled into rows, as fields. */
function filled(form) {
  return Object.fromEntries([...form.querySelectorAll('[data-prefix]')].filter(input => input.value)
    .map(input => [input.dataset.prefix + input.value, input.nextSibling.value]));
}

/** What the changed form of a schedule lacks and the schedule has, for `remove`. */
function removed(known, fields) {
  const had = [...['overlap', 'catch-up', 'executor'].filter(name => known[name]), ...Object.keys(known.options ?? {})];
  const names = had.filter(name => fields[name] === undefined);
  return names.length ? {remove: names.join(',')} : {};
}

/** Opens the dialog, filled with what is known: `project`, `spider`, `when`, `description`, `payload`,
 * `overlap`, `catch-up`, `executor`, `options`; and `id` of a schedule that is to be changed. */
export async function schedule(frame, known) {
  let projects;
  try {
    projects = (await get('describe-projects.json', {wait: 'no'})).projects;
  } catch (error) { return frame.notify(error.message); }
  if (projects.length === 0) return frame.notify('There is no project yet: push one first.');

  const wrong = h('p', {class: 'wrong', role: 'alert'});
  const isChange = known.id !== undefined;
  const spider = h('select', {name: 'spider', required: true, disabled: isChange, onchange: () => recall()});
  const project = h('select', {name: 'project', required: true, disabled: isChange, onchange: fill}, projects.map(project =>
    h('option', {selected: project.name === known.project}, project.name)));
  function fill() {
    const names = projects.find(one => one.name === project.value)?.spiders.map(spider => spider.name) ?? [];
    spider.replaceChildren(...names.map(name => h('option', {selected: name === known.spider}, name)));
    recall();
  }
  // What the last job of the spider was asked for with is offered again, unless the dialog has been opened with that.
  const last = h('button', {type: 'button', hidden: true});
  const args = rows('an argument', 'arg.', known.options ?? {}), settings = rows('a setting', 'setting.', known.options ?? {});
  let recalled = 0;
  async function recall() {
    const own = recalled += 1;
    last.hidden = true;
    if (isChange || known.options || known.payload) return;
    const answer = await get('list-jobs.json', {status: 'ALL', project: project.value, spider: spider.value, limit: 1, facts: 1, wait: 'no'}).catch(() => null);
    const job = answer?.jobs[0];
    if (own !== recalled || !job) return;
    const named = Object.entries(job.options ?? {}).filter(([name]) => /^(arg|setting)\./.test(name));
    const isPlain = ['', '{}'].includes(job.payload.trim());
    if (named.length === 0 && isPlain) return;
    last.textContent = `As last time: ${[...named.map(([name, value]) => `${name.replace(/^\w+\./, '')}=${value}`), isPlain ? '' : 'payload'].filter(Boolean).join(', ').slice(0, 80)}`;
    last.onclick = () => {
      args.fill(job.options ?? {});
      settings.fill(job.options ?? {});
      payload.value = job.payload;
      if (named.length) more.open = true;
      last.hidden = true;
    };
    last.hidden = false;
  }

  const forecast = h('div', {class: 'forecast', role: 'status', id: 'forecast'});
  const when = h('input', {
    name: 'when', value: known.when ?? 'now', required: true, autofocus: true, autocomplete: 'off', spellcheck: 'false', list: 'specs',
    'aria-describedby': 'forecast', oninput: () => foresee(),
  });
  const payload = h('textarea', {name: 'payload', spellcheck: 'false', oninput: check}, known.payload ?? '{}');
  function check() {
    let text = '';
    try { JSON.parse(payload.value || '{}'); } catch (error) { text = `This is not JSON: ${error.message}`; }
    payload.setCustomValidity(text);
    wrong.textContent = text;
  }

  let turn = 0, timer = null;
  function foresee() {
    clearTimeout(timer);
    timer = setTimeout(async () => {
      const own = turn += 1;
      let lines, isWrong = false;
      try {
        const answer = when.value.trim() ? await get('next-runs.json', {when: when.value}) : {error: 'Say when the job is to run.'};
        isWrong = answer.error !== undefined;
        lines = isWrong ? [answer.error] : [
          h('strong', {}, answer.summary === 'now' ? 'Once, right away' : answer.summary),
          answer.next.length > 0 ? h('ol', {}, answer.next.map(instant => h('li', {}, h('time', {datetime: instant}, timeText(instant)))))
            : '',
        ];
      } catch (error) { lines = [error.message]; isWrong = true; }
      if (own !== turn) return;
      forecast.classList.toggle('wrong', isWrong);
      forecast.replaceChildren(...lines);
    }, 120);
  }

  const submit = async event => {
    event.preventDefault();
    const fields = {
      // An empty payload is none.
      ...isChange && {payload: '{}'},
      ...Object.fromEntries([...new FormData(event.target)].filter(([name, value]) => value !== '' || name === 'description')),
      ...filled(event.target),
    };
    try {
      const {identifier} = isChange
        ? await post('edit-schedule.json', {id: known.id, ...fields, ...removed(known, fields)})
        : await post('schedule-job.json', fields);
      dialog.close();
      if (isChange) return await frame.reload();
      await frame.go(`?page=job&id=${identifier}`);
    } catch (error) { wrong.textContent = error.message; }
  };
  const option = (kind, value, name) => h('option', {value, selected: (known[kind] ?? '') === value}, name);
  const missed = known['catch-up'] ?? '';
  const more = h('details', {open: Boolean(known.options)}, h('summary', {}, 'Arguments, settings, limits and retries'),
    args.node, settings.node,
    h('p', {class: 'faint small'}, 'Arguments and settings appear on the command line, which every user of the server’s machine can read.'),
    h('div', {class: 'pair'}, options.map(([name, label, placeholder]) => h('label', {}, label,
      h('input', {name, value: known.options?.[name] ?? '', placeholder, autocomplete: 'off', spellcheck: 'false'})))),
    h('label', {}, h('input', {type: 'checkbox', name: 'force', value: '1'}), ' Settings may replace whole dictionaries of the project'));
  fill();
  const dialog = h('dialog', {'aria-labelledby': 'schedule-title', onclose: () => { clearTimeout(timer); dialog.remove(); }},
    h('form', {method: 'dialog', onsubmit: submit},
      h('h2', {id: 'schedule-title'}, isChange ? 'Edit the schedule' : 'Schedule a job'),
      h('div', {class: 'pair'}, h('label', {}, 'Project', project), h('label', {}, 'Spider', spider)),
      h('label', {}, 'When', when, h('datalist', {id: 'specs'}, examples.map(text => h('option', {value: text})))),
      forecast,
      h('label', {}, 'Description', h('input', {name: 'description', value: known.description ?? '', autocomplete: 'off'})),
      last,
      h('label', {}, 'Payload, as JSON', payload),
      h('details', {open: Boolean(known.overlap || missed || known.executor)}, h('summary', {}, 'Overlapping and missed runs'),
        h('div', {class: 'pair'},
          h('label', {}, 'If the previous run has not ended', h('select', {name: 'overlap'},
            option('overlap', '', 'Server default'), option('overlap', 'allow', 'Run both'),
            option('overlap', 'skip', 'Skip the new run'), option('overlap', 'queue', 'Queue the new run'))),
          h('label', {}, 'Runs missed while the server was down', h('select', {name: 'catch-up'},
            option('catch-up', '', 'Server default'), option('catch-up', 'none', 'Skip them'),
            option('catch-up', 'one', 'Catch up with one run'),
            !['', 'none', 'one'].includes(missed) && option('catch-up', missed, `Catch up with ${missed} runs at most`))),
          known.executor && h('label', {}, 'Executor', h('select', {name: 'executor'},
            option('executor', '', 'Server default'), option('executor', 'local', 'The server’s machine'),
            option('executor', 'slurm', 'Slurm'))))),
      more,
      wrong,
      h('div', {class: 'bar'},
        h('button', {type: 'button', onclick: () => dialog.close()}, 'Close'),
        h('button', {class: 'primary'}, isChange ? 'Save' : 'Schedule'))));
  document.body.append(dialog);
  dialog.showModal();
  when.select();
  foresee();
}
