import { deepStrictEqual, ok, rejects, strictEqual } from 'node:assert/strict';
import { test } from 'node:test';
import { createBudgets, processClock } from '../../../src/clockify/budgets.ts';
import type { Client, ClientOptions, Sender } from '../../../src/clockify/client.ts';
import type { Answer } from '../../../src/clockify/reply.ts';
import type { FailureKind, WorkerError } from '../../../src/core/errors.ts';
import type { Priority } from '../../../src/core/rate.ts';
import { without } from '../../support/canary.ts';
import { mostInAnyWindow } from '../../support/virtual-time.ts';
import { clientFor, everythingIn, type Handler, KEY, never, serve, serveRaw } from './loopback.ts';

const call = { path: '/things', query: { page: '1', 'page-size': '5' }, owner: 'w' };
const get = (client: Client): Promise<Answer> => client.get(call, never());

function fails(kind: FailureKind, code: string) {
  return (error: WorkerError): boolean => {
    deepStrictEqual([error.kind, error.code], [kind, code]);
    const said = everythingIn(error);
    ok(!said.includes(KEY), 'P7: the key is in no part of the error');
    ok(!said.includes('ANSWER'), 'P7: no piece of the answer is in any part of the error');
    return true;
  };
}

test('a call carries the key, the path and the query, and gives the bytes as they came', async (t) => {
  const body = Buffer.from([0x5b, 0xff, 0x00, 0x5d]);
  const { origin, requests } = await serve(t, (_, response) => response.writeHead(200).end(body));
  const answer = await get(clientFor(t, origin));
  ok(answer.ok);
  deepStrictEqual(Buffer.from(answer.body), body);
  const [request] = requests;
  deepStrictEqual([request?.method, request?.url], ['GET', '/v1/things?page=1&page-size=5']);
  strictEqual(request?.headers['x-api-key'], KEY);
});

test('the last-page header is yes, no, or not there; anything else is not there', async (t) => {
  const { origin } = await serve(t, (request, response) => {
    const header = new URL(request.url ?? '', 'http://x').searchParams.get('h');
    if (header !== null) response.setHeader('Last-Page', header);
    response.end('[]');
  });
  const client = clientFor(t, origin);
  for (const [header, last] of [
    ['true', true],
    ['TRUE', true],
    ['false', false],
    ['1', undefined],
    ['', undefined],
  ] as const) {
    const answer = await client.get({ ...call, query: { h: header } }, never());
    strictEqual(answer.ok && answer.lastPage, last, header);
  }
  const bare = await client.get({ ...call, query: {} }, never());
  strictEqual(bare.ok && bare.lastPage, undefined);
});

for (const status of [301, 302, 303, 307, 308]) {
  test(`P7: a ${status} to another origin is not followed, and the key goes nowhere`, async (t) => {
    const other = await serve(t, (_, response) => response.end('[]'));
    const { origin } = await serve(t, (_, response) =>
      response.writeHead(status, { location: `${other.origin}/v1/things` }).end('ANSWER'),
    );
    const answer = await get(clientFor(t, origin, { allowedOrigins: [origin, other.origin] }));
    strictEqual(!answer.ok && answer.refusal.status, status);
    strictEqual(other.requests.length, 0);
  });
}

const half: Handler = (_, response) => {
  response.writeHead(200, { 'content-length': '100' });
  response.write('[{"ANSWER":');
};
const failures: readonly [string, Handler, Partial<ClientOptions>, FailureKind, string][] = [
  ['headers that do not come', () => {}, { headersTimeoutMs: 50 }, 'transient', 'clockify.timeout'],
  ['a body that stands still', half, { bodyTimeoutMs: 50 }, 'transient', 'clockify.timeout'],
  ['a body that drips past the limit of the whole', drip, { requestTimeoutMs: 150 }, 'transient', 'clockify.timeout'],
  [
    'a body that is cut',
    (request, response) => {
      half(request, response);
      setTimeout(() => response.destroy(), 20);
    },
    {},
    'transient',
    'clockify.cut_off',
  ],
  ['a connection that is cut', (request) => request.socket.destroy(), {}, 'transient', 'clockify.cut_off'],
  [
    'a body beyond the limit that says its length',
    (_, response) => response.end('ANSWER'.repeat(1000)),
    { maxBodyBytes: 1000 },
    'config',
    'clockify.answer_too_large',
  ],
  [
    'a body beyond the limit that does not',
    (_, response) => {
      response.write('ANSWER'.repeat(10));
      response.end('ANSWER'.repeat(1000));
    },
    { maxBodyBytes: 1000 },
    'config',
    'clockify.answer_too_large',
  ],
];

function drip(_: unknown, response: Parameters<Handler>[1]): void {
  response.writeHead(200, { 'content-length': '100000' });
  const timer = setInterval(() => response.write('ANSWER'), 10);
  response.on('close', () => clearInterval(timer));
}

for (const [what, handler, over, kind, code] of failures) {
  test(`${what}: ${code}`, async (t) => {
    const { origin } = await serve(t, handler);
    await rejects(get(clientFor(t, origin, over)), fails(kind, code));
  });
}

test('P7: no answer holds the key, however it is written there; JSON stays JSON, and all else as it came', async (t) => {
  const escaped = KEY.replace('N', '\\u004e');
  const parts = [KEY, escaped, Buffer.from(`me:${KEY}`).toString('base64'), Buffer.from(KEY).toString('hex')];
  const items = parts.map((part) => `{"id": "${part}", "${part}": [1.0, "\\u00e9 é \\n"]}`);
  const { origin } = await serve(t, (_, response) => response.end(`[${items.join(',\n')}]`));
  const answer = await get(clientFor(t, origin));
  ok(answer.ok);
  const text = Buffer.from(answer.body).toString();
  without(text, 'the answer', [KEY]);
  strictEqual((JSON.parse(text) as unknown[]).length, parts.length);
  const hidden = '{"id": "[redacted]", "[redacted]": [1.0, "\\u00e9 é \\n"]}';
  deepStrictEqual(text.split(',\n').slice(0, 2), [`[${hidden}`, hidden]);
});

test('P7: a key that was replaced is in no later answer either, and a short one is left where it stands', async (t) => {
  const [first, second] = [`${KEY}-1`, `${KEY}-2`];
  let key = first;
  const { origin } = await serve(t, (_, response) => response.end(JSON.stringify([first, second, 'a-key'])));
  const client = clientFor(t, origin, { apiKey: () => key });
  const said = async () => {
    const answer = await get(client);
    return JSON.parse(answer.ok ? Buffer.from(answer.body).toString() : '') as unknown;
  };
  deepStrictEqual(await said(), ['[redacted]', second, 'a-key']);
  key = second;
  deepStrictEqual(await said(), ['[redacted]', '[redacted]', 'a-key']);
  key = 'a-key';
  deepStrictEqual(await said(), ['[redacted]', '[redacted]', 'a-key']);
});

test('P7: what is not HTTP is not quoted, though it echoes the key', async (t) => {
  for (const answer of [`ANSWER ${KEY}\r\n\r\n`, `HTTP/1.1 200 OK\r\nbad header ANSWER ${KEY}\r\n\r\n`]) {
    const origin = await serveRaw(t, answer);
    await rejects(get(clientFor(t, origin)), (error: WorkerError) => {
      strictEqual(error.kind, 'transient');
      return fails('transient', error.code)(error);
    });
  }
});

test('a far side that is not there is unreachable', async (t) => {
  const origin = await serveRaw(t, '');
  const refused = `http://127.0.0.1:1`;
  await rejects(get(clientFor(t, refused)), fails('transient', 'clockify.unreachable'));
  await rejects(get(clientFor(t, origin)), fails('transient', 'clockify.cut_off'));
});

test('P7: a key that no header can carry is in no error', async (t) => {
  const { origin, requests } = await serve(t, (_, response) => response.end('[]'));
  const bad = `${KEY}\r\nx-other: 1`;
  await rejects(get(clientFor(t, origin, { apiKey: bad })), (error: WorkerError) => !everythingIn(error).includes(KEY));
  strictEqual(requests.length, 0);
});

test('an aborted call rejects with the reason, and is no failure of Clockify', async (t) => {
  const controller = new AbortController();
  const { origin } = await serve(t, () => controller.abort(new Error('stopped')));
  await rejects(clientFor(t, origin).get(call, controller.signal), /stopped/);
  await rejects(clientFor(t, origin).get(call, AbortSignal.abort(new Error('before'))), /before/);
});

test('a refusal says status, code and wait, and nothing of its body', async (t) => {
  const { origin } = await serve(t, (_, response) =>
    response.writeHead(400, { 'retry-after': '7' }).end(`{"message":"ANSWER ${KEY}","code":501}`),
  );
  const answer = await get(clientFor(t, origin));
  ok(!answer.ok);
  deepStrictEqual(answer.refusal, { status: 400, code: 501, retryAfterMs: 7_000 });
});

test('P6: a 429 holds everything of its owner for as long as it asks, and nobody else', async (t) => {
  const times: { owner: string; at: number }[] = [];
  const { origin } = await serve(t, (request, response) => {
    const owner = new URL(request.url ?? '', 'http://x').searchParams.get('owner') ?? '';
    times.push({ owner, at: performance.now() });
    if (times.length === 1) response.writeHead(429, { 'retry-after': '0.3' }).end();
    else response.end('[]');
  });
  const client = clientFor(t, origin);
  const as = (owner: string) => client.get({ path: '/x', query: { owner }, owner }, never());
  const first = await as('w');
  strictEqual(!first.ok && first.refusal.retryAfterMs, 300);
  await Promise.all([as('w'), as('v'), as('w')]);
  const since = (owner: string) =>
    times
      .slice(1)
      .filter((each) => each.owner === owner)
      .map(({ at }) => at - (times[0]?.at ?? 0));
  ok(
    since('w').every((ms) => ms >= 295),
    'its own requests wait',
  );
  ok((since('v')[0] ?? 0) < Math.min(...since('w')), "another workspace's do not");
});

test('P6: a 429 that does not say how long holds its owner all the same', async (t) => {
  const times: number[] = [];
  const { origin } = await serve(t, (_, response) => {
    times.push(performance.now());
    response.writeHead(times.length === 1 ? 429 : 200).end('[]');
  });
  const client = clientFor(t, origin);
  const first = await get(client);
  strictEqual(!first.ok && first.refusal.retryAfterMs, undefined);
  await get(client);
  ok((times[1] ?? 0) - (times[0] ?? 0) >= 990);
});

test('P6: what was refused before the socket cost no request, and every request costs a turn', async (t) => {
  const { origin, requests } = await serve(t, (_, response) => response.end('[]'));
  const client = clientFor(t, origin, { rate: { requests: 2, windowMs: 100, burst: 2 } });
  const begun = performance.now();
  await Promise.all([get(client), get(client), get(client), get(client)]);
  ok(performance.now() - begun >= 100, 'two in each 100 ms');
  strictEqual(requests.length, 4);
});

test('P6: a wall clock that is put forward fills no budget', async (t) => {
  const { origin } = await serve(t, (_, response) => response.end('[]'));
  let wall = 0;
  const now = () => (wall += 3_600_000);
  const client = clientFor(t, origin, { rate: { requests: 1, windowMs: 100, burst: 1 }, now });
  const begun = performance.now();
  for (let calls = 0; calls < 3; calls++) await get(client);
  ok(performance.now() - begun >= 190);
});

test('P6: no window at the far side holds more than the limit, with slow answers, several clients and a report host', async (t) => {
  const times: { owner: string; isReport: boolean; at: number }[] = [];
  const { origin } = await serve(t, (request, response) => {
    const url = new URL(request.url ?? '', 'http://x');
    const isReport = url.pathname.startsWith('/report/');
    times.push({ owner: url.searchParams.get('owner') ?? '', isReport, at: performance.now() });
    setTimeout(() => response.end('[]'), Math.random() * 60);
  });
  const budgets = createBudgets({ clock: processClock, isShared: false, requestTimeoutMs: 1_000 });
  const rate = { requests: 5, windowMs: 200, burst: 5 };
  const reportsRate = { requests: 2, windowMs: 200, burst: 2 };
  const clients = ['a', 'b'].map((name) => clientFor(t, origin, { name, rate, reportsRate, budgets }));
  const begun = performance.now();
  const calls = clients.flatMap((client) =>
    ['w', 'v', ''].flatMap((owner) =>
      Array.from({ length: 10 }, () => client.get({ path: '/x', query: { owner }, owner }, never())),
    ),
  );
  const reports = clients.flatMap((client) =>
    Array.from({ length: 3 }, () => {
      const url = new URL(`${origin}/report/v1/x?owner=w`);
      const sending = { method: 'POST' as const, url, headers: {}, body: '{}', owner: 'w', label: 'a report' };
      return (client as Client & Sender).send(sending, never());
    }),
  );
  await Promise.all([...calls, ...reports]);
  const of = (wanted: (one: (typeof times)[number]) => boolean) => times.filter(wanted).map(({ at }) => at);
  strictEqual(of(({ owner }) => owner === 'w').length, 26, 'reports count for their workspace');
  for (const owner of ['w', 'v'])
    ok(
      mostInAnyWindow(
        of((one) => one.owner === owner),
        200,
      ) <= 5,
      owner,
    );
  ok(
    mostInAnyWindow(
      of((one) => one.isReport),
      200,
    ) <= 2,
    'reports',
  );
  strictEqual(of(({ owner }) => owner === '').length, 20);
  ok(
    mostInAnyWindow(
      of(({ owner }) => owner === ''),
      200,
    ) <= 10,
    'of each credential its own, without a workspace',
  );
  ok(performance.now() - begun >= 800);
});

test('where the budget is scarce, what is urgent goes first', async (t) => {
  const went: string[] = [];
  const { origin } = await serve(t, (request, response) => {
    went.push(new URL(request.url ?? '', 'http://x').searchParams.get('priority') ?? '');
    response.end('[]');
  });
  const client = clientFor(t, origin, { rate: { requests: 1, windowMs: 50, burst: 1 } });
  const ask = (priority: Priority) => client.get({ path: '/x', query: { priority }, owner: 'w', priority }, never());
  await Promise.all((['list', 'reconcile', 'list', 'recent', 'changes'] as const).map(ask));
  deepStrictEqual(went.slice(-4), ['changes', 'recent', 'list', 'reconcile']);
});
