// Who may log in, and what they may do. Changed on the server only, see Sources/THREATS.md.
import {h, moment, time} from './elements.js';

const kinds = {password: 'Password, in plain text', hash: 'Password, as a slow hash', digest: 'Password, as digests', token: 'Token'};
const rights = {read: 'view everything', run: 'view, schedule, cancel', deploy: 'everything'};

export const users = {
  source: () => ['list-users.json'],
  failed: 'Not available',

  show(answer) {
    const node = h('div', {}), draw = () => node.replaceChildren(...parts(answer));
    draw();
    return {title: 'Users', node, take(next) { answer = next; draw(); }};
  },
};

function parts({auth, users, file, since}) {
  const title = h('h1', {}, 'Users', h('span', {class: 'count'}, String(users.length)));
  if (!auth) {
    return [title, h('section', {class: 'card welcome'},
      h('p', {}, 'This server does not ask for a login: everybody who can reach it has all rights. ', h('code', {}, 'auth = on'), ' in its configuration changes that.'))];
  }
  return [title,
    h('section', {class: 'card'},
      users.length === 0 ? h('p', {class: 'empty'}, 'Nobody can log in.') : h('div', {class: 'scroll', tabindex: 0, role: 'region', 'aria-label': 'Users'},
        h('table', {class: 'users'},
          h('thead', {}, h('tr', {}, ['User', 'Login', 'Rights', 'Last used', 'From', 'Sessions'].map((head, index) =>
            h('th', {scope: 'col', class: index === 5 ? 'number' : null}, head)))),
          h('tbody', {}, users.flatMap(rows))))),
    h('p', {class: 'faint small'}, 'From ', h('code', {}, file), '. Uses count from the start of the server, ', moment(since), '; sessions are logins by the form.'),
    h('section', {class: 'card section'},
      h('header', {}, h('h2', {}, 'Changes')),
      h('div', {class: 'body'},
        h('p', {}, 'Logins are managed on the server, so that a stolen one cannot create others. Changes take effect at once, and removing a login ends its sessions.'),
        h('dl', {class: 'facts commands'}, [
          ['A user or a new password', `${passwd(file)} NAME`],
          ['A token (read, run or deploy)', `${passwd(file)} --token run NAME`],
          ['Remove the tokens of a user', `${passwd(file)} --token run --delete NAME`],
          ['Remove a user', `${passwd(file)} --delete NAME`],
        ].flatMap(([name, command]) => [h('dt', {}, name), h('dd', {}, h('code', {}, command))])))),
  ];
}

function rows({user, logins, sessions}) {
  return logins.map(({kind, scope, 'last-used': used, 'last-address': address}, index) => h('tr', {},
    index === 0 && h('th', {scope: 'rowgroup', rowspan: logins.length}, user),
    h('td', {}, kinds[kind] ?? kind),
    h('td', {'data-label': 'Rights'}, h('strong', {}, scope), ' ', h('div', {class: 'faint small'}, rights[scope] ?? '')),
    h('td', {class: 'time', 'data-label': 'Last used'}, time(used)),
    h('td', {class: 'mono', 'data-label': address && 'From'}, address ?? ''),
    index === 0 && h('td', {class: 'number', rowspan: logins.length, 'data-label': 'Sessions'}, String(sessions))));
}

const passwd = file => `scrapy-spool passwd --file ${/^[\w./-]+$/.test(file) ? file : `'${file.replaceAll("'", "'\\''")}'`}`;
