import { deepStrictEqual, ok, strictEqual } from 'node:assert';
import { after, before, test } from 'node:test';
import { WorkerError } from '../../src/core/errors.ts';
import type { ShardWriter, TransactionalSink } from '../../src/pipeline/ports.ts';
import { recordOf, restored } from '../conformance/transactional-sink.ts';
import { type Stack, startStack } from '../stack/stack.ts';
import { eventually } from '../support/eventually.ts';
import { clientFor, committedOf, newPlace, type Place } from './kafka-place.ts';

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
    await stack.broker?.kill();
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
