import { deepStrictEqual, ok, strictEqual } from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { after, before, test } from 'node:test';
import { brokerLimits } from '../../src/kafka/broker-limits.ts';
import { type KafkaFinding, probeKafka } from '../../src/kafka/probe.ts';
import { entityTopic } from '../../src/kafka/topics.ts';
import { createKafkaSink } from '../../src/kafka/transactional-sink.ts';
import { recordOf, restored } from '../conformance/transactional-sink.ts';
import { type Stack, startStack } from '../stack/stack.ts';
import { AUTHORIZED_BROKER, addRule, CLUSTER, DENY, DESCRIBE_CONFIGS } from '../support/rights.ts';
import { committedOf, newPlace } from './kafka-place.ts';

/** A broker of its own, which takes so much in one request. */
const REQUEST_BYTES = 40_000;
const signal = new AbortController().signal;
let stack: Stack;
before(async () => {
  const kafka = { ...AUTHORIZED_BROKER, 'socket.request.max.bytes': String(REQUEST_BYTES) };
  stack = await startStack({ own: true, registry: false, kafka });
});
after(() => stack?.stop());

test('P1 P2: a page larger than a request of the broker is one transaction of several; a message that fills one goes alone', {
  timeout: 30_000,
}, async (t) => {
  const many = Array.from({ length: 20 }, (_, at) => entityTopic(`many-${at}-${randomBytes(4).toString('hex')}`));
  const place = await newPlace(t, stack.brokers, many);
  const { app, stateTopic, partitions, client } = place;
  const limits = await brokerLimits(client, partitions.keys());
  const sink = createKafkaSink(client, { app, stateTopic, partitions, limits });
  t.after(() => sink.close());
  const most = limits.messageBytes.get(place.topics[0]) ?? 0;
  ok(most < REQUEST_BYTES && most > REQUEST_BYTES * 0.9);
  // With the head of its batch, and what its own fields take.
  const full = recordOf(place.topics[0], 'full', 'x'.repeat(most - 61 - 36 - 200));
  const records = Array.from({ length: 400 }, (_, at) =>
    recordOf(many[at % 20]?.name ?? '', `k${at}`, 'y'.repeat(200)),
  );
  const state = records.map((_, at) => ({ key: `k${at}`, value: Buffer.alloc(200) }));
  const writer = await sink.fence(0, signal);
  await writer.commit({ records: [...records, full], state });
  deepStrictEqual((await committedOf(place.client, place.topics[0])).length, 1);
  const seen = await Promise.all(many.map(({ name }) => committedOf(place.client, name)));
  strictEqual(seen.flat().length, records.length);
  strictEqual((await restored(place.reader(), 0)).size, state.length);
});

test('check sends no message that would only end its connection', { timeout: 30_000 }, async (t) => {
  const { app, topics, client } = await newPlace(t, stack.brokers);
  const probe = {
    brokers: stack.brokers,
    app,
    topics: topics.slice(0, 2).map((topic) => entityTopic(topic)),
    create: false,
  };
  const findings: KafkaFinding[] = [];
  for await (const finding of probeKafka(client, probe)) findings.push(finding);
  const ofTopics = findings.filter(({ name }) => name.startsWith('topic '));
  deepStrictEqual(
    ofTopics.map(({ status, says }) => [status, says.includes('not tried')]),
    topics.slice(0, 2).map(() => ['ok', true]),
  );
});

test('where the settings of the brokers may not be seen, their defaults are taken', { timeout: 30_000 }, async (t) => {
  const { client, topics } = await newPlace(t, stack.brokers);
  await addRule(client, DENY, CLUSTER, 'kafka-cluster', DESCRIBE_CONFIGS);
  const { requestBytes, messageBytes } = await brokerLimits(client, [topics[0]]);
  strictEqual(requestBytes, 100 * 1024 * 1024 - 1_024);
  strictEqual(messageBytes.get(topics[0]), 1_048_588);
});
