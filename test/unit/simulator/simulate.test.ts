import { equal, match, rejects } from 'node:assert/strict';
import { test } from 'node:test';
import { simulate } from '../../../src/simulator/simulate.ts';
import { startSimulator } from '../../../src/simulator/simulator.ts';
import { eventually } from '../../support/eventually.ts';
import { practice } from './practice.ts';

test('the command says where it is and how to steer it, and runs until it is told to stop', async (t) => {
  const lines: string[] = [];
  const stop = new AbortController();
  t.after(() => stop.abort());
  const running = simulate({ users: 2, days: 1 }, (line) => lines.push(line), stop.signal);
  await eventually('it says how to steer it', () => lines.some((line) => line.includes('/simulator/truth')));
  const [url = ''] = /http:\S+/.exec(lines[0] ?? '') ?? [];
  match(url, /^http:\/\/127\.0\.0\.1:\d+\/api\/v1$/);
  const headers = { 'x-api-key': 'simulator-key' };
  equal((await fetch(`${url}/user`, { headers })).status, 200);
  stop.abort();
  await running;
  await rejects(fetch(`${url}/user`, { headers }));
});

test('a world that cannot be is refused', async () => {
  await rejects(startSimulator({ users: 0 }), RangeError);
  await rejects(startSimulator({ workspaces: 0 }), RangeError);
  await rejects(startSimulator({ accountTimeZone: 'Mars/Olympus' }), RangeError);
});

test('a port that is taken is refused', async (t) => {
  const { simulator } = await practice(t);
  const second = startSimulator({ users: 1, days: 0, port: simulator.port });
  t.after(() =>
    second.then(
      ({ close }) => close(),
      () => undefined,
    ),
  );
  await rejects(second, { code: 'EADDRINUSE' });
});

test('it listens where it is told to, and is reached by loopback when that is everywhere', async (t) => {
  const { simulator, get } = await practice(t, { host: '0.0.0.0' });
  equal(simulator.origin, `http://127.0.0.1:${simulator.port}`);
  equal((await get('/user')).status, 200);
});
