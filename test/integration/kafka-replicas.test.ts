import { deepStrictEqual, ok, rejects, strictEqual } from 'node:assert';
import { randomUUID } from 'node:crypto';
import { after, before, type TestContext, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { WorkerError } from '../../src/core/errors.ts';
import { protocolType } from '../../src/kafka/kafka-failure.ts';
import { type KafkaClient, logLevel, newKafka } from '../../src/kafka/kafkajs-patches.ts';
import { createGroupMembership } from '../../src/kafka/membership.ts';
import { accessPartition } from '../../src/kafka/partition-access.ts';
import { createKafkaSink } from '../../src/kafka/transactional-sink.ts';
import { startSimulator } from '../../src/simulator/simulator.ts';
import { recordOf, restored } from '../conformance/transactional-sink.ts';
import type { Stack } from '../stack/stack.ts';
import { eventually } from '../support/eventually.ts';
import { type KafkaWorkers, kafkaWorkers } from '../support/kafka-worker.ts';
import { clientFor, committedOf, newPlace, type Place } from './kafka-place.ts';
import { bothInSync, ledByFirst, makeTopics, refusesAlone, startTwoBrokers } from './kafka-two-brokers.ts';

const signal = new AbortController().signal;
let stack: Stack;
before(async () => {
  stack = await startTwoBrokers();
});
after(() => stack?.stop());

/** Tries less often than the worker's own. */
function impatientClient(requestTimeout: number, retries = 2): KafkaClient {
  return newKafka({
    brokers: stack.brokers,
    clientId: 'impatient',
    requestTimeout,
    enforceRequestTimeout: true,
    retry: { initialRetryTime: 50, retries },
    logLevel: logLevel.NOTHING,
  });
}

/** A sink whose page 1 is committed, and a writer of it. */
async function openPlace(t: TestContext, client: KafkaClient, make = ledByFirst) {
  const place = await newPlace(t, stack.brokers, [], make);
  await bothInSync(stack);
  const { app, stateTopic, partitions } = place;
  const sink = createKafkaSink(client, { app, stateTopic, partitions, transactionTimeoutMs: 20_000 });
  t.after(() => sink.close());
  const writer = await sink.fence(0, signal);
  await writer.commit(pageOf(place, '1'));
  deepStrictEqual(await valuesOf(place), ['1', '1']);
  return { place, sink, writer };
}

const pageOf = ({ topics }: Place, value: string) => ({
  records: [recordOf(topics[0], 'k', value), recordOf(topics[1], 'k', value)],
  state: [{ key: 'k', value: Buffer.from(value) }],
});
const valuesOf = async ({ client, topics }: Place) => {
  const records = await Promise.all([topics[0], topics[1]].map((topic) => committedOf(client, topic)));
  return records.map((each) => each.map(({ value }) => Buffer.from(value ?? '').toString()).join());
};
/** Every value that was written to the first topic, also where it was aborted. */
async function writtenOf({ client, topics, partitions }: Place): Promise<string> {
  const values: string[] = [];
  for (let partition = 0; partition < (partitions.get(topics[0]) ?? 0); partition++) {
    const access = accessPartition(client, topics[0], partition);
    await access.connect();
    const { high } = await access.bounds();
    // Each answer ends with its segment.
    for (let position = 0; position < high; ) {
      const messages = (await access.fetch(position, 1_000_000, 500))?.messages ?? [];
      ok(messages.length > 0, `${topics[0]} has nothing at ${position} of ${high}`);
      position = Number(messages.at(-1)?.offset) + 1;
      values.push(...messages.filter((each) => !each.isControlRecord).map(({ value }) => String(value)));
    }
    await access.disconnect();
  }
  return values.join();
}

const isTransient = (code: string) => (error: unknown) =>
  error instanceof WorkerError && error.kind === 'transient' && error.code === code;

/** Once the replicas are back: whoever fences the shard finds page 1, and commits page 2 again. */
async function goesOn({ place, sink }: Awaited<ReturnType<typeof openPlace>>): Promise<void> {
  await bothInSync(stack);
  const writer = await sink.fence(0, signal);
  strictEqual((await restored(place.reader(), 0)).get('k'), '1');
  await writer.commit(pageOf(place, '2'));
  deepStrictEqual(await valuesOf(place), ['1,2', '1,2']);
  strictEqual((await restored(place.reader(), 0)).get('k'), '2');
}

test('P1 P2: a page that is refused for want of replicas is not committed; the same page is, once, when they are back', {
  timeout: 90_000,
}, async (t) => {
  const opened = await openPlace(t, impatientClient(40_000));
  const { place, sink, writer } = opened;
  await stack.secondBroker?.kill();
  await refusesAlone(stack, place.topics[2]);
  await rejects(writer.commit(pageOf(place, '2')), (error) => {
    strictEqual(protocolType(error), 'NOT_ENOUGH_REPLICAS');
    return isTransient('sink.outcome_unknown')(error);
  });
  deepStrictEqual(await valuesOf(place), ['1', '1']);
  // Nor can the end of that transaction be written, so that nobody gets the shard before.
  await rejects(sink.fence(0, signal), isTransient('sink.unavailable'));
  await goesOn(opened);
  strictEqual(await writtenOf(place), '1,2');
});

test('P1 P2: a page that only one broker has is not committed; the same page is, once, when both are back', {
  timeout: 90_000,
}, async (t) => {
  const opened = await openPlace(t, impatientClient(2_000));
  const { place, writer } = opened;
  await stack.secondBroker?.kill();
  // The first broker has yet to miss the second: it writes, waits, and says nothing for half a minute.
  await rejects(writer.commit(pageOf(place, '2')), isTransient('sink.outcome_unknown'));
  deepStrictEqual(await valuesOf(place), ['1', '1']);
  await goesOn(opened);
  strictEqual(await writtenOf(place), '1,2,2', 'the one that was aborted is there as well');
});

test('a broker that is gone disturbs nobody who needs only the others', { timeout: 90_000 }, async (t) => {
  const onFirst: typeof ledByFirst = (client, plans) => makeTopics(client, plans, () => [1]);
  const { place, sink, writer } = await openPlace(t, impatientClient(2_000, 0), onFirst);
  await stack.secondBroker?.kill();
  for (let number = 2; number <= 20; number++) {
    // Until the markers of the last transaction are written, the broker itself refuses what comes next.
    await sleep(150);
    await writer.commit(pageOf(place, String(number)));
  }
  await sleep(150);
  const next = await sink.fence(0, signal);
  await next.commit(pageOf(place, '21'));
  const numbers = Array.from({ length: 21 }, (_, index) => index + 1).join();
  deepStrictEqual(await valuesOf(place), [numbers, numbers]);
  strictEqual(await writtenOf(place), numbers);
});

/** Holds what is published against the world, until it is right. @throws what is wrong in the end */
async function becomesRight(workers: KafkaWorkers, client: KafkaClient, withinMs: number): Promise<void> {
  const giveUpAt = performance.now() + withinMs;
  for (;;) {
    try {
      const records = await Promise.all(workers.topics.map((topic) => committedOf(client, topic)));
      return workers.verify(records.flat());
    } catch (error) {
      if (performance.now() > giveUpAt) throw error;
      await sleep(200);
    }
  }
}

test('P1 P2 P3: a worker whose replicas fall out of sync goes on by itself when they are back', {
  timeout: 120_000,
}, async (t) => {
  const simulator = await startSimulator({ workspaces: 2, users: 3, days: 2 });
  const app = `replicas-${randomUUID().slice(0, 8)}`;
  const workers = kafkaWorkers({ simulator, app, shards: 3, everySeconds: 1 });
  const client = clientFor(stack.brokers);
  await bothInSync(stack);
  const group = { groupId: app, stateTopic: workers.stateTopic, shards: 3, worker: 'a', sessionTimeoutMs: 9_000 };
  const worker = await workers.start(client, createGroupMembership(client, group));
  t.after(async () => {
    await worker.stop();
    await simulator.close();
  });
  const isRight = (withinMs: number) => becomesRight(workers, client, withinMs);
  await isRight(30_000);

  await stack.secondBroker?.kill();
  await refusesAlone(stack, workers.config.topics.deadLetters);
  simulator.startActivity(10);
  const errors = () => worker.events.flatMap((event) => ('error' in event ? [event.error] : []));
  const isOfKafka = ({ code, cause }: WorkerError) => code.startsWith('sink.') && cause !== undefined;
  await eventually('a commit that failed', () => errors().some(isOfKafka), 45_000);
  simulator.stopActivity();
  await stack.secondBroker?.start();
  const back = performance.now();
  await isRight(60_000);
  const codes = new Set(errors().map(({ code }) => code));
  t.diagnostic(`right ${Math.round(performance.now() - back)} ms after the return; met ${[...codes].join(', ')}`);
  await worker.stop();
  await isRight(0);
  ok(errors().every(({ kind }) => kind === 'transient'));
});
