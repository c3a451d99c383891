import { deepStrictEqual, ok, rejects, strictEqual } from 'node:assert';
import { after, before, test } from 'node:test';
import { WorkerError } from '../../src/core/errors.ts';
import { protocolType } from '../../src/kafka/kafka-failure.ts';
import { createKafkaSink } from '../../src/kafka/transactional-sink.ts';
import { recordOf, restored } from '../conformance/transactional-sink.ts';
import { type Stack, startStack } from '../stack/stack.ts';
import { eventually } from '../support/eventually.ts';
import { committedOf, newPlace, type Place } from './kafka-place.ts';
import { ADD_PARTITIONS_TO_TXN, clientThrough, END_TXN, startProxy } from './kafka-proxy.ts';

/** Without a transaction for so long, the broker forgets a transactional id. */
const FORGOTTEN_MS = 6_000;

/** A broker of its own, which looks often for transactions and transactional ids that are too old. */
const signal = new AbortController().signal;
let stack: Stack;
let broker: string;
before(async () => {
  const kafka = {
    'transaction.abort.timed.out.transaction.cleanup.interval.ms': '200',
    'transactional.id.expiration.ms': String(FORGOTTEN_MS),
    'transaction.remove.expired.transaction.cleanup.interval.ms': '200',
  };
  stack = await startStack({ own: true, registry: false, kafka });
  broker = stack.brokers[0] ?? '';
});
after(() => stack.stop());

const transactionOf = ({ topics }: Place, value: string) => ({
  records: [recordOf(topics[0], 'k', value)],
  state: [{ key: 'k', value: Buffer.from(value) }],
});
const valuesOf = async ({ client, topics }: Place) =>
  (await committedOf(client, topics[0])).map(({ value }) => Buffer.from(value ?? '').toString());
const isSpent = (error: unknown) =>
  error instanceof WorkerError &&
  error.kind === 'transient' &&
  ['sink.fenced', 'sink.outcome_unknown'].includes(error.code);

test('P1 P2: a transaction that the broker has timed out is not committed, and the shard goes on once fenced anew', {
  timeout: 60_000,
}, async (t) => {
  const place = await newPlace(t, [broker]);
  const { app, stateTopic, partitions } = place;
  const proxy = await startProxy(broker);
  const client = clientThrough(proxy, broker, 20_000);
  const sink = createKafkaSink(client, { app, stateTopic, partitions, transactionTimeoutMs: 1_000 });
  try {
    const writer = await sink.fence(0, signal);
    await writer.commit(transactionOf(place, '1'));
    proxy.lose({ apiKey: END_TXN, how: 'hold' });
    const held = writer.commit(transactionOf(place, '2'));
    held.catch(() => undefined);
    await eventually('the end of the transaction is held back', () => proxy.losses > 0);
    await new Promise((resolve) => setTimeout(resolve, 3_000));
    proxy.lose(undefined);
    await rejects(held, isSpent);
    const next = await sink.fence(0, signal);
    strictEqual((await restored(place.reader(), 0)).get('k'), '1');
    await next.commit(transactionOf(place, '2'));
    deepStrictEqual(await valuesOf(place), ['1', '2']);
    ok(proxy.seen(ADD_PARTITIONS_TO_TXN) > 0);
  } finally {
    await sink.close();
    await proxy.close();
  }
});

test('P1 P2: a transactional id that the broker has forgotten is had anew, and the page that met it is committed once', {
  timeout: 60_000,
}, async (t) => {
  const place = await newPlace(t, [broker]);
  const sink = place.sink();
  const writer = await sink.fence(0, signal);
  await writer.commit(transactionOf(place, '1'));
  await new Promise((resolve) => setTimeout(resolve, FORGOTTEN_MS + 2_000));
  await rejects(writer.commit(transactionOf(place, '2')), (error) => {
    strictEqual(protocolType(error), 'INVALID_PRODUCER_ID_MAPPING');
    return isSpent(error);
  });
  const next = await sink.fence(0, signal);
  strictEqual((await restored(place.reader(), 0)).get('k'), '1');
  await next.commit(transactionOf(place, '2'));
  deepStrictEqual(await valuesOf(place), ['1', '2']);
});
