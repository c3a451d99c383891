import { deepStrictEqual, ok, strictEqual } from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { test } from 'node:test';
import type { StateItem, StateRecord } from '../../src/core/state.ts';
import { encodeState, stateKey } from '../../src/core/state-codec.ts';
import { createKafkaStateReader } from '../../src/kafka/state-reader.ts';
import { ensureTopics, stateTopic } from '../../src/kafka/topics.ts';
import { createKafkaSink } from '../../src/kafka/transactional-sink.ts';
import { ShardState } from '../../src/pipeline/shard-state.ts';
import { sharedStack } from '../stack/shared-stack.ts';
import { clientFor } from './kafka-place.ts';

const ENTITIES = 300;
const ROUNDS = 8;
const SOURCE = 'time-entries';
const SLICES = ['time-entries/w/u1', 'time-entries/w/u2', 'time-entries/w/u3'];
const SCHEMA = '0123456789abcdef';

const keyOf = (at: number): string[] => ['w', at.toString(16).padStart(24, '0')];
const hexOf = (value: Uint8Array | null): string | null => (value === null ? null : Buffer.from(value).toString('hex'));

/** An entity in a round: most live on and change, some end as graves, some are forgotten. */
function entityIn(round: number, at: number): StateRecord {
  const slice = SLICES[(at + round) % SLICES.length] as string;
  const tsMs = round * 1_000 + at;
  const grave: StateItem = { type: 'entity', source: SOURCE, key: keyOf(at), entry: { kind: 'grave', slice, tsMs } };
  if (round === ROUNDS - 1 && at % 5 === 0) return { key: stateKey(grave), value: null };
  if (round >= ROUNDS - 2 && at % 7 === 0) return encodeState(grave);
  const rowBytes = new Uint8Array(50 + ((at * 7 + round * 13) % 200)).fill(at);
  const hash = (at * 31 + round).toString(16).padStart(32, '0');
  const entry = { kind: 'live', slice, hash, schema: SCHEMA, startMs: at % 2 ? at : null, tsMs, rowBytes } as const;
  return encodeState({ type: 'entity', source: SOURCE, key: keyOf(at), entry });
}

/** What else a shard holds; an odd reject is healed in the end. */
function othersIn(round: number): StateRecord[] {
  const rejects = Array.from({ length: 20 }, (_, at): StateRecord => {
    const reject = { slice: SLICES[0] as string, hash: String(round) };
    const item: StateItem = { type: 'reject', source: SOURCE, id: String(at), entry: reject };
    return round === ROUNDS - 1 && at % 2 === 1 ? { key: stateKey(item), value: null } : encodeState(item);
  });
  const checkpoint = { firstCompleteAtMs: 1, lastCompleteAtMs: round, absences: { [`k${round}`]: 1 } };
  const identity = { topic: 't', keyFields: ['workspace_id', 'id'], shape: `shape ${round}`, keySchemaId: 1 };
  return [
    ...rejects,
    ...SLICES.map((slice) => encodeState({ type: 'checkpoint', source: SOURCE, slice, checkpoint })),
    encodeState({ type: 'identity', source: SOURCE, identity }),
    encodeState({ type: 'schema', fingerprint: SCHEMA, schema: '"string"' }),
    encodeState({ type: 'budget', owner: 'w', spent: [[round, 7]] }),
  ];
}

test('P1 P2: a restore from the topic that the cleaner has compacted is the same, byte for byte', {
  timeout: 120_000,
}, async (t) => {
  const client = clientFor((await sharedStack()).brokers);
  const app = `compacted-${randomUUID()}`;
  const topic = `${app}.state`;
  const config = {
    'segment.ms': '500',
    'segment.bytes': '1048576',
    'min.cleanable.dirty.ratio': '0.01',
    'min.compaction.lag.ms': '0',
    'max.compaction.lag.ms': '1000',
    'delete.retention.ms': '100',
  };
  const plan = stateTopic(topic, 1, { config });
  const partitions = await ensureTopics(client, [plan], { create: true, warn: () => undefined });
  const sink = createKafkaSink(client, { app, stateTopic: topic, partitions });
  t.after(() => sink.close());
  const signal = AbortSignal.timeout(100_000);
  const writer = await sink.fence(0, signal);
  const [expected, whole] = [new Map<string, string | null>(), new ShardState()];
  let written = 0;
  const commit = async (state: readonly StateRecord[]): Promise<void> => {
    await writer.commit({ records: [], state });
    written += state.length;
    for (const record of state) {
      whole.apply(record);
      if (record.value === null) expected.delete(record.key);
      else expected.set(record.key, hexOf(record.value));
    }
  };
  for (let round = 0; round < ROUNDS; round++) {
    await commit(Array.from({ length: ENTITIES }, (_, at) => entityIn(round, at)));
    await commit(othersIn(round));
  }

  const reader = createKafkaStateReader(client, { stateTopic: topic });
  let left = written;
  let [restored, compacted] = [new Map<string, string | null>(), new ShardState()];
  // A record a round, each in a new segment, which the cleaner never touches while it is the last.
  for (let round = 0; left > expected.size + 10; round++) {
    signal.throwIfAborted();
    await new Promise((resolve) => setTimeout(resolve, 700));
    await commit([encodeState({ type: 'budget', owner: 'w', spent: [[round, 8]] })]);
    [restored, compacted] = [new Map(), new ShardState()];
    const take = (record: StateRecord): void => {
      compacted.apply(record);
      if (record.value === null) restored.delete(record.key);
      else restored.set(record.key, hexOf(record.value));
    };
    left = (await reader.restore(0, take, signal)).records;
  }

  ok(left * 4 < written, `${left} of ${written} records are left`);
  deepStrictEqual(restored, expected);
  strictEqual(compacted.size, whole.size);
  const keys = whole.keysOf(SOURCE).sort();
  deepStrictEqual(compacted.keysOf(SOURCE).sort(), keys);
  for (const key of keys) deepStrictEqual(compacted.entryAt(key), whole.entryAt(key));
  for (const slice of SLICES) {
    deepStrictEqual([...compacted.ownedBy(slice)].sort(), [...whole.ownedBy(slice)].sort());
    deepStrictEqual(compacted.checkpoint(SOURCE, slice), whole.checkpoint(SOURCE, slice));
    deepStrictEqual(compacted.rejectsOf(SOURCE, slice).sort(), whole.rejectsOf(SOURCE, slice).sort());
  }
  deepStrictEqual(compacted.gravesBefore(SOURCE, 1e9).sort(), whole.gravesBefore(SOURCE, 1e9).sort());
  deepStrictEqual(compacted.budget('w'), whole.budget('w'));
  deepStrictEqual(compacted.identity(SOURCE), whole.identity(SOURCE));
  strictEqual(compacted.schema(SCHEMA), whole.schema(SCHEMA));
});
