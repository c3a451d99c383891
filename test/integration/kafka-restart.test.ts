import { deepStrictEqual, ok, strictEqual } from 'node:assert';
import { after, before, test } from 'node:test';
import { WorkerError } from '../../src/core/errors.ts';
import type { ShardWriter, TransactionalSink } from '../../src/pipeline/ports.ts';
import { recordOf, restored } from '../conformance/transactional-sink.ts';
import { type Stack, startStack } from '../stack/stack.ts';
import { eventually } from '../support/eventually.ts';
import { areClosed } from '../support/topic-ends.ts';
import { startInterceptor } from './kafka-interceptor.ts';
import { clientFor, committedOf, newPlace, type Place } from './kafka-place.ts';
import { clientThrough, END_TXN, PRODUCE } from './kafka-proxy.ts';

let stack: Stack;
before(async () => {
  stack = await startStack({ own: true, registry: false });
});
after(async () => {
  await stack?.stop();
});

/** A worker in small: commits one number after another, and after a failure goes on as the port's contract says. */
class Counter {
  readonly codes = new Map<string, number>();
  next = 0;
  /** Done before the next transaction begins. */
  between: (() => Promise<void>) | undefined;
  readonly #place: Place;
  readonly #sink: TransactionalSink;
  readonly #stop: AbortController = new AbortController();

  constructor(place: Place, sink: TransactionalSink) {
    this.#place = place;
    this.#sink = sink;
  }

  async run(): Promise<void> {
    let writer: ShardWriter | undefined;
    const signal = new AbortController().signal;
    while (!this.#stop.signal.aborted) {
      try {
        writer ??= await this.#begin(signal);
        const between = this.between;
        this.between = undefined;
        await between?.();
        await writer.commit(this.#transaction());
        this.next += 1;
      } catch (error) {
        ok(error instanceof WorkerError && error.kind === 'transient', String(error));
        this.codes.set(error.code, (this.codes.get(error.code) ?? 0) + 1);
        if (error.code !== 'sink.not_committed') writer = undefined;
        await new Promise((resolve) => setTimeout(resolve, 50));
      }
    }
    await writer?.close();
  }

  stop(): void {
    this.#stop.abort();
  }

  async #begin(signal: AbortSignal): Promise<ShardWriter> {
    const writer = await this.#sink.fence(0, signal);
    const state = await restored(this.#place.reader({ stallMs: 5_000 }), 0);
    this.next = Number(state.get('last') ?? -1) + 1;
    return writer;
  }

  #transaction() {
    const [a, b] = this.#place.topics;
    const value = String(this.next);
    return {
      records: [recordOf(a, `k${this.next % 5}`, value), recordOf(b, 'k', value)],
      state: [{ key: 'last', value: Buffer.from(value) }],
    };
  }
}

test('a broker that dies, comes back, falls silent: every number is there once, in order (P1, P2, P3)', {
  timeout: 90_000,
}, async (t) => {
  const place = await newPlace(t, stack.brokers);
  const sink = place.sink(clientFor(stack.brokers, { requestTimeoutMs: 2_000, connectionTimeoutMs: 1_000 }));
  const counter = new Counter(place, sink);
  t.after(() => counter.stop());
  const running = counter.run();
  const progress = async (by: number) => {
    const from = counter.next;
    await eventually(`${by} more are committed`, () => counter.next >= from + by, 40_000);
  };
  await progress(20);
  for (let round = 0; round < 2; round++) {
    const killed = Promise.withResolvers<void>();
    counter.between = () =>
      ended(place)
        .then(() => stack.broker?.kill())
        .then(killed.resolve, killed.reject);
    await killed.promise;
    await stack.broker?.start();
    await progress(20);
    await stack.broker?.pause();
    await new Promise((resolve) => setTimeout(resolve, 4_500));
    await stack.broker?.resume();
    await progress(20);
  }
  counter.stop();
  await running;
  const last = counter.next - 1;
  strictEqual((await restored(place.reader(), 0)).get('last'), String(last));
  const numbers = (records: Awaited<ReturnType<typeof committedOf>>) =>
    records.map(({ value }) => Number(Buffer.from(value ?? '')));
  const all = Array.from({ length: last + 1 }, (_, i) => i);
  deepStrictEqual(numbers(await committedOf(place.client, place.topics[1])), all);
  const spread = numbers(await committedOf(place.client, place.topics[0]));
  deepStrictEqual(
    [...spread].sort((a, b) => a - b),
    all,
  );
  for (let k = 0; k < 5; k++)
    deepStrictEqual(
      spread.filter((i) => i % 5 === k),
      all.filter((i) => i % 5 === k),
    );
  ok(counter.codes.size > 0, 'nothing went wrong: the test showed nothing');
  process.stdout.write(`# ${last + 1} committed; met ${JSON.stringify(Object.fromEntries(counter.codes))}\n`);
});

/** Half a minute of attempts: a broker is back before. */
const PATIENT = 60;
const signal = new AbortController().signal;

/** Where the coordinator dies; undefined: between two transactions. */
interface Death {
  readonly apiKey: number;
  /** Requests of that kind that pass before. */
  readonly passing: number;
  /** It dies with its answer, or else before the request arrives. */
  readonly isAnswered: boolean;
}

for (const [when, death] of [
  ['between two transactions', undefined],
  ['between two sends of a transaction', { apiKey: PRODUCE, passing: 1, isAnswered: false }],
  ['before it is told of the end', { apiKey: END_TXN, passing: 0, isAnswered: false }],
  ['when it has ended it, and nobody was told', { apiKey: END_TXN, passing: 0, isAnswered: true }],
] satisfies [string, Death | undefined][]) {
  test(`P1 P2: a coordinator that is restarted ${when}: all of it is committed once`, {
    timeout: 60_000,
  }, async (t) => {
    const place = await newPlace(t, stack.brokers);
    const broker = stack.brokers[0] ?? '';
    let restarted: Promise<void> | undefined;
    const restart = async () => {
      await stack.broker?.kill();
      await stack.broker?.start();
    };
    let passing = death?.passing ?? 0;
    let isNext = false;
    let last: Buffer | undefined;
    const between = await startInterceptor(broker, {
      request(apiKey, request) {
        if (!isNext || apiKey !== death?.apiKey || last !== undefined || passing-- > 0) return undefined;
        last = request;
        if (death.isAnswered) return undefined;
        restarted = restart();
        return restarted.then(() => Buffer.of());
      },
      answer(_, answer, request) {
        if (request !== last) return answer;
        restarted = ended(place).then(restart);
        return Buffer.of();
      },
    });
    t.after(() => between.close());
    const sink = place.sink(clientThrough(between, broker, 5_000, PATIENT));
    const writer = await sink.fence(0, signal);
    await writer.commit(pageOf(place, 'first', 1));
    await ended(place);
    if (death === undefined) await restart();
    isNext = true;
    const met = await untilCommitted(place, sink, writer);
    await restarted;
    ok(death === undefined || restarted !== undefined, 'it was restarted');
    const values = (await committedOf(place.client, place.topics[0])).map(({ value }) => String(value));
    deepStrictEqual(values, ['first', ...Array.from({ length: LARGE }, () => 'second')]);
    t.diagnostic(`met ${met.join(', ') || 'nothing'}`);
  });
}

/**
 * Returns when the markers of what was committed are written. A lone Kafka that is killed a few milliseconds before
 * forgets them: once it is back it calls the transaction complete, and its partitions stay closed to readers (4.4.0,
 * observed 2026-11-27).
 */
function ended({ client, topics, stateTopic }: Place): Promise<void> {
  return eventually('the markers', () => areClosed(client, [topics[0], topics[1], stateTopic]));
}

/** More than one send. */
const LARGE = 1_500;

const pageOf = ({ topics }: Place, value: string, count: number) => ({
  records: Array.from({ length: count }, () => recordOf(topics[0], 'k', value)),
  state: [{ key: 'k', value: Buffer.from(value) }],
});

/** As a worker does it: what is spent is fenced and read again, and only what is missing is committed again. */
async function untilCommitted(place: Place, sink: TransactionalSink, first: ShardWriter): Promise<string[]> {
  const met: string[] = [];
  let writer: ShardWriter | undefined = first;
  for (let attempt = 0; attempt < 20; attempt++) {
    try {
      if (writer === undefined) {
        writer = await sink.fence(0, signal);
        if ((await restored(place.reader({ stallMs: 10_000 }), 0)).get('k') === 'second') return met;
      }
      await writer.commit(pageOf(place, 'second', LARGE));
      return met;
    } catch (error) {
      ok(error instanceof WorkerError && error.kind === 'transient', String(error));
      met.push(error.code);
      if (error.code !== 'sink.not_committed') writer = undefined;
    }
  }
  throw new Error(`not committed; met ${met.join(', ')}`);
}
