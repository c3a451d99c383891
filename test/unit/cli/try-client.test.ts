import { deepStrictEqual, rejects, strictEqual } from 'node:assert/strict';
import { test } from 'node:test';
import { untilStopped } from '../../../src/cli/try-options.ts';
import type { Client, Sender } from '../../../src/clockify/client.ts';
import type { Reply } from '../../../src/clockify/reply.ts';
import { createTryClient, type Exchange } from '../../../src/clockify/try-client.ts';

const signal = new AbortController().signal;
const sending = {
  method: 'POST' as const,
  url: new URL('https://api.clockify.me/api/v1/x?page=1'),
  headers: { 'x-trace': 'on', authorization: 'Basic c2VjcmV0', 'x-other-token': 'secret' },
  body: '{}',
  owner: '',
  label: 'x',
};

function fake(send: () => Promise<Reply>): Client & Sender {
  return { send, get: () => Promise.reject(new Error('not used')), close: async () => undefined };
}

test('P7: an exchange shows no key, no secret of a header, and only the headers that tell something', async () => {
  const told: Exchange[] = [];
  const headers = { 'content-type': 'application/json', 'last-page': 'true', 'set-cookie': 'secret', date: 'now' };
  const reply = { status: 200, headers, body: new Uint8Array(3), receivedAtMs: 1, refusal: undefined };
  const client = createTryClient(
    fake(async () => reply),
    'https://api.clockify.me/api/v1',
    (each) => told.push(each),
  );
  strictEqual(await client.send(sending, signal), reply);
  deepStrictEqual(told, [
    {
      method: 'POST',
      url: 'https://api.clockify.me/api/v1/x?page=1',
      requestHeaders: {
        'x-trace': 'on',
        authorization: '[hidden]',
        'x-other-token': '[hidden]',
        'x-api-key': '[hidden]',
      },
      requestBody: '{}',
      status: 200,
      headers: { 'content-type': 'application/json', 'last-page': 'true' },
      bytes: 3,
    },
  ]);
  const { body: _, lastPage } = (await client.get({ path: '/y', query: { a: 'b' }, owner: '' }, signal)) as {
    body: Uint8Array;
    lastPage: boolean;
  };
  deepStrictEqual([told[1]?.url, lastPage], ['https://api.clockify.me/api/v1/y?a=b', true]);
});

test('a request that was not answered is told too', async () => {
  const told: Exchange[] = [];
  const away = fake(() => Promise.reject(new Error('away')));
  const client = createTryClient(away, 'https://api.clockify.me/api/v1', (each) => told.push(each));
  await rejects(client.send(sending, signal), /away/);
  deepStrictEqual([told.length, told[0]?.status], [1, undefined]);
});

test('what a signal has stopped ends with 1 and one word; any other failure goes on up', async () => {
  const stop = new AbortController();
  const err: string[] = [];
  const terminal = { out: () => undefined, err: (line: string) => void err.push(line), env: {}, signal: stop.signal };
  const failing = () => Promise.reject(new Error('broken'));
  await rejects(untilStopped(terminal, failing), /broken/);
  stop.abort();
  strictEqual(await untilStopped(terminal, failing), 1);
  deepStrictEqual(err, ['stopped']);
});
