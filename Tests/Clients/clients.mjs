// Uses the server as programs do: node clients.mjs http|undici URL LOG FIFO. See clients.py.
import assert from 'node:assert/strict';
import {writeFile} from 'node:fs/promises';
import http from 'node:http';

const [library, url, log, fifo] = process.argv.slice(2);
const headers = {Authorization: `Basic ${Buffer.from('alice:open:sesame').toString('base64')}`};

const byHTTP = {
  async run() {
    // One connection for all: what is left over of an answer would break the next one.
    const agent = new http.Agent({keepAlive: true, maxSockets: 1});
    const open = (path, {method = 'GET', body = '', more = {}} = {}) => new Promise((resolve, reject) => {
      const request = http.request(url + path, {agent, method, headers: {...headers, ...more}}, resolve);
      request.on('error', reject);
      request.end(body);
    });
    const read = async answer => {
      let text = '';
      for await (const piece of answer) text += piece;
      return text;
    };
    for (let turn = 0; turn < 3; turn += 1) {
      assert.equal(JSON.parse(await read(await open('status.json'))).status, 'ok');
      const head = await open(log, {method: 'HEAD'});
      assert.equal(head.statusCode, 200);
      assert.equal(await read(head), '');
    }
    const form = {'Content-Type': 'application/x-www-form-urlencoded'};
    const refused = await open('cancel-job.json', {method: 'POST', body: 'id=x', more: form});
    assert.equal(refused.statusCode, 400);
    assert.equal(JSON.parse(await read(refused)).status, 'error');
    const part = await open(log, {more: {Range: 'bytes=2-3'}});
    assert.equal(part.statusCode, 206);
    assert.equal(await read(part), 'gu');
    await follow(await open(log));
    agent.destroy();
  },
};

const byUndici = {
  async run() {
    for (let turn = 0; turn < 3; turn += 1) {
      assert.equal((await (await fetch(url + 'status.json', {headers})).json()).status, 'ok');
      const head = await fetch(url + log, {method: 'HEAD', headers});
      assert.equal(head.status, 200);
      assert.equal(await head.text(), '');
    }
    const refused = await fetch(url + 'cancel-job.json', {method: 'POST', headers, body: new URLSearchParams({id: 'x'})});
    assert.equal(refused.status, 400);
    assert.equal((await refused.json()).status, 'error');
    const part = await fetch(url + log, {headers: {...headers, Range: 'bytes=2-3'}});
    assert.equal(part.status, 206);
    assert.equal(await part.text(), 'gu');
    await follow((await fetch(url + log, {headers})).body);
  },
};

/** Reads a log of which one line is there, and has it end. */
async function follow(body) {
  let text = '';
  for await (const piece of body) {
    text += Buffer.from(piece).toString();
    if (text === 'begun\n') await writeFile(fifo, 'go\n');
  }
  assert.equal(text, 'begun\nended\n');
}

await {http: byHTTP, undici: byUndici}[library].run();
