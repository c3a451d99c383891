/** Each error of the protocol that a transaction can meet, at each of its steps, and what it comes to. */
import { deepStrictEqual, ok, rejects, strictEqual } from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { WorkerError } from '../../src/core/errors.ts';
import { createKafkaSink, type KafkaSink } from '../../src/kafka/transactional-sink.ts';
import { recordOf, restored } from '../conformance/transactional-sink.ts';
import { sharedStack } from '../stack/shared-stack.ts';
import { refusal } from '../support/kafka-wire.ts';
import { type Interceptor, startInterceptor } from './kafka-interceptor.ts';
import { committedOf, newPlace, type Place } from './kafka-place.ts';
import { ADD_PARTITIONS_TO_TXN, clientThrough, END_TXN, INIT_PRODUCER_ID, PRODUCE } from './kafka-proxy.ts';

const signal = new AbortController().signal;
const REQUEST_TIMEOUT_MS = 5_000;
const COORDINATOR_LOAD_IN_PROGRESS = 14;
const COORDINATOR_NOT_AVAILABLE = 15;
const NOT_COORDINATOR = 16;
const CONCURRENT_TRANSACTIONS = 51;
/** What a coordinator says that is being restarted, has moved, or is still at the end of the last transaction. */
const COORDINATOR_IS_BUSY = [
  COORDINATOR_LOAD_IN_PROGRESS,
  COORDINATOR_NOT_AVAILABLE,
  NOT_COORDINATOR,
  CONCURRENT_TRANSACTIONS,
];

/** What becomes of requests of one kind: `times` of them are answered with the code, by whom the broker or its stand-in. */
interface Refused {
  readonly apiKey: number;
  readonly code: number;
  times: number;
  /** True: the broker does as it was asked, and only its answer says otherwise. */
  readonly isDone?: boolean;
}

const ends: (() => Promise<void>)[] = [];
let broker: string;
let between: Interceptor;
let place: Place;
let sink: KafkaSink;
let refused: Refused | undefined;
/** Requests of this kind, but for so many, wait for the promise. */
let held:
  | { readonly apiKey: number; passing: number; readonly came: () => void; readonly until: Promise<void> }
  | undefined;

before(async () => {
  broker = (await sharedStack()).brokers[0] ?? '';
  between = await startInterceptor(broker, {
    async request(apiKey, request) {
      if (held?.apiKey === apiKey && held.passing-- <= 0) {
        held.came();
        await held.until;
      }
      return isRefused(apiKey, false) ? refusal(request, refused?.code ?? 0) : undefined;
    },
    answer: (apiKey, answer, request) => (isRefused(apiKey, true) ? refusal(request, refused?.code ?? 0) : answer),
  });
  place = await newPlace({ after: (end) => ends.push(end) }, [broker]);
  sink = place.sink(clientThrough(between, broker, REQUEST_TIMEOUT_MS));
});
after(async () => {
  await between?.close();
  for (const end of ends) await end();
});

function isRefused(apiKey: number, isDone: boolean): boolean {
  if (refused?.apiKey !== apiKey || (refused.isDone ?? false) !== isDone || refused.times === 0) return false;
  refused.times -= 1;
  return true;
}

const failsAs =
  (code: string, kind = 'transient') =>
  (error: unknown) => {
    ok(error instanceof WorkerError, String(error));
    deepStrictEqual([error.kind, error.code], [kind, code]);
    return true;
  };

/** Of one key, which no other test has. */
function pages(key: string) {
  const transactionOf = (value: string, count = 1) => ({
    records: Array.from({ length: count }, () => recordOf(place.topics[0], key, value)),
    state: [{ key, value: Buffer.from(value) }],
  });
  const values = async () => {
    const records = await committedOf(place.client, place.topics[0]);
    return records.flatMap((each) => (String(each.key) === key ? [String(each.value)] : []));
  };
  const state = async () => (await restored(place.reader(), 0)).get(key);
  return { transactionOf, values, state };
}

async function whileRefused<T>(what: Refused, work: () => Promise<T>): Promise<T> {
  refused = what;
  try {
    const done = await work();
    strictEqual(what.times, 0, 'the request was made');
    return done;
  } finally {
    refused = undefined;
  }
}

test('a coordinator that is busy, loading or elsewhere is waited for by who fences, and by who begins (P1, P2)', {
  timeout: 30_000,
}, async () => {
  const { transactionOf, values, state } = pages('busy');
  const expected: string[] = [];
  for (const code of COORDINATOR_IS_BUSY) {
    const fence = () => sink.fence(0, signal);
    const writer = await whileRefused({ apiKey: INIT_PRODUCER_ID, code, times: 2 }, fence);
    const commit = () => writer.commit(transactionOf(`${code}`));
    await whileRefused({ apiKey: ADD_PARTITIONS_TO_TXN, code, times: 2 }, commit);
    expected.push(`${code}`);
  }
  deepStrictEqual(await values(), expected);
  strictEqual(await state(), expected.at(-1));
});

test('a coordinator that stays busy has committed nothing, and the writer is good once it is there', {
  timeout: 30_000,
}, async () => {
  const { transactionOf, values } = pages('stays-busy');
  const writer = await sink.fence(0, signal);
  // As often as this client tries, and no more.
  const busy = { apiKey: ADD_PARTITIONS_TO_TXN, code: CONCURRENT_TRANSACTIONS, times: 9 };
  await whileRefused(busy, () => rejects(writer.commit(transactionOf('1')), failsAs('sink.not_committed')));
  await writer.commit(transactionOf('2'));
  deepStrictEqual(await values(), ['2']);
});

for (const isDone of [false, true]) {
  test(`whatever the coordinator says instead of "committed", where it ${isDone ? 'has' : 'has not'}: the outcome is unknown until the shard is read again (P1, P2)`, {
    timeout: 30_000,
  }, async () => {
    const { transactionOf, values, state } = pages(`end-${isDone}`);
    const expected: string[] = [];
    for (const code of [...COORDINATOR_IS_BUSY, 7, 48, 49, 53, -1]) {
      const writer = await sink.fence(0, signal);
      const commit = () => rejects(writer.commit(transactionOf(`${code}`)), failsAs('sink.outcome_unknown'));
      await whileRefused({ apiKey: END_TXN, code, times: 1, isDone }, commit);
      await rejects(writer.commit(transactionOf('spent')), failsAs('sink.outcome_unknown'));
      await sink.fence(0, signal);
      if (isDone) expected.push(`${code}`);
      strictEqual(await state(), expected.at(-1), `after ${code}`);
    }
    deepStrictEqual(await values(), expected);
  });
}

for (const [what, codes, as] of [
  ['a newer owner of the shard, or a producer that the broker has aborted', [47, 90, 120], 'sink.fenced'],
  ['a producer that the broker knows otherwise', [45, 48, 49, 59], 'sink.outcome_unknown'],
] as const) {
  test(`${what}: nothing is committed, and the writer is spent (P2)`, { timeout: 30_000 }, async () => {
    const { transactionOf, values, state } = pages(as);
    for (const apiKey of [ADD_PARTITIONS_TO_TXN, PRODUCE, END_TXN]) {
      for (const code of codes) {
        const writer = await sink.fence(0, signal);
        const commit = () => rejects(writer.commit(transactionOf(`${apiKey} ${code}`)), failsAs(as));
        await whileRefused({ apiKey, code, times: 1 }, commit);
        await rejects(writer.commit(transactionOf('spent')), failsAs(as));
      }
    }
    const writer = await sink.fence(0, signal);
    strictEqual(await state(), undefined);
    await writer.commit(transactionOf('last'));
    deepStrictEqual(await values(), ['last']);
  });
}

test('what these brokers will never take is a config error, and nothing of it is committed', {
  timeout: 30_000,
}, async () => {
  const { transactionOf, values } = pages('refused');
  const isRefusedForGood = failsAs('sink.refused', 'config');
  for (const [apiKey, codes] of [
    [ADD_PARTITIONS_TO_TXN, [29, 53]],
    [PRODUCE, [10, 18, 29, 44, 53, 87]],
  ] as const) {
    for (const code of codes) {
      const writer = await sink.fence(0, signal);
      await whileRefused({ apiKey, code, times: 1 }, () =>
        rejects(writer.commit(transactionOf('never')), isRefusedForGood),
      );
    }
  }
  for (const code of [31, 50, 53]) {
    await whileRefused({ apiKey: INIT_PRODUCER_ID, code, times: 1 }, () =>
      rejects(sink.fence(0, signal), isRefusedForGood),
    );
  }
  await (await sink.fence(0, signal)).commit(transactionOf('last'));
  deepStrictEqual(await values(), ['last']);
});

for (const [what, codes, isDone] of [
  ['is away for a moment', [3, 5, 6, 7, 56], false],
  ['has taken the records and says that it, or another, has not', [6, 7, 20], true],
] as const) {
  test(`a leader that ${what}: they are committed once (P1, P2)`, { timeout: 30_000 }, async () => {
    const { transactionOf, values } = pages(`leader-${isDone}`);
    const writer = await sink.fence(0, signal);
    for (const code of codes) {
      const commit = () => writer.commit(transactionOf(`${code}`));
      await whileRefused({ apiKey: PRODUCE, code, times: 2, isDone }, commit);
    }
    deepStrictEqual(await values(), codes.map(String));
  });
}

for (const [where, apiKey, count] of [
  ['between two sends of a transaction', PRODUCE, 1_500],
  ['between its last send and its end', END_TXN, 1],
] as const) {
  test(`who is fenced ${where} has committed nothing of it (P2)`, { timeout: 30_000 }, async (t) => {
    const { transactionOf, values, state } = pages(where);
    const writer = await sink.fence(0, signal);
    const [came, rival] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
    held = { apiKey, passing: count > 1 ? 1 : 0, came: came.resolve, until: rival.promise };
    t.after(() => rival.resolve());
    const late = rejects(writer.commit(transactionOf('late', count)), failsAs('sink.fenced'));
    await came.promise;
    const next = await place.sink().fence(0, signal);
    held = undefined;
    rival.resolve();
    await late;
    strictEqual(await state(), undefined);
    await next.commit(transactionOf('new'));
    deepStrictEqual(await values(), ['new']);
  });
}

test('a transaction that may last longer than the broker allows is a config error', { timeout: 30_000 }, async (t) => {
  const { app, stateTopic, partitions, client } = place;
  const long = createKafkaSink(client, { app, stateTopic, partitions, transactionTimeoutMs: 16 * 60_000 });
  t.after(() => long.close());
  await rejects(long.fence(1, signal), failsAs('sink.refused', 'config'));
});
