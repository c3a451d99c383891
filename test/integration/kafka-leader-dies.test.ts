import { deepStrictEqual, ok, strictEqual } from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { WorkerError } from '../../src/core/errors.ts';
import type { KafkaClient } from '../../src/kafka/kafkajs-patches.ts';
import type { TopicPlan } from '../../src/kafka/topics.ts';
import type { ShardWriter, TransactionalSink } from '../../src/pipeline/ports.ts';
import { recordOf, restored } from '../conformance/transactional-sink.ts';
import type { Stack } from '../stack/stack.ts';
import { clientFor, committedOf, newPlace, type Place } from './kafka-place.ts';
import { bothInSync, makeTopics, startTwoBrokers } from './kafka-two-brokers.ts';

const FIRST = [1, 2];
const SECOND = [2, 1];
const BEFORE = 20;
const ALL = 60;
/** Longer than a broker may be silent: two seconds. */
const TAKEN_OVER_MS = 4_000;
const signal = new AbortController().signal;
let stack: Stack;
before(async () => {
  stack = await startTwoBrokers();
});
after(() => stack?.stop());

/** The first broker leads the state, the second one all else; each may write alone. */
function ledByBoth(client: KafkaClient, plans: readonly TopicPlan[]): Promise<void> {
  const alone = plans.map((plan) => ({ ...plan, config: { ...plan.config, 'min.insync.replicas': '1' } }));
  return makeTopics(client, alone, ({ exactPartitions }) => (exactPartitions ? FIRST : SECOND));
}

const numberedBy = ({ topics: [a, b] }: Place, number: number) => ({
  records: [recordOf(a, `k${number % 5}`, `${number}`), recordOf(b, 'k', `${number}`)],
  state: [{ key: 'last', value: Buffer.from(`${number}`) }],
});

/** Commits one number after another, as a worker goes on: after a failure from what the state says. */
async function count(place: Place, sink: TransactionalSink, onNumber: (number: number) => void): Promise<string[]> {
  const met: string[] = [];
  let writer: ShardWriter | undefined;
  for (let next = 0; next < ALL; ) {
    try {
      if (writer === undefined) {
        writer = await sink.fence(0, signal);
        next = Number((await restored(place.reader(), 0)).get('last') ?? -1) + 1;
        if (next === ALL) break;
      }
      onNumber(next);
      await writer.commit(numberedBy(place, next));
      next += 1;
    } catch (error) {
      ok(error instanceof WorkerError && error.kind === 'transient', String(error));
      met.push(error.code);
      ok(met.length < 20, met.join());
      if (error.code !== 'sink.not_committed') writer = undefined;
    }
  }
  return met;
}

test('P1 P2 P3: a broker that dies and leaves its partitions to another one: every number is there once, in order', {
  timeout: 90_000,
}, async (t) => {
  const place = await newPlace(t, stack.brokers, [], ledByBoth);
  await bothInSync(stack);
  const sink = place.sink(clientFor(stack.brokers, { requestTimeoutMs: 10_000, connectionTimeoutMs: 1_000 }));
  // It takes what it is sent, and is gone before it answers; the other one has answered and leads everything by then.
  const die = async () => {
    await stack.secondBroker?.pause();
    await sleep(TAKEN_OVER_MS);
    await stack.secondBroker?.kill();
  };
  let killed: Promise<void> | undefined;
  const met = await count(place, sink, (number) => {
    if (number === BEFORE) killed ??= die();
  });
  await killed;
  const numbers = Array.from({ length: ALL }, (_, number) => number);
  const valuesOf = async (topic: string) => (await committedOf(place.client, topic)).map(({ value }) => Number(value));
  deepStrictEqual(await valuesOf(place.topics[1]), numbers);
  const spread = await valuesOf(place.topics[0]);
  strictEqual(spread.length, ALL);
  for (let key = 0; key < 5; key++) {
    const ofKey = (number: number) => number % 5 === key;
    deepStrictEqual(spread.filter(ofKey), numbers.filter(ofKey));
  }
  strictEqual((await restored(place.reader(), 0)).get('last'), String(ALL - 1));
  t.diagnostic(`met ${met.join(', ') || 'nothing'}`);
});
