// Asks the server, and hears of what changes there.

/** What the server refused, in its own words. */
export class Refusal extends Error {}

const meaning = {401: 'Your login has ended: reload the page to log in again.', 403: 'You may not do this.'};

async function answer(response) {
  let body;
  try {
    body = await response.json();
  } catch {
    throw new Refusal(meaning[response.status] ?? `The server answered with ${response.status}.`);
  }
  if (response.status === 401) throw new Refusal(meaning[401]);
  if (body.status !== 'ok') throw new Refusal(body.msg);
  return body;
}

async function reach(path, options) {
  try {
    return await fetch(path, options);
  } catch (error) {
    if (error.name === 'AbortError') throw error;
    throw new Refusal('The server cannot be reached.');
  }
}

/** Asks for something. */
export async function get(path, parameters, options) {
  const response = await reach(url(path, parameters), options);
  // The form to log in stands where the page was.
  if (response.status === 401) location.reload();
  return answer(response);
}

/** Has something done. */
export async function post(path, fields) {
  return answer(await reach(path, {method: 'POST', body: new URLSearchParams(fields)}));
}

/** A path with parameters; empty ones are left out. */
export function url(path, parameters = {}) {
  const given = Object.entries(parameters).filter(([, value]) => value !== null && value !== undefined && value !== '');
  return given.length === 0 ? path : `${path}?${new URLSearchParams(given)}`;
}

/**
 * Follows the events of the server, while somebody can see the page: a browser has only a few connections for all of its
 * pages.
 *
 * @param last the id of the last event that the page knows
 * @param on what to call: `event(type, data)`, `live()`, `gone()`
 */
export function follow(last, on) {
  let source = null, timer = null;
  const close = () => { source?.close(); source = null; clearTimeout(timer); };
  const open = () => {
    close();
    source = new EventSource(url('events', {after: last}));
    for (const type of ['job', 'projects', 'disk', 'reload']) {
      source.addEventListener(type, event => {
        last = event.lastEventId;
        on.event(type, JSON.parse(event.data));
      });
    }
    source.onopen = () => on.live();
    source.onerror = () => {
      on.gone();
      // The browser tries again by itself unless the answer was no stream of events.
      if (source?.readyState !== EventSource.CLOSED) return;
      timer = setTimeout(open, 3000);
      // That of somebody whose login has ended is none either.
      get('status.json').catch(() => {});
    };
  };
  document.addEventListener('visibilitychange', () => document.hidden ? close() : source ?? open());
  addEventListener('pagehide', close);
  addEventListener('pageshow', event => { if (event.persisted) open(); });
  if (!document.hidden) open();
}
