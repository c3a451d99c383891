import { deepStrictEqual, ok, rejects, strictEqual } from 'node:assert';
import { after, before, test } from 'node:test';
import { WorkerError } from '../../src/core/errors.ts';
import { createKafkaStateReader } from '../../src/kafka/state-reader.ts';
import { recordOf, restored } from '../conformance/transactional-sink.ts';
import { sharedStack } from '../stack/shared-stack.ts';
import { eventually } from '../support/eventually.ts';
import { committedOf, newPlace, type Place } from './kafka-place.ts';
import {
  ADD_PARTITIONS_TO_TXN,
  clientThrough,
  END_TXN,
  FETCH,
  INIT_PRODUCER_ID,
  type KafkaProxy,
  PRODUCE,
  startProxy,
} from './kafka-proxy.ts';

const signal = new AbortController().signal;
const REQUEST_TIMEOUT_MS = 2_000;

let broker: string;
let proxy: KafkaProxy;
before(async () => {
  broker = (await sharedStack()).brokers[0] ?? '';
  proxy = await startProxy(broker);
});
after(() => proxy.close());

const failsAs = (code: string) => (error: unknown) =>
  error instanceof WorkerError && error.kind === 'transient' && error.code === code;
const transactionOf = ({ topics }: Place, value: string, key = 'k') => ({
  records: [recordOf(topics[0], key, value)],
  state: [{ key, value: Buffer.from(value) }],
});
const valuesOf = async ({ client, topics }: Place) =>
  (await committedOf(client, topics[0])).map(({ value }) => Buffer.from(value ?? '').toString());

for (const [how, committed] of [
  ['swallow', true],
  ['cut', false],
] as const) {
  const what = committed ? 'whose answer is lost' : 'that never arrives';
  test(`a commit ${what}: the outcome is unknown until the shard is fenced and read again (P1, P2)`, {
    timeout: 50_000,
  }, async (t) => {
    const place = await newPlace(t, [broker]);
    const sink = place.sink(clientThrough(proxy, broker, REQUEST_TIMEOUT_MS));
    try {
      const writer = await sink.fence(0, signal);
      await writer.commit(transactionOf(place, '1'));
      proxy.lose({ apiKey: END_TXN, how });
      await rejects(writer.commit(transactionOf(place, '2')), failsAs('sink.outcome_unknown'));
      ok(proxy.losses > 0);
      proxy.lose(undefined);
      await rejects(writer.commit(transactionOf(place, '3')), failsAs('sink.outcome_unknown'));

      const next = await sink.fence(0, signal);
      const truth = committed ? ['1', '2'] : ['1'];
      strictEqual((await restored(place.reader(), 0)).get('k'), truth.at(-1));
      deepStrictEqual(await valuesOf(place), truth);
      await next.commit(transactionOf(place, '4'));
      deepStrictEqual(await valuesOf(place), [...truth, '4']);
    } finally {
      proxy.lose(undefined);
    }
  });
}

test('a produce whose answer is lost spends the writer: its sequence numbers are in doubt (P1)', {
  timeout: 50_000,
}, async (t) => {
  const place = await newPlace(t, [broker]);
  const sink = place.sink(clientThrough(proxy, broker, REQUEST_TIMEOUT_MS));
  try {
    const writer = await sink.fence(0, signal);
    await writer.commit(transactionOf(place, '1'));
    proxy.lose({ apiKey: PRODUCE, how: 'swallow' });
    await rejects(writer.commit(transactionOf(place, '2')), failsAs('sink.outcome_unknown'));
    proxy.lose(undefined);
    await rejects(writer.commit(transactionOf(place, '3')), failsAs('sink.outcome_unknown'));
    const next = await sink.fence(0, signal);
    strictEqual((await restored(place.reader(), 0)).get('k'), '1');
    await next.commit(transactionOf(place, '4'));
    deepStrictEqual(await valuesOf(place), ['1', '4']);
    strictEqual((await restored(place.reader(), 0)).get('k'), '4');
  } finally {
    proxy.lose(undefined);
  }
});

test('kafkajs as it is would lose records there: the broker takes the next ones for repetitions', {
  timeout: 50_000,
}, async (t) => {
  const place = await newPlace(t, [broker]);
  const client = clientThrough(proxy, broker, REQUEST_TIMEOUT_MS);
  const producer = client.producer({ transactionalId: place.app, maxInFlightRequests: 1, retry: { retries: 1 } });
  await producer.connect();
  const begin = async (value: string) => {
    const transaction = await producer.transaction();
    const sent = transaction.send({ topic: place.topics[0], messages: [{ key: 'k', value, partition: 0 }] });
    return { transaction, sent };
  };
  try {
    const first = await begin('1');
    await first.sent;
    await first.transaction.commit();
    proxy.lose({ apiKey: PRODUCE, how: 'swallow' });
    const second = await begin('2');
    await rejects(second.sent);
    proxy.lose(undefined);
    await second.transaction.abort();
    const third = await begin('3');
    await third.sent;
    await third.transaction.commit();
    // Everything said that '3' was committed.
    const seen = await valuesOf(place);
    ok(!seen.includes('3'), `${seen} was read: kafkajs has changed, and a failed send no longer need spend the writer`);
  } finally {
    proxy.lose(undefined);
    producer.disconnect().catch(() => undefined);
  }
});

test('a message too large is refused for good, and the shard can be fenced again', { timeout: 30_000 }, async (t) => {
  const place = await newPlace(t, [broker]);
  const sink = place.sink();
  const writer = await sink.fence(0, signal);
  await writer.commit(transactionOf(place, '1'));
  const large = {
    records: [recordOf(place.topics[0], 'k', 'x'.repeat(3_000_000))],
    state: [{ key: 'k', value: Buffer.from('large') }],
  };
  await rejects(
    writer.commit(large),
    (error) => error instanceof WorkerError && error.kind === 'config' && error.code === 'sink.refused',
  );
  await rejects(writer.commit(transactionOf(place, '2')), failsAs('sink.outcome_unknown'));
  const next = await sink.fence(0, signal);
  await next.commit(transactionOf(place, '3'));
  deepStrictEqual(await valuesOf(place), ['1', '3']);
});

test('a topic that was not prepared is refused before anything is sent, and the writer stays good', async (t) => {
  const place = await newPlace(t, [broker]);
  const sink = place.sink();
  const writer = await sink.fence(0, signal);
  await rejects(
    writer.commit({ records: [recordOf('unheard-of', 'k', 'v')], state: [] }),
    (error) => error instanceof WorkerError && error.code === 'sink.refused',
  );
  await writer.commit(transactionOf(place, '1'));
  deepStrictEqual(await valuesOf(place), ['1']);
});

test('a restore skips what several producers aborted, in answers of any size, and waits for nothing (P2)', {
  timeout: 50_000,
}, async (t) => {
  const place = await newPlace(t, [broker]);
  const topic = place.stateTopic;
  const producers = ['a', 'b', 'c'].map((id) => ({
    id,
    producer: place.client.producer({ transactionalId: `${place.app}-${id}`, maxInFlightRequests: 1 }),
  }));
  const expected = new Map<string, string>();
  try {
    for (const { producer } of producers) await producer.connect();
    for (let round = 0; round < 6; round++) {
      const open = [];
      for (const { id, producer } of producers) open.push({ id, transaction: await producer.transaction() });
      for (let part = 0; part < 3; part++) {
        for (const { id, transaction } of open) {
          const messages = Array.from({ length: 4 }, (_, i) => ({
            key: `${id}${i}`,
            value: `${round} ${part}`,
            partition: 0,
          }));
          await transaction.send({
            topic,
            messages: [...messages, { key: Buffer.alloc(4), value: `${id} ${round}`, partition: 0 }],
          });
        }
      }
      for (const [i, { id, transaction }] of open.entries()) {
        const aborts = (round + i) % 3 !== 0 || round === 5;
        await (aborts ? transaction.abort() : transaction.commit());
        if (aborts) continue;
        for (let k = 0; k < 4; k++) expected.set(`${id}${k}`, `${round} 2`);
        expected.set('\0\0\0\0', `${id} ${round}`);
      }
    }
    for (const fetchBytes of [1, 700, 5_000, 8_000_000]) {
      const state = await restored(place.reader({ fetchBytes }), 0);
      deepStrictEqual(Object.fromEntries([...state].sort()), Object.fromEntries([...expected].sort()));
    }
  } finally {
    for (const { producer } of producers) await producer.disconnect();
  }
});

test('a restore that cannot get on says so; a partition that is not there is a config error', {
  timeout: 50_000,
}, async (t) => {
  const place = await newPlace(t, [broker]);
  const producer = place.client.producer({ transactionalId: place.app, maxInFlightRequests: 1 });
  t.after(() => producer.disconnect());
  await producer.connect();
  const open = await producer.transaction();
  await open.send({ topic: place.stateTopic, messages: [{ key: 'k', value: 'v', partition: 0 }] });
  await rejects(
    place.reader({ stallMs: 1_500 }).restore(0, () => undefined, signal),
    failsAs('state.stalled'),
  );
  const stop = AbortSignal.timeout(300);
  await rejects(
    place.reader().restore(0, () => undefined, stop),
    (error) => error === stop.reason,
  );
  await open.abort();
  deepStrictEqual(await restored(place.reader(), 0), new Map());
  await rejects(
    place.reader({ stallMs: 500 }).restore(99, () => undefined, signal),
    WorkerError,
  );
});

test('what fails before anything was sent leaves the writer good', { timeout: 50_000 }, async (t) => {
  const place = await newPlace(t, [broker]);
  const sink = place.sink(clientThrough(proxy, broker, REQUEST_TIMEOUT_MS));
  try {
    const writer = await sink.fence(0, signal);
    await writer.commit(transactionOf(place, '1'));
    proxy.lose({ apiKey: ADD_PARTITIONS_TO_TXN, how: 'cut' });
    await rejects(writer.commit(transactionOf(place, '2')), failsAs('sink.not_committed'));
    proxy.lose(undefined);
    await writer.commit(transactionOf(place, '3'));
    deepStrictEqual(await valuesOf(place), ['1', '3']);
  } finally {
    proxy.lose(undefined);
  }
});

test('fencing that fails is transient, and ends at once when it is stopped', { timeout: 50_000 }, async (t) => {
  const place = await newPlace(t, [broker]);
  const sink = place.sink(clientThrough(proxy, broker, REQUEST_TIMEOUT_MS));
  try {
    proxy.lose({ apiKey: INIT_PRODUCER_ID, how: 'cut' });
    await rejects(sink.fence(0, signal), failsAs('sink.unavailable'));
    proxy.lose({ apiKey: INIT_PRODUCER_ID, how: 'swallow' });
    const stop = AbortSignal.timeout(200);
    const begun = Date.now();
    await rejects(sink.fence(0, stop), (error) => error === stop.reason);
    ok(Date.now() - begun < REQUEST_TIMEOUT_MS, 'it does not wait for the answer');
    proxy.lose(undefined);
    await (await sink.fence(0, signal)).commit(transactionOf(place, '1'));
  } finally {
    proxy.lose(undefined);
  }
});

test('a restore outlives connections that break', { timeout: 50_000 }, async (t) => {
  const place = await newPlace(t, [broker]);
  const writer = await place.sink().fence(0, signal);
  await writer.commit(transactionOf(place, '1'));
  await writer.close();
  const client = clientThrough(proxy, broker, REQUEST_TIMEOUT_MS);
  const reader = createKafkaStateReader(client, { stateTopic: place.stateTopic });
  proxy.lose({ apiKey: FETCH, how: 'cut' });
  const before = proxy.losses;
  const restoring = restored(reader, 0);
  await eventually('three connections are cut', () => proxy.losses >= before + 3);
  proxy.lose(undefined);
  deepStrictEqual(Object.fromEntries(await restoring), { k: '1' });
});
