import { deepStrictEqual, ok, rejects, strictEqual } from 'node:assert';
import { randomUUID } from 'node:crypto';
import { after, before, test } from 'node:test';
import { WorkerError } from '../../src/core/errors.ts';
import { createGroupMembership } from '../../src/kafka/membership.ts';
import { createKafkaStateReader } from '../../src/kafka/state-reader.ts';
import { ensureTopics, entityTopic } from '../../src/kafka/topics.ts';
import { recordOf } from '../conformance/transactional-sink.ts';
import { type Stack, startStack } from '../stack/stack.ts';
import {
  ALL,
  AUTHORIZED_BROKER,
  addRule,
  DENY,
  GROUP,
  READ,
  TOPIC,
  TRANSACTIONAL_ID,
  WRITE,
} from '../support/rights.ts';
import { clientFor, committedOf, newPlace } from './kafka-place.ts';

const signal = new AbortController().signal;

let stack: Stack;
before(async () => {
  stack = await startStack({ own: true, registry: false, kafka: AUTHORIZED_BROKER });
});
after(async () => {
  await stack?.stop();
});

const refusedAs = (code: string) => (error: unknown) =>
  error instanceof WorkerError && error.kind === 'config' && error.code === code;

test('a topic that may not be written to is refused, the rest of the shard goes on', { timeout: 40_000 }, async (t) => {
  const place = await newPlace(t, stack.brokers);
  const sink = place.sink();
  const [a, b] = place.topics;
  await addRule(place.client, DENY, TOPIC, a, WRITE);
  let writer = await sink.fence(0, signal);
  await rejects(writer.commit({ records: [recordOf(a, 'k', 'v')], state: [] }), refusedAs('sink.refused'));
  await writer.commit({ records: [recordOf(b, 'k', 'v')], state: [] }).catch(async (error: unknown) => {
    ok(error instanceof WorkerError && error.kind === 'transient', String(error));
    writer = await sink.fence(0, signal);
    await writer.commit({ records: [recordOf(b, 'k', 'v')], state: [] });
  });
});

test('of several topics one that may not be written to refuses the transaction for good, wherever it stands', {
  timeout: 40_000,
}, async (t) => {
  const place = await newPlace(t, stack.brokers);
  const sink = place.sink();
  const [a, b, c] = place.topics;
  await addRule(place.client, DENY, TOPIC, b, WRITE);
  for (const topics of [
    [a, b, c],
    [b, c, a],
    [c, a, b],
  ]) {
    const records = topics.map((topic) => recordOf(topic, 'k', 'v'));
    const writer = await sink.fence(0, signal);
    await rejects(writer.commit({ records, state: [] }), refusedAs('sink.refused'));
  }
  const writer = await sink.fence(0, signal);
  await writer.commit({ records: [recordOf(a, 'k', 'last'), recordOf(c, 'k', 'last')], state: [] });
  for (const topic of [a, c]) {
    const seen = await committedOf(place.client, topic);
    deepStrictEqual(
      seen.map(({ value }) => String(value)),
      ['last'],
    );
  }
});

test('a transactional id, a group, a topic to read that may not be used are config errors', {
  timeout: 40_000,
}, async (t) => {
  const place = await newPlace(t, stack.brokers);
  await addRule(place.client, DENY, TRANSACTIONAL_ID, `${place.app}-1`, ALL);
  await rejects(place.sink().fence(1, signal), refusedAs('sink.refused'));
  await addRule(place.client, DENY, GROUP, place.app, ALL);
  const options = { groupId: place.app, stateTopic: place.stateTopic, shards: 2, worker: 'w' };
  const told: unknown[] = [];
  const membership = createGroupMembership(place.client, options);
  await rejects(
    membership.run((shards) => void told.push(shards), signal),
    refusedAs('membership.refused'),
  );
  deepStrictEqual(told, []);
  await addRule(place.client, DENY, TOPIC, place.stateTopic, READ);
  const reader = createKafkaStateReader(clientFor(stack.brokers), { stateTopic: place.stateTopic });
  await rejects(
    reader.restore(0, () => undefined, signal),
    refusedAs('state.refused'),
  );
});

test('a topic that may not be made or seen is a config error', { timeout: 40_000 }, async (t) => {
  const place = await newPlace(t, stack.brokers);
  const hidden = randomUUID();
  await addRule(place.client, DENY, TOPIC, hidden, ALL);
  const making = ensureTopics(place.client, [entityTopic(hidden)], { create: true, warn: () => undefined });
  await rejects(making, refusedAs('kafka.refused'));
  strictEqual(place.partitions.has(hidden), false);
});
