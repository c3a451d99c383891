/**
 * What every sink and state reader must do, whatever is behind them (P1, P2, P3).
 *
 * In: a factory that makes a fresh place to write to. Out: one test a promise.
 */
import { deepStrictEqual, ok, rejects, strictEqual } from 'node:assert';
import { test } from 'node:test';
import { WorkerError } from '../../src/core/errors.ts';
import type { StateRecord } from '../../src/core/state.ts';
import type { OutRecord, StateReader, Transaction, TransactionalSink } from '../../src/pipeline/ports.ts';

/** A place to write to, with a view of what a reader of it sees. */
export interface SinkUnderTest {
  readonly sink: TransactionalSink;
  readonly reader: StateReader;
  /** Two shards that may be used. */
  readonly shards: readonly [number, number];
  /** Three topics that may be written to; the last takes records without a key. */
  readonly topics: readonly [string, string, string];
  /** The committed records of a topic, those of one key in their order. */
  visible(topic: string): Promise<readonly OutRecord[]>;
  /** A second worker at the same place, where there can be one. */
  readonly rival: TransactionalSink;
  close(): Promise<void>;
}

/** What a sink of this kind cannot show. */
export interface Differences {
  /** Lines come in the order of commits over all keys. */
  readonly totalOrder: boolean;
}

const signal = new AbortController().signal;
const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);

export function recordOf(topic: string, key: string, value: string | null, extra: Partial<OutRecord> = {}): OutRecord {
  const headers = { ce_id: `${key}-id`, 'content-type': 'application/avro', text: 'žluťoučký €' };
  return {
    topic,
    key: bytes(key),
    value: value === null ? null : bytes(value),
    headers,
    timestampMs: 1_700_000_000_123,
    ...extra,
  };
}

const stateOf = (key: string, value: string | null): StateRecord => ({
  key,
  value: value === null ? null : bytes(value),
});

const plain = (record: OutRecord) => ({
  key: record.key === null ? null : Buffer.from(record.key).toString('hex'),
  value: record.value === null ? null : Buffer.from(record.value).toString('hex'),
  headers: { ...record.headers },
  timestampMs: record.timestampMs,
});

/** A shard's state as a worker would keep it. */
export async function restored(reader: StateReader, shard: number): Promise<Map<string, string>> {
  const state = new Map<string, string>();
  let seen = 0;
  const stats = await reader.restore(
    shard,
    ({ key, value }) => {
      seen += 1;
      if (value === null) state.delete(key);
      else state.set(key, Buffer.from(value).toString('latin1'));
    },
    signal,
  );
  strictEqual(stats.records, seen);
  ok(stats.bytes >= 0);
  return state;
}

export function testTransactionalSink(
  kind: string,
  make: () => Promise<SinkUnderTest>,
  differences: Differences,
): void {
  const conforms = (promise: string, body: (place: SinkUnderTest) => Promise<void>): void => {
    test(`${kind} sink: ${promise}`, { timeout: 60_000 }, async () => {
      const place = await make();
      try {
        await body(place);
      } finally {
        await place.close();
      }
    });
  };
  const commitAll = async ({ sink, shards }: SinkUnderTest, ...transactions: Transaction[]): Promise<void> => {
    const writer = await sink.fence(shards[0], signal);
    for (const transaction of transactions) await writer.commit(transaction);
    await writer.close();
  };

  conforms('what is committed is visible whole, each key in order (P1, P3)', async (place) => {
    const [a, b] = place.topics;
    const first = [recordOf(a, 'k1', 'v1'), recordOf(b, 'k1', 'w1'), recordOf(a, 'k2', 'v1'), recordOf(a, 'k1', 'v2')];
    const second = [recordOf(a, 'k1', 'v3'), recordOf(b, 'k9', 'w2')];
    await commitAll(place, { records: first, state: [] }, { records: second, state: [] });
    for (const topic of [a, b]) {
      const sent = [...first, ...second].filter((record) => record.topic === topic).map(plain);
      const seen = (await place.visible(topic)).map(plain);
      if (differences.totalOrder) deepStrictEqual(seen, sent);
      for (const key of new Set(sent.map((record) => record.key))) {
        const ofKey = (record: { key: string | null }): boolean => record.key === key;
        deepStrictEqual(seen.filter(ofKey), sent.filter(ofKey));
      }
      strictEqual(seen.length, sent.length);
    }
  });

  conforms('keys and values are any bytes, headers any text, tombstones stay tombstones', async (place) => {
    const [a, b, c] = place.topics;
    const all = Uint8Array.from({ length: 256 }, (_, i) => i);
    // A view into a larger array: only its own bytes may be written.
    const view = new Uint8Array(Uint8Array.from({ length: 300 }, (_, i) => i % 256).buffer, 3, 256);
    const records = [
      recordOf(a, 'binary', '', { key: all, value: view }),
      recordOf(b, 'gone', null),
      recordOf(c, 'bare', 'x', { headers: {} }),
      recordOf(c, 'empty', ''),
      recordOf(c, 'none', 'x', { key: null }),
    ];
    await commitAll(place, { records, state: [{ key: 'žluť/\u0000/€', value: all }] });
    deepStrictEqual((await place.visible(a)).map(plain), [plain(records[0] as OutRecord)]);
    deepStrictEqual((await place.visible(b)).map(plain), [plain(records[1] as OutRecord)]);
    const sorted = (list: readonly OutRecord[]) => list.map((record) => JSON.stringify(plain(record))).sort();
    deepStrictEqual(sorted(await place.visible(c)), sorted(records.slice(2)));
    const state = await restored(place.reader, place.shards[0]);
    deepStrictEqual([...state.entries()], [['žluť/\u0000/€', Buffer.from(all).toString('latin1')]]);
  });

  conforms('a restore gives the last committed value of each key, and a null removes it', async (place) => {
    await commitAll(
      place,
      { records: [], state: [stateOf('a', '1'), stateOf('b', '1'), stateOf('c', '1')] },
      { records: [recordOf(place.topics[0], 'k', 'v')], state: [stateOf('a', '2'), stateOf('b', null)] },
    );
    const state = await restored(place.reader, place.shards[0]);
    deepStrictEqual(Object.fromEntries(state), { a: '2', c: '1' });
  });

  conforms('shards do not see one another', async (place) => {
    const [one, other] = place.shards;
    const [x, y] = [await place.sink.fence(one, signal), await place.sink.fence(other, signal)];
    await Promise.all([
      x.commit({ records: [recordOf(place.topics[0], 'x', '1')], state: [stateOf('k', 'x')] }),
      y.commit({ records: [recordOf(place.topics[0], 'y', '1')], state: [stateOf('k', 'y')] }),
    ]);
    await Promise.all([x.close(), y.close()]);
    strictEqual((await restored(place.reader, one)).get('k'), 'x');
    strictEqual((await restored(place.reader, other)).get('k'), 'y');
    strictEqual((await place.visible(place.topics[0])).length, 2);
  });

  conforms('an empty shard restores to nothing, an empty transaction is none', async (place) => {
    const writer = await place.sink.fence(place.shards[0], signal);
    await writer.commit({ records: [], state: [] });
    deepStrictEqual(await place.reader.restore(place.shards[0], () => ok(false), signal), { records: 0, bytes: 0 });
    await writer.commit({ records: [], state: [stateOf('a', '1')] });
    await writer.commit({ records: [], state: [] });
    await writer.close();
    deepStrictEqual(Object.fromEntries(await restored(place.reader, place.shards[0])), { a: '1' });
  });

  for (const count of [1_001, 2_500]) {
    conforms(`${count} records and as many states are one transaction`, async (place) => {
      const [a] = place.topics;
      const numbers = Array.from({ length: count }, (_, i) => String(i));
      const records = numbers.map((i) => recordOf(a, `k${Number(i) % 7}`, i));
      await commitAll(place, { records, state: numbers.map((i) => stateOf(`s${i}`, i)) });
      const seen = (await place.visible(a)).map(({ value }) => Number(Buffer.from(value ?? '').toString()));
      for (let k = 0; k < 7; k++) {
        const ofKey = numbers.map(Number).filter((i) => i % 7 === k);
        deepStrictEqual(
          seen.filter((i) => i % 7 === k),
          ofKey,
        );
      }
      strictEqual(seen.length, count);
      strictEqual((await restored(place.reader, place.shards[0])).size, count);
    });
  }

  conforms('who fences a shard takes it: the old writer fails, unseen, and stays spent (P2)', async (place) => {
    const [a] = place.topics;
    const [shard] = place.shards;
    const old = await place.sink.fence(shard, signal);
    await old.commit({ records: [recordOf(a, 'k', 'old')], state: [stateOf('k', 'old')] });
    const next = await place.rival.fence(shard, signal);
    const late = { records: [recordOf(a, 'k', 'late')], state: [stateOf('k', 'late'), stateOf('l', 'late')] };
    const spent = (error: unknown): boolean =>
      error instanceof WorkerError &&
      error.kind === 'transient' &&
      ['sink.fenced', 'sink.outcome_unknown'].includes(error.code);
    await rejects(old.commit(late), spent);
    await rejects(old.commit(late), spent);
    await next.commit({ records: [recordOf(a, 'k', 'new')], state: [stateOf('k', 'new')] });
    await Promise.all([old.close(), next.close()]);
    const seen = (await place.visible(a)).map(({ value }) => Buffer.from(value ?? '').toString());
    deepStrictEqual(seen, ['old', 'new']);
    deepStrictEqual(Object.fromEntries(await restored(place.reader, shard)), { k: 'new' });
  });

  conforms('a closed writer commits nothing, and closing is harmless twice', async (place) => {
    const writer = await place.sink.fence(place.shards[0], signal);
    await writer.close();
    await writer.close();
    await rejects(
      writer.commit({ records: [recordOf(place.topics[0], 'k', 'v')], state: [stateOf('k', 'v')] }),
      WorkerError,
    );
    strictEqual((await restored(place.reader, place.shards[0])).size, 0);
    await place.sink.close();
    await place.sink.close();
  });

  conforms('an aborted signal stops fencing and restoring', async (place) => {
    const reason = new Error('stop');
    const aborted = AbortSignal.abort(reason);
    await rejects(place.sink.fence(place.shards[0], aborted), reason);
    await rejects(
      place.reader.restore(place.shards[0], () => undefined, aborted),
      reason,
    );
  });
}
