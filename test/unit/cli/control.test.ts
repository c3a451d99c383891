import { deepStrictEqual, match, strictEqual } from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type TestContext, test } from 'node:test';
import type { ConsolePort } from '../../../src/console/routes.ts';
import { openConsole } from '../../../src/console/server.ts';
import { runHere } from '../../support/program-here.ts';

/** A worker that polls some workspaces of a source and knows of the others. */
async function worker(t: TestContext, elsewhere: readonly string[], told: string[] = []): Promise<string> {
  const port: ConsolePort = {
    version: () => ({}),
    isStarted: () => true,
    readiness: () => ({ ready: true, reasons: [] }),
    status: () => ({}),
    metrics: () => undefined,
    commands: { pause: ['source'], poll: ['source', 'workspace'] },
    command: async (name, given) => {
      told.push(`${name} ${Object.values(given).join(' ')}`);
      return { source: given.source, slices: 2, elsewhere };
    },
  };
  const console = await openConsole(port, { host: '127.0.0.1', port: 0, token: undefined, scrub: (text) => text });
  t.after(() => console.close());
  return console.url;
}

async function run(...args: string[]) {
  const { err, ...said } = await runHere(...args);
  return { ...said, err: err.join('\n') };
}

test('a command that misses what another worker polls says what, and fails', async (t) => {
  const url = await worker(t, ['w3', 'w4']);
  const { code, out, err } = await run('pause', 'users', '--url', url);
  deepStrictEqual([code, out], [1, ['users is paused: 2 slices']]);
  match(err, /another worker polls w3, w4 and was not told \[control.elsewhere\]\n.*--url/);
});

test('said to every worker it misses nothing, and each was told once', async (t) => {
  const told: string[] = [];
  const urls = [await worker(t, ['w3', 'w4'], told), await worker(t, ['w1', 'w4'], told)];
  const some = await run('poll', 'users', '--workspace', 'w9', ...urls.flatMap((url) => ['--url', url]));
  deepStrictEqual([some.code, told], [1, ['poll users w9', 'poll users w9']]);
  match(some.err, /another worker polls w4 and/);
  const third = await worker(t, ['w1', 'w3']);
  const all = await run('pause', 'users', ...[...urls, third].flatMap((url) => ['--url', url]), '--json');
  deepStrictEqual([all.code, all.err, all.out.length], [0, '', 3]);
});

test('a worker that goes away before it answers may have done it: that is said', async (t) => {
  const server = createServer((request) => request.socket.destroy());
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => server.close());
  const { code, err } = await run(
    'pause',
    'users',
    '--url',
    `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
  );
  strictEqual(code, 1);
  match(err, /went away before it answered \[console.no_answer\]/);
});

test('what is no console, or no address, is told as that', async (t) => {
  const server = createServer((_, response) => response.writeHead(302, { location: 'http://127.0.0.1:1/' }).end());
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => server.close());
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  match((await run('status', '--url', url)).err, /is no console \(302\)/);
  for (const bad of ['nonsense', 'ftp://x', 'http://user:pass@x']) {
    const { code, err } = await run('status', '--url', bad);
    deepStrictEqual([code, err.includes('cli.usage')], [2, true], err);
  }
});
