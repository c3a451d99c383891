import { strict as assert } from 'node:assert';
import { randomUUID } from 'node:crypto';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { templateNamed } from '../../src/clockify/templates/catalogue.ts';
import { shardFor } from '../../src/core/murmur2.ts';
import { type Simulator, startSimulator } from '../../src/simulator/simulator.ts';
import { sharedStack } from '../stack/shared-stack.ts';
import type { Stack } from '../stack/stack.ts';
import { compare, DEMO_TEMPLATES, expectationsOf, isClean } from '../support/comparison.ts';
import { readPublished } from '../support/published.ts';
import { startWorker, type WorkerEnvironment, type WorkerProcess } from '../support/worker-process.ts';

/** Three processes of one application, as replicas of the same command on one host. */
const SHARDS = Array.from({ length: 24 }, (_, shard) => shard);
const WITHIN_MS = 60_000;
const CREDENTIAL = 'demo';
/** Of `projects`, as test/support/whole-lists.yaml has it. */
const EVERY_MS = 3_000;

interface LogLine {
  readonly time: number;
  readonly event?: string;
  readonly shard?: number;
  readonly shards?: readonly number[];
  readonly bytes?: number;
}

/** One worker with what its log says. */
class Replica {
  readonly #logFile: string;
  readonly process: WorkerProcess;

  constructor(place: Omit<WorkerEnvironment, 'logFile'>, logFile: string) {
    this.#logFile = logFile;
    this.process = startWorker({ ...place, logFile });
  }

  lines(event: string): readonly LogLine[] {
    const text = existsSync(this.#logFile) ? readFileSync(this.#logFile, 'utf8') : '';
    const whole = text.slice(0, text.lastIndexOf('\n') + 1).split('\n');
    const lines = whole.filter((line) => line.startsWith('{')).map((line) => JSON.parse(line) as LogLine);
    return lines.filter((line) => line.event === event);
  }

  get shards(): readonly number[] {
    return this.lines('shards.assigned').at(-1)?.shards ?? [];
  }

  /** Of each restore the shard, in order. */
  get restored(): readonly number[] {
    return this.lines('shard.opened').map(({ shard = -1 }) => shard);
  }
}

const isShared = (...replicas: readonly Replica[]) =>
  replicas
    .flatMap(({ shards }) => shards)
    .sort((a, b) => a - b)
    .join() === SHARDS.join();
const sizes = (...replicas: readonly Replica[]) => replicas.map(({ shards }) => shards.length).sort((a, b) => a - b);

async function until(what: string, condition: () => boolean): Promise<number> {
  const begun = Date.now();
  while (!condition()) {
    assert.ok(Date.now() - begun < WITHIN_MS, `not within ${WITHIN_MS} ms: ${what}`);
    await sleep(50);
  }
  return Date.now() - begun;
}

async function openPlace(t: TestContext, stack: Stack) {
  const folder = mkdtempSync(join(tmpdir(), 'clockify-kafka-group-'));
  const simulator = await startSimulator({ workspaces: 9, users: 2, days: 2, activity: 10, requestLogLimit: 100_000 });
  const prefix = `g${randomUUID().slice(0, 8)}`;
  const place = {
    clockifyUrl: simulator.url,
    apiKey: simulator.apiKey,
    brokers: stack.brokers,
    registryUrl: stack.registryUrl,
    env: {
      CLOCKIFY_KAFKA_APP: prefix,
      CLOCKIFY_KAFKA_TOPICS_PREFIX: prefix,
      CLOCKIFY_KAFKA_SESSION_TIMEOUT: '6s',
    },
  };
  const replicas: Replica[] = [];
  t.after(async () => {
    await Promise.all(replicas.map(({ process }) => process.end('SIGKILL')));
    await simulator.close();
    await stack.stop();
    rmSync(folder, { recursive: true, force: true });
  });
  const start = () => {
    const replica = new Replica(place, join(folder, `${replicas.length}.log`));
    replicas.push(replica);
    return replica;
  };
  /** Shards in which there is something to poll. */
  const used = new Set(
    [...simulator.world.store.workspaceIds(), CREDENTIAL].map((placedBy) => shardFor(placedBy, SHARDS.length)),
  );
  const isRestored = (...each: readonly Replica[]) =>
    each.every(({ shards, restored }) => shards.every((shard) => !used.has(shard) || restored.includes(shard)));
  return { simulator, prefix, start, isRestored };
}

/** The longest that some workspaces were not asked for their projects between two instants, ms; of each the longest. */
function stills({ requests, world }: Simulator, shards: readonly number[], fromMs: number, toMs: number): number[] {
  const ids = world.store.workspaceIds().filter((id) => shards.includes(shardFor(id, SHARDS.length)));
  const asked = requests.entries.filter(({ path }) => path.endsWith('/{workspaceId}/projects'));
  return ids.map((id) => {
    const times = asked.filter(({ workspaceId, atMs }) => workspaceId === id && atMs > fromMs && atMs < toMs);
    const marks = [fromMs, ...times.map(({ atMs }) => atMs), toMs];
    return Math.max(...marks.slice(1).map((mark, at) => mark - (marks[at] as number)));
  });
}

test('P2: three workers share 24 shards evenly; what one keeps is not restored again, and one that dies or leaves repeats nothing', {
  timeout: 240_000,
}, async (t) => {
  const stack = await sharedStack();
  const { simulator, prefix, start, isRestored } = await openPlace(t, stack);
  const a = start();
  await until('one owns all', () => isShared(a) && isRestored(a));
  const b = start();
  const c = start();
  await until('three share', () => sizes(a, b, c)[0] !== 0 && isShared(a, b, c) && isRestored(a, b, c));
  assert.deepEqual(sizes(a, b, c), [8, 8, 8]);

  const before = new Map([a, c].map((each) => [each, { shards: each.shards, restores: each.restored.length }]));
  const killedAtMs = Date.now();
  await b.process.end('SIGKILL');
  const moved = await until('two share', () => isShared(a, c));
  assert.deepEqual(sizes(a, c), [12, 12]);
  await until('the shards of the dead are taken', () => isRestored(a, c));
  await sleep(EVERY_MS);
  const kept = [...before.values()].flatMap(({ shards }) => shards);
  const lost = SHARDS.filter((shard) => !kept.includes(shard));
  const still = stills(simulator, kept, killedAtMs, Date.now());
  const stillOfDead = stills(simulator, lost, killedAtMs, Date.now());
  assert.ok(still.length > 0 && Math.max(...still) <= 2 * EVERY_MS, `the others keep their intervals: ${still} ms`);
  for (const [each, { shards, restores }] of before) {
    assert.ok(
      shards.every((shard) => each.shards.includes(shard)),
      'what a worker has it keeps',
    );
    const again = each.restored.slice(restores).filter((shard) => shards.includes(shard));
    assert.deepEqual(again, [], 'what a worker keeps is not restored again');
  }

  const keptAlone = { shards: c.shards, restores: c.restored.length };
  assert.equal(await a.process.end('SIGTERM'), 0);
  const left = await until('one owns all again', () => isShared(c));
  await until('the shards of the one that left are taken', () => isRestored(c));
  assert.deepEqual(
    c.restored.slice(keptAlone.restores).filter((shard) => keptAlone.shards.includes(shard)),
    [],
  );
  t.diagnostic(
    `shards of the killed one taken after ${moved} ms of a session of 6,000, of the leaving one after ${left} ms; ` +
      `projects each ${EVERY_MS} ms: not asked for ${still} ms at most where kept, ${stillOfDead} ms where taken`,
  );

  simulator.stopActivity();
  const topics = DEMO_TEMPLATES.map((name) => `${prefix}.${templateNamed(name).plural}`);
  const look = async () =>
    compare(await readPublished(stack, topics), expectationsOf(DEMO_TEMPLATES, simulator.world.truth(), prefix));
  const end = Date.now() + WITHIN_MS;
  while (Date.now() < end && !(await look().then(isClean, () => false))) await sleep(1_000);
  assert.equal(await c.process.end('SIGTERM'), 0);
  const comparison = await look();
  assert.ok(isClean(comparison), JSON.stringify(comparison, null, 1).slice(0, 3_000));
});
