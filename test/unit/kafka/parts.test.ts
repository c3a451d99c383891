import { deepStrictEqual, ok, rejects, strictEqual, throws } from 'node:assert';
import { test } from 'node:test';
import fc from 'fast-check';
import { WorkerError } from '../../../src/core/errors.ts';
import { type KafkaLogger, logTo } from '../../../src/kafka/client.ts';
import { committedRecords } from '../../../src/kafka/committed-records.ts';
import { heartbeats } from '../../../src/kafka/heartbeats.ts';
import { classify, kafkaError, protocolType } from '../../../src/kafka/kafka-failure.ts';
import { endBatch, type FetchedRecord, logTextsOf } from '../../../src/kafka/kafkajs-patches.ts';
import { batches } from '../../../src/kafka/send-batches.ts';
import { createStaticMembership, parseShards } from '../../../src/kafka/static-membership.ts';

const never = new AbortController().signal;

test('a batch is closed at its last offset where the cleaner took its end', () => {
  const record = (offset: number) => ({ offset: String(offset) });
  const whole = { firstOffset: '5', lastOffsetDelta: 1, records: [record(5), record(6)] };
  strictEqual(endBatch(whole), whole);
  const cut = endBatch({ firstOffset: '5', lastOffsetDelta: 9, records: [record(5)] });
  deepStrictEqual(
    cut.records.map(({ offset }) => offset),
    ['5', '14'],
  );
  const empty = endBatch({ firstOffset: '9007199254740993', lastOffsetDelta: 2, records: [] });
  deepStrictEqual(
    empty.records.map(({ offset }) => offset),
    ['9007199254740995'],
  );
});

test('requests carry at most 1,000 messages and 900 kB, in order within a topic', () => {
  const message = (i: number, size: number) => ({ key: String(i), value: Buffer.alloc(size), partition: 0 });
  const many = Array.from({ length: 2_500 }, (_, i) => ({ topic: i % 2 === 0 ? 'a' : 'b', message: message(i, 10) }));
  const parts = [...batches(many)];
  deepStrictEqual(
    parts.map((part) => part.reduce((sum, { messages }) => sum + messages.length, 0)),
    [1_000, 1_000, 500],
  );
  const order = parts.flatMap((part) => part.filter(({ topic }) => topic === 'a').flatMap(({ messages }) => messages));
  deepStrictEqual(
    order.map(({ key }) => Number(key)),
    Array.from({ length: 1_250 }, (_, i) => 2 * i),
  );
  const large = [300_000, 500_000, 200_000, 2_000_000, 1].map((size, i) => ({ topic: 'a', message: message(i, size) }));
  deepStrictEqual(
    [...batches(large)].map((part) => part[0]?.messages.length),
    [2, 1, 1, 1],
  );
  deepStrictEqual([...batches([])], []);
});

test('P1: nothing is lost between requests, and none holds more for a topic, or in all, than the brokers take', () => {
  const ofTopics = new Map([
    ['a', 1_000],
    ['b', 5_000],
  ]);
  const one = fc.record({
    topic: fc.constantFrom('a', 'b'),
    size: fc.integer({ min: 0, max: 1_500 }),
    partition: fc.nat(20),
  });
  const bytesOf = (messages: readonly { key?: unknown; value?: unknown }[]) =>
    messages.reduce((sum, { value }) => sum + (value as Buffer).length + 36, 0);
  fc.assert(
    fc.property(fc.array(one, { maxLength: 60 }), fc.integer({ min: 500, max: 9_000 }), (sizes, requestBytes) => {
      const sent = sizes.map(({ topic, size, partition }, i) => ({
        topic,
        message: { key: String(i), value: Buffer.alloc(size), partition },
      }));
      const requests = [...batches(sent, { ofTopic: (topic) => ofTopics.get(topic) ?? 0, requestBytes })];
      for (const topic of ofTopics.keys()) {
        const got = requests.flat().filter((part) => part.topic === topic);
        deepStrictEqual(
          got.flatMap(({ messages }) => messages),
          sent.filter((each) => each.topic === topic).map(({ message }) => message),
        );
      }
      for (const request of requests) {
        const messages = request.flatMap((part) => part.messages);
        if (messages.length === 1) continue;
        const parts = new Set(request.flatMap((part) => part.messages.map(({ partition }) => part.topic + partition)));
        ok(bytesOf(messages) + 69 * parts.size + 7 * request.length <= requestBytes);
        for (const { topic, messages: ofOne } of request) {
          ok(ofOne.length === 1 || bytesOf(ofOne) + 61 <= (ofTopics.get(topic) ?? 0));
        }
      }
    }),
  );
});

function record(offset: number, producerId: string, marker?: 'abort' | 'commit' | 'end'): FetchedRecord {
  const keys = { abort: Buffer.from([0, 0, 0, 0]), commit: Buffer.from([0, 0, 0, 1]), end: null };
  return {
    offset: String(offset),
    key: marker === undefined ? Buffer.from([0, 0, 0, 0]) : keys[marker],
    value: null,
    isControlRecord: marker !== undefined,
    batchContext: { producerId, inTransaction: producerId !== 'plain' },
  };
}

test('aborted transactions are hidden, however they overlap, and a key of four zero bytes is no marker', () => {
  const log = [
    record(10, 'a'),
    record(11, 'b'),
    record(12, 'c'),
    record(13, 'plain'),
    record(14, 'a', 'abort'),
    record(15, 'a'),
    record(16, 'b', 'end'),
    record(17, 'a', 'commit'),
    record(18, 'b'),
    record(19, 'b', 'abort'),
    record(20, 'c', 'commit'),
    record(21, 'a'),
    record(22, 'a', 'abort'),
    record(23, 'b'),
  ];
  const aborted = [
    { producerId: 'a', firstOffset: '21' },
    { producerId: 'b', firstOffset: '4' },
    { producerId: 'a', firstOffset: '3' },
  ];
  const seen = committedRecords(log, aborted).map(({ offset }) => Number(offset));
  deepStrictEqual(seen, [12, 13, 15, 23]);
});

test('membership is fresh from a join until a rebalance, and while the last sign is young', async () => {
  let now = 0;
  const signs = heartbeats(30_000, () => now);
  strictEqual(signs.fresh(), false);
  signs.beat();
  strictEqual(signs.fresh(), false);
  const next = signs.next(never);
  signs.joined();
  await next;
  strictEqual(signs.fresh(), true);
  now = 20_000;
  strictEqual(signs.fresh(), true);
  now = 20_001;
  strictEqual(signs.fresh(), false);
  signs.beat();
  strictEqual(signs.fresh(), true);
  signs.left();
  signs.beat();
  strictEqual(signs.fresh(), false);
  const stop = new AbortController();
  const stopped = signs.next(stop.signal);
  stop.abort(new Error('stop'));
  await rejects(stopped, /stop/);
  await rejects(signs.next(stop.signal), /stop/);
});

test('shards are parsed from lists and ranges, and refused with what would be right', () => {
  deepStrictEqual([...parseShards('0-2', 8)], [0, 1, 2]);
  deepStrictEqual([...parseShards(' 7, 0 ,3 - 4,3', 8)], [7, 0, 3, 4]);
  for (const wrong of ['', '8', '0-8', '3-1', 'a', '1-', '-1', '1,,2', '0x1', '1.5']) {
    throws(
      () => parseShards(wrong, 8),
      (error) => error instanceof WorkerError && error.code === 'membership.bad_shards' && error.hint !== undefined,
      wrong,
    );
  }
});

test('a static member owns its shards until it is stopped, may always commit, and beats at a pace', async (t) => {
  const stop = new AbortController();
  t.after(() => stop.abort());
  const membership = createStaticMembership(new Set([1, 2]), 20);
  const told: number[][] = [];
  const running = membership.run((shards) => void told.push([...shards]), stop.signal);
  strictEqual(membership.mayCommit(), true);
  const before = Date.now();
  await membership.nextHeartbeat(never);
  ok(Date.now() - before >= 15);
  stop.abort(new Error('stop'));
  await running;
  await membership.run(() => ok(false), stop.signal);
  await rejects(membership.nextHeartbeat(stop.signal), /stop/);
  deepStrictEqual(told, [[1, 2]]);
});

test('errors are told apart by type and class through every wrapper', () => {
  const typed = (type: string, name = 'KafkaJSProtocolError') => Object.assign(new Error('x'), { type, name });
  const wrapped = new Error('outer', { cause: new Error('middle', { cause: typed('INVALID_PRODUCER_EPOCH') }) });
  strictEqual(classify(wrapped), 'fenced');
  strictEqual(protocolType(wrapped), 'INVALID_PRODUCER_EPOCH');
  strictEqual(classify(typed('KAFKAJS_UNKNOWN_ERROR_CODE')), 'fenced');
  strictEqual(classify(typed('OUT_OF_ORDER_SEQUENCE_NUMBER')), 'lost');
  strictEqual(classify(typed('MESSAGE_TOO_LARGE')), 'refused');
  strictEqual(classify(Object.assign(new Error('x'), { errors: [typed('POLICY_VIOLATION')] })), 'refused');
  strictEqual(classify(Object.assign(new Error('x'), { name: 'KafkaJSSASLAuthenticationError' })), 'refused');
  strictEqual(classify(new Error('INVALID_PRODUCER_EPOCH')), 'other');
  strictEqual(classify('text'), 'other');
  const refused = kafkaError('sink', 'doing', typed('TOPIC_AUTHORIZATION_FAILED'));
  deepStrictEqual([refused.kind, refused.code], ['config', 'sink.refused']);
  const away = kafkaError('sink', 'doing', new Error('away'));
  deepStrictEqual([away.kind, away.code, away.message], ['transient', 'sink.unavailable', 'doing: away']);
});

test('retries that belong to healthy operation are for debugging, other trouble is a warning, never an error', () => {
  const lines: [string, string][] = [];
  const to = (level: string) => (_: object, message: string) => void lines.push([level, message]);
  const logger: KafkaLogger = { debug: to('debug'), info: to('info'), warn: to('warn'), error: to('error') };
  const [concurrent = ''] = logTextsOf(['CONCURRENT_TRANSACTIONS']);
  ok(concurrent.length > 0);
  const write = logTo(logger);
  const entry = (level: number, message: string, error?: string) =>
    write({ namespace: 'X', level, label: '', log: { timestamp: '', message, error } });
  entry(1, `Failed to send messages: ${concurrent}`);
  entry(1, 'Response AddPartitionsToTxn', concurrent);
  entry(1, 'Connection error: refused');
  entry(2, 'odd');
  entry(4, 'Consumer has joined the group');
  deepStrictEqual(
    lines.map(([level]) => level),
    ['debug', 'debug', 'warn', 'warn', 'debug'],
  );
  strictEqual(lines[3]?.[1], 'kafkajs X: odd');
  strictEqual(
    logTextsOf([
      'CONCURRENT_TRANSACTIONS',
      'GROUP_LOAD_IN_PROGRESS',
      'GROUP_COORDINATOR_NOT_AVAILABLE',
      'REBALANCE_IN_PROGRESS',
      'MEMBER_ID_REQUIRED',
    ]).length,
    5,
  );
});
