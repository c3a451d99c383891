import { strict as assert } from 'node:assert';
import { randomInt, randomUUID } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, type TestContext, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { templateNamed } from '../../src/clockify/templates/catalogue.ts';
import { type Simulator, startSimulator } from '../../src/simulator/simulator.ts';
import { sharedStack } from '../stack/shared-stack.ts';
import { type Comparison, compare, DEMO_TEMPLATES, expectationsOf, isClean } from '../support/comparison.ts';
import { readPublished } from '../support/published.ts';
import { startWorker, type WorkerEnvironment } from '../support/worker-process.ts';

/**
 * The worker is killed at random moments while the practice Clockify goes on, and started again each time. Then a
 * `read_committed` reader must find every change once, in order, and the last row of every key must be the truth.
 */
const ACTIVITY_PER_SECOND = 15;
const SETTLE_WITHIN_MS = 60_000;

const seed = Number(process.env.CLOCKIFY_KAFKA_TEST_SEED ?? randomInt(2 ** 31));

// They wait for processes most of the time, and share nothing but the broker.
describe('a worker that is killed', { concurrency: true }, () => {
  test('P1 P2 P3: fourteen kills at random moments lose, repeat and reorder nothing', {
    timeout: 240_000,
  }, async (t) => {
    await survive(t, { kills: 14, lifeMs: [500, 3_000], args: ['--shards', '0-23'], env: {} });
  });

  test('P1 P2 P3: six kills of a member of the group lose, repeat and reorder nothing', {
    timeout: 240_000,
  }, async (t) => {
    await survive(t, { kills: 6, lifeMs: [5_000, 10_000], args: [], env: { CLOCKIFY_KAFKA_SESSION_TIMEOUT: '6s' } });
  });
});

interface Campaign {
  readonly kills: number;
  /** Shortest and longest life of a worker. In a group it must first outwait the session of the one before. */
  readonly lifeMs: readonly [number, number];
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
}

async function survive(t: TestContext, { kills, lifeMs, args, env }: Campaign): Promise<void> {
  t.diagnostic(`seed ${seed}`);
  const random = randomFrom(seed + kills);
  const stack = await sharedStack();
  const folder = mkdtempSync(join(tmpdir(), 'clockify-kafka-kill-'));
  const simulator = await startSimulator({ seed, workspaces: 2, users: 8, days: 10, activity: ACTIVITY_PER_SECOND });
  const prefix = `k${randomUUID().slice(0, 8)}`;
  const place: WorkerEnvironment = {
    clockifyUrl: simulator.url,
    apiKey: simulator.apiKey,
    brokers: stack.brokers,
    registryUrl: stack.registryUrl,
    logFile: join(folder, 'worker.log'),
    args,
    env: { CLOCKIFY_KAFKA_APP: prefix, CLOCKIFY_KAFKA_TOPICS_PREFIX: prefix, ...env },
  };
  t.after(async () => {
    await simulator.close();
    rmSync(folder, { recursive: true, force: true });
  });
  for (let kill = 0; kill < kills; kill++) {
    const worker = startWorker(place);
    await sleep(lifeMs[0] + Math.floor(random() * (lifeMs[1] - lifeMs[0])));
    assert.equal(
      await worker.end('SIGKILL'),
      137,
      `the worker ended by itself:\n${readFileSync(place.logFile, 'utf8').slice(-3_000)}`,
    );
  }
  await settleAndCompare(t, stack, simulator, place, prefix);
}

async function settleAndCompare(
  t: TestContext,
  stack: Awaited<ReturnType<typeof sharedStack>>,
  simulator: Simulator,
  place: WorkerEnvironment,
  prefix: string,
): Promise<void> {
  const topics = DEMO_TEMPLATES.map((name) => `${prefix}.${templateNamed(name).plural}`);
  const look = async () =>
    compare(await readPublished(stack, topics), expectationsOf(DEMO_TEMPLATES, simulator.world.truth(), prefix));
  const worker = startWorker(place);
  t.after(() => worker.end('SIGKILL'));
  await sleep(3_000);
  // On a busy machine the killed ones may have come to nothing but the first load.
  const livelyUntil = Date.now() + SETTLE_WITHIN_MS / 2;
  while (Date.now() < livelyUntil && !(await look().then(isLively, () => false))) await sleep(1_000);
  simulator.stopActivity();
  const until = Date.now() + SETTLE_WITHIN_MS;
  while (Date.now() < until && !(await look().then(isClean, () => false))) await sleep(1_000);
  assert.equal(await worker.end('SIGTERM'), 0, 'a SIGTERM ends in order');
  const comparison = await look();
  t.diagnostic(
    `published ${JSON.stringify(comparison.published)} of ${simulator.world.history.sequence} things that happened`,
  );
  const clean = isClean(comparison);
  assert.ok(
    clean,
    `seed ${seed}: ${JSON.stringify(comparison, null, 1).slice(0, 3_000)}\n${readFileSync(place.logFile, 'utf8').slice(-2_000)}`,
  );
  assert.ok(isLively(comparison), 'something was published as each of r, c, u and d');
}

function isLively({ published }: Comparison): boolean {
  return Object.values(published).every((count) => count > 0);
}

/** Mulberry32: the same seed, the same moments. */
function randomFrom(start: number): () => number {
  let state = start >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
