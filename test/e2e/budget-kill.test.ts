import { strict as assert } from 'node:assert';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, type TestContext, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { type Simulator, startSimulator } from '../../src/simulator/simulator.ts';
import { mostInAnyWindow } from '../support/virtual-time.ts';
import { startWorker } from '../support/worker-process.ts';

const BORN_WITHIN_MS = 20_000;
const CHILD = fileURLToPath(new URL('./budget-child.ts', import.meta.url));

async function place(t: TestContext) {
  const simulator = await startSimulator({ seed: 7, workspaces: 2, users: 6, days: 3 });
  const folder = mkdtempSync(join(tmpdir(), 'clockify-kafka-budget-'));
  t.after(async () => {
    await simulator.close();
    rmSync(folder, { recursive: true, force: true });
  });
  return { simulator, folder };
}

/** The far side is the judge: when the requests of each workspace, and of none, arrived. */
function arrivalsOf({ requests }: Simulator): ReadonlyMap<string, readonly number[]> {
  const arrivals = new Map<string, number[]>();
  for (const { workspaceId, atMs } of requests.entries) {
    const owner = workspaceId ?? '';
    arrivals.set(owner, [...(arrivals.get(owner) ?? []), atMs]);
  }
  return arrivals;
}

function assertWithin(t: TestContext, simulator: Simulator, limit: number, windowMs: number, atLeast: number): void {
  const arrivals = arrivalsOf(simulator);
  assert.equal(arrivals.size, 3, 'two workspaces, and what belongs to none');
  for (const [owner, times] of arrivals) {
    const most = mostInAnyWindow(times, windowMs);
    t.diagnostic(`${owner || 'no workspace'}: ${times.length} requests, at most ${most} in ${windowMs} ms`);
    assert.ok(most <= limit, `${most} of ${limit} requests in ${windowMs} ms`);
  }
  const all = [...arrivals.values()].flat().length;
  assert.ok(all >= atLeast, `${all} requests: it went on after each kill`);
}

const startsTold = (logFile: string): number => readFileSync(logFile, 'utf8').split('"worker.starting"').length - 1;

/** The program itself, killed again and again, on a configuration as people write it. */
async function survive(t: TestContext, rate: string, kills: number, lifeMs: number): Promise<Simulator> {
  const { simulator, folder } = await place(t);
  const config = join(folder, 'clockify-kafka.yaml');
  const source = (name: string) => `  - { name: ${name}, template: ${name}, credential: acme, every: 1s }`;
  writeFileSync(
    config,
    [
      `credentials: { acme: { api_key: "\${KEY}", base_url: ${simulator.url}, rate: ${rate} } }`,
      `file: { directory: ${join(folder, 'data')} }`,
      'http: { request_timeout: 2s, connect_timeout: 1s, headers_timeout: 1s, body_timeout: 1s }',
      'discovery: { every: 2s }',
      'sources:',
      ...['users', 'projects', 'time-entries'].map(source),
    ].join('\n'),
  );
  const logFile = join(folder, 'worker.log');
  writeFileSync(logFile, '');
  for (let kill = 0; kill < kills; kill++) {
    const worker = startWorker({
      clockifyUrl: simulator.url,
      apiKey: simulator.apiKey,
      brokers: [],
      registryUrl: '',
      logFile,
      config,
      args: ['--sink', 'file'],
      env: { KEY: simulator.apiKey },
    });
    // Its life begins when its modules are there, which on a busy machine alone takes seconds.
    const bornBy = Date.now() + BORN_WITHIN_MS;
    while (startsTold(logFile) <= kill && Date.now() < bornBy) await sleep(20);
    await sleep(lifeMs * (0.6 + 0.8 * Math.random()));
    const code = await worker.end('SIGKILL');
    assert.equal(code, 137, `it ended by itself:\n${readFileSync(logFile, 'utf8').slice(-2_000)}`);
  }
  return simulator;
}

// They wait most of the time, and share nothing.
describe('a budget outlasts the process that spends it', { concurrency: true }, () => {
  test('P6: twelve kills at random moments, and no window of three seconds holds more than five requests', async (t) => {
    const { simulator, folder } = await place(t);
    const [limit, windowMs] = [5, 3_000];
    const workspaces = simulator.world.store.workspaceIds();
    const words = [simulator.url, simulator.reportsUrl, folder, String(limit), String(windowMs), ...workspaces];
    for (let kill = 0; kill < 12; kill++) {
      const env = { ...process.env, KEY: simulator.apiKey };
      const child = spawn(process.execPath, [CHILD, ...words], { env, stdio: ['ignore', 'ignore', 'inherit'] });
      t.after(() => child.kill('SIGKILL'));
      const before = simulator.requests.total;
      const until = Date.now() + 10_000;
      while (simulator.requests.total === before && Date.now() < until) await sleep(20);
      await sleep(Math.random() * 1_500);
      child.kill('SIGKILL');
      await once(child, 'exit');
    }
    assertWithin(t, simulator, limit, windowMs, 3 * limit);
  });

  test('P6: a worker that is killed again and again sends no more than five requests in any second', async (t) => {
    assertWithin(t, await survive(t, '5/s', 8, 2_500), 5, 1_000, 30);
  });

  test('P6: nor more than twelve in any minute, which outlasts its restarts', async (t) => {
    assertWithin(t, await survive(t, '12/m', 12, 6_000), 12, 60_000, 20);
  });
});
