import { deepStrictEqual, ok, rejects, strictEqual } from 'node:assert/strict';
import { once } from 'node:events';
import { request } from 'node:http';
import { connect } from 'node:net';
import { type TestContext, test } from 'node:test';
import type { ConsolePort } from '../../../src/console/routes.ts';
import { type ConsoleOptions, openConsole } from '../../../src/console/server.ts';
import { WorkerError } from '../../../src/core/errors.ts';
import { createScrubber } from '../../../src/core/scrubber.ts';

const SECRET = 'planted-secret-Zk9';
const TOKEN = 'a-token-of-some-length';

/** A console over a socket, and the commands it passed on. */
async function place(t: TestContext, over: Partial<ConsoleOptions & ConsolePort> = {}) {
  const commands: (readonly [string, object])[] = [];
  const port: ConsolePort = {
    version: () => ({ version: '1' }),
    isStarted: () => true,
    readiness: () => ({ ready: true, reasons: [] }),
    status: (slices) => ({ slices, lastError: { message: `key ${SECRET} was refused` } }),
    metrics: () => undefined,
    commands: { pause: ['source'], poll: ['source', 'workspace'], 'log-level': ['level'] },
    command: async (name, given) => {
      commands.push([name, given]);
      return { source: given.source, slices: 1 };
    },
    ...over,
  };
  const scrub = createScrubber([SECRET]);
  const console = await openConsole(port, { host: '127.0.0.1', port: 0, token: undefined, scrub, ...over });
  t.after(() => console.close());
  return { console, commands, ask: (path: string, how: How = {}) => ask(console.url + path, how) };
}

interface How {
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
}

/** By `node:http`, which sends whatever Host and Origin it is told. */
async function ask(url: string, { method = 'GET', headers = {}, body }: How) {
  const sent = request(url, { method, headers: { ...headers }, agent: false });
  sent.end(body);
  const [response] = (await once(sent, 'response')) as [import('node:http').IncomingMessage];
  let text = '';
  for await (const chunk of response) text += chunk;
  const value = response.headers['content-type']?.includes('json') && text !== '' ? JSON.parse(text) : {};
  return { status: response.statusCode, headers: response.headers, text, value, code: value.error?.code };
}

const JSON_BODY = { 'content-type': 'application/json' };
const pause = (headers: Record<string, string> = {}): How => ({
  method: 'POST',
  headers: { ...JSON_BODY, ...headers },
  body: '{"source":"users"}',
});

test('health tells the process, the start and readiness apart, and a reason for each no', async (t) => {
  const reasons = ['shard 3 is being restored'];
  const { ask } = await place(t, { isStarted: () => false, readiness: () => ({ ready: false, reasons }) });
  deepStrictEqual([(await ask('/livez')).status, (await ask('/startupz')).status], [200, 503]);
  const ready = await ask('/readyz');
  deepStrictEqual([ready.status, ready.value], [503, { ready: false, reasons }]);
  const good = await place(t);
  deepStrictEqual([(await good.ask('/startupz')).status, (await good.ask('/readyz')).status], [200, 200]);
  deepStrictEqual((await good.ask('/version')).value, { version: '1' });
});

test('P7: values of answers are for those who may command, and for nobody else', async (t) => {
  const status = (_slices: number, samples: boolean) => ({ samples });
  const seen = async (how: How, over: Partial<ConsoleOptions> = {}) =>
    (await (await place(t, { status, ...over })).ask('/status', how)).value;
  const bearer = { headers: { authorization: `Bearer ${TOKEN}` } };
  deepStrictEqual(await seen({}), { samples: true });
  for (const headers of [{ 'x-forwarded-for': '10.0.0.1' }, { origin: 'http://localhost' }])
    deepStrictEqual(await seen({ headers }), { samples: false });
  deepStrictEqual(await seen({}, { token: TOKEN }), { samples: false });
  deepStrictEqual(await seen(bearer, { token: TOKEN }), { samples: true });
});

test('P7: a planted secret is in no answer', async (t) => {
  const failing = async () => {
    throw new WorkerError('config', 'control.x', `because of ${SECRET}`, { hint: SECRET });
  };
  const metrics = async () => ({ contentType: 'text/plain; version=0.0.4', text: `x{key="${SECRET}"} 1\n` });
  const { ask } = await place(t, { command: failing, metrics });
  const answers = [await ask('/status'), await ask('/metrics'), await ask('/control/pause', pause())];
  deepStrictEqual(
    answers.map(({ status }) => status),
    [200, 200, 400],
  );
  for (const { text } of answers) ok(text.includes('[redacted]') && !text.includes(SECRET), text);
});

test('metrics are served as they are, and are not found where there are none', async (t) => {
  const metrics = async () => ({ contentType: 'text/plain; version=0.0.4', text: 'up 1\n' });
  const { headers, text } = await (await place(t, { metrics })).ask('/metrics');
  deepStrictEqual([headers['content-type'], text], ['text/plain; version=0.0.4', 'up 1\n']);
  strictEqual((await (await place(t)).ask('/metrics')).status, 404);
});

test('on loopback, without a token, this machine commands', async (t) => {
  const { ask, commands } = await place(t);
  const answer = await ask('/control/pause', pause());
  deepStrictEqual([answer.status, answer.value], [200, { source: 'users', slices: 1 }]);
  deepStrictEqual(commands, [['pause', { source: 'users' }]]);
});

test('no page in a browser reads or commands: not under another name, not from another origin', async (t) => {
  const { ask, commands } = await place(t);
  const refusals = [
    await ask('/status', { headers: { host: 'evil.example:80' } }),
    await ask('/control/pause', pause({ host: 'evil.example' })),
    await ask('/control/pause', pause({ origin: 'http://127.0.0.1' })),
    await ask('/control/pause', pause({ origin: 'null' })),
    await ask('/control/pause', pause({ 'sec-fetch-site': 'cross-site' })),
    await ask('/control/pause', pause({ 'x-forwarded-for': '203.0.113.9' })),
    await ask('/control/pause', { ...pause(), headers: { 'content-type': 'text/plain' } }),
    await ask('/control/pause', { ...pause(), headers: {} }),
  ];
  deepStrictEqual(
    refusals.map(({ status, code }) => [status, code]),
    [
      [421, 'console.wrong_host'],
      [421, 'console.wrong_host'],
      [403, 'console.from_page'],
      [403, 'console.from_page'],
      [403, 'console.from_page'],
      [403, 'console.not_local'],
      [415, 'console.not_json'],
      [415, 'console.not_json'],
    ],
  );
  deepStrictEqual(commands, []);
});

test('with a token only who carries it commands, from this machine too, and the token is in no answer', async (t) => {
  const { ask, commands } = await place(t, { token: TOKEN });
  const given = [undefined, 'Bearer ', `Bearer ${TOKEN}x`, `Basic ${TOKEN}`, `Bearer ${TOKEN}`, `bearer ${TOKEN}`];
  const answers = [];
  for (const authorization of given) {
    answers.push(await ask('/control/pause', pause(authorization === undefined ? {} : { authorization })));
  }
  deepStrictEqual(
    answers.map(({ status }) => status),
    [401, 401, 401, 401, 200, 200],
  );
  ok(answers.every(({ text }) => !text.includes(TOKEN)));
  strictEqual(commands.length, 2);
});

test('where every interface is served, any name reads, and nobody commands without a token but this machine', async (t) => {
  const { ask: askHere, console } = await place(t, { host: '0.0.0.0' });
  const url = console.url.replace('0.0.0.0', '127.0.0.1');
  strictEqual((await askHere('/status', { headers: { host: 'worker.svc:80' } })).status, 200);
  const refused = await ask(`${url}/control/pause`, pause({ host: 'worker.svc:80' }));
  deepStrictEqual([refused.status, refused.code], [403, 'console.not_local']);
  strictEqual((await ask(`${url}/control/pause`, pause({ host: 'localhost' }))).status, 200);
});

test('what makes no sense is answered clearly, and passes nothing on', async (t) => {
  const { ask, commands } = await place(t);
  const post = (path: string, body: string) => ask(path, { method: 'POST', headers: JSON_BODY, body });
  const answers = [
    await ask('/nothing'),
    await ask('/control/format-disk', { method: 'POST' }),
    await ask('/__proto__'),
    await ask('/control/constructor', { method: 'POST' }),
    await ask(`/${'x'.repeat(4_000)}`),
    await ask('/status', { method: 'DELETE' }),
    await ask('/control/pause'),
    await ask('/status?slices=99999'),
    await ask('/status?slices=-1'),
    await post('/control/pause', '{"source":'),
    await post('/control/pause', '[]'),
    await post('/control/pause', '{"source":5}'),
    await post('/control/pause', '{}'),
    await post('/control/pause', '{"source":"a","workspace":"b"}'),
    await post('/control/pause', JSON.stringify({ source: 'x'.repeat(10_000) })),
  ];
  deepStrictEqual(
    answers.map(({ status }) => status),
    [404, 404, 404, 404, 414, 405, 405, 400, 400, 400, 400, 400, 400, 400, 413],
  );
  ok(answers.every(({ value }) => typeof value.error?.message === 'string'));
  deepStrictEqual([answers[5]?.headers.allow, answers[6]?.headers.allow], ['GET, HEAD', 'POST']);
  deepStrictEqual(commands, []);
});

/** Sends bytes as they are; all that came back before the far side hung up. */
async function raw(url: string, text: string): Promise<string> {
  const { hostname, port } = new URL(url);
  const socket = connect(Number(port), hostname);
  let said = '';
  socket.on('data', (chunk) => (said += chunk));
  socket.on('error', () => {});
  socket.write(text);
  await once(socket, 'close');
  return said;
}

test('a bomb of headers, and what is no HTTP, is hung up on, and others are served', async (t) => {
  const { console, ask } = await place(t);
  const bomb = `GET /status HTTP/1.1\r\nHost: localhost\r\n${'X-A: aaaaaaaaaaaaaaaa\r\n'.repeat(1_000)}\r\n`;
  ok((await raw(console.url, bomb)).startsWith('HTTP/1.1 431'));
  ok((await raw(console.url, 'GARBAGE\r\n\r\n')).startsWith('HTTP/1.1 400'));
  strictEqual((await ask('/livez')).status, 200);
});

test('answers are not kept, guessed at or framed; HEAD has no body', async (t) => {
  const { ask } = await place(t);
  const { headers } = await ask('/status');
  deepStrictEqual([headers['cache-control'], headers['x-content-type-options']], ['no-store', 'nosniff']);
  const head = await ask('/livez', { method: 'HEAD' });
  deepStrictEqual([head.status, head.text], [200, '']);
});

test('a port that is taken is told at the start, with what to do', async (t) => {
  const { console } = await place(t);
  const port = Number(new URL(console.url).port);
  await rejects(place(t, { port }), { code: 'console.port', message: new RegExp(`port ${port} of 127.0.0.1.*taken`) });
});
