/** What kafkajs does when the wall clock jumps: it measures by it. */
import { deepStrictEqual, ok, rejects, strictEqual } from 'node:assert/strict';
import { afterEach, type TestContext, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { WorkerError } from '../../src/core/errors.ts';
import { createGroupMembership } from '../../src/kafka/membership.ts';
import { recordOf } from '../conformance/transactional-sink.ts';
import { sharedStack } from '../stack/shared-stack.ts';
import { startInterceptor } from './kafka-interceptor.ts';
import { committedOf, newPlace } from './kafka-place.ts';
import { clientThrough, PRODUCE } from './kafka-proxy.ts';

const HOUR_MS = 3_600_000;
const HELD_MS = 300;
const SESSION_MS = 3_000;
const signal = new AbortController().signal;
const { now } = Date;

function jump(ms: number): void {
  Date.now = () => now() + ms;
}
afterEach(() => {
  Date.now = now;
});

/** A writer whose first produce request is held until the promise it is given resolves. */
async function openPlace(t: TestContext, held: Promise<void>, requestTimeoutMs: number, retries: number) {
  const broker = (await sharedStack()).brokers[0] ?? '';
  const place = await newPlace(t, [broker]);
  const came = Promise.withResolvers<void>();
  let seen = 0;
  const between = await startInterceptor(broker, {
    request(apiKey) {
      if (apiKey !== PRODUCE) return undefined;
      seen += 1;
      came.resolve();
      return held.then(() => undefined);
    },
  });
  t.after(() => between.close());
  const writer = await place.sink(clientThrough(between, broker, requestTimeoutMs, retries)).fence(0, signal);
  const values = async () => (await committedOf(place.client, place.topics[0])).map(({ value }) => String(value));
  const commit = () => writer.commit({ records: [recordOf(place.topics[0], 'k', '1')], state: [] });
  return { came: came.promise, commit, values, seen: () => seen };
}

test('a clock that jumps ahead cuts no request short', { timeout: 30_000 }, async (t) => {
  const held = Promise.withResolvers<void>();
  const { came, commit, values, seen } = await openPlace(t, held.promise, 10_000, 8);
  const committed = commit();
  await came;
  jump(HOUR_MS);
  await sleep(HELD_MS);
  held.resolve();
  await committed;
  strictEqual(seen(), 1);
  deepStrictEqual(await values(), ['1']);
});

test('P8: a request without an answer ends in its time, though the clock is put back', {
  timeout: 30_000,
}, async (t) => {
  const { came, commit } = await openPlace(t, new Promise<void>(() => undefined), 1_500, 4);
  const failed = rejects(commit(), (error) => error instanceof WorkerError && error.code === 'sink.outcome_unknown');
  await came;
  jump(-HOUR_MS);
  await failed;
});

test('a member goes on beating while the clock is put back', { timeout: 30_000 }, async (t) => {
  const { brokers } = await sharedStack();
  const { app, client, stateTopic } = await newPlace(t, brokers);
  const options = { groupId: app, stateTopic, shards: 2, worker: 'w', sessionTimeoutMs: SESSION_MS };
  const membership = createGroupMembership(client, { ...options, heartbeatIntervalMs: 300 });
  const stop = new AbortController();
  const told: number[][] = [];
  const running = membership.run((shards) => void told.push([...shards].sort()), stop.signal);
  t.after(async () => {
    stop.abort();
    await running;
  });
  await membership.nextHeartbeat(AbortSignal.timeout(15_000));
  jump(-HOUR_MS);
  const untilMs = performance.now() + 2 * SESSION_MS;
  while (performance.now() < untilMs) {
    await membership.nextHeartbeat(AbortSignal.timeout(SESSION_MS));
    ok(membership.mayCommit());
  }
  deepStrictEqual(told, [[0, 1]], 'it was never thrown out');
});
