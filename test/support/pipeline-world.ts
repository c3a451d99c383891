import { lastValueFrom, toArray } from 'rxjs';
import { createCodec } from '../../src/avro/codec.ts';
import { digest } from '../../src/avro/digest.ts';
import type { Op } from '../../src/core/change.ts';
import type { WorkerError } from '../../src/core/errors.ts';
import { compileMapping } from '../../src/core/field.ts';
import type { EntityKey } from '../../src/core/record.ts';
import { createDriftWatch } from '../../src/pipeline/drift.ts';
import type { Codec, DeleteGuard, Endpoint, PolledPage, SourceKind, Testimony } from '../../src/pipeline/ports.ts';
import { openShard, type Shard } from '../../src/pipeline/shard.ts';
import { ShardState } from '../../src/pipeline/shard-state.ts';
import { sweepOnce } from '../../src/pipeline/slice.ts';
import { newMemory, type SliceContext, type SliceEvent } from '../../src/pipeline/sweep.ts';
import { createMemorySink, type MemorySink } from './memory-sink.ts';

/** A thing as the practice listing shows it. */
export interface Thing {
  readonly id: string;
  readonly name?: string | null;
  readonly owner?: string;
}

const META = [
  { name: '__op', type: 'string' },
  { name: '__deleted', type: 'string' },
  { name: '__source_ts_ms', type: 'long' },
  { name: '__ts_ms', type: 'long' },
];
const ROW = [
  { name: 'id', type: 'string' },
  { name: 'name', type: ['null', 'string'], default: null },
];
const KEY_SCHEMA = { type: 'record', name: 'ThingKey', fields: [{ name: 'id', type: 'string' }] };

/** The codec of things; `extra` are row fields of a later schema. */
export function thingCodec(extra: readonly object[] = [], ignoreChanges: readonly string[] = []): Codec {
  const value = { type: 'record', name: 'Thing', fields: [...ROW, ...extra, ...META] };
  return createCodec({
    keySchema: JSON.stringify(KEY_SCHEMA),
    valueSchema: JSON.stringify(value),
    keySchemaId: 1,
    valueSchemaId: 2,
    ignoreChanges,
  });
}

export const thingMapper = compileMapping({
  fields: [
    { path: ['id'], field: 'id', type: 'string' },
    { path: ['name'], field: 'name', type: 'string' },
  ],
  keyFields: ['id'],
});

export function thingSource(over: Partial<SourceKind> = {}): SourceKind {
  return {
    app: 'test',
    name: 'things',
    resource: 'thing',
    topic: 'clockify.things',
    deadLetterTopic: 'dlq.clockify',
    codec: thingCodec(),
    mapper: thingMapper,
    drift: createDriftWatch((over.mapper ?? thingMapper).shape),
    mayBeEmpty: true,
    ownerOf: (item, slice) => {
      const owner = (item as Thing | null)?.owner;
      return owner === undefined ? slice.id : `things/${owner}`;
    },
    ...over,
  };
}

/** An endpoint whose listing and witness the test decides, call by call. */
export interface FakeEndpoint extends Endpoint {
  items: readonly unknown[];
  pageSize: number;
  header: boolean;
  readonly asked: number[];
  readonly witnessed: string[];
  /** What comes before an answer: throws to fail. */
  before: (number: number) => void;
  /** In place of the listing, where the test wants other bytes. */
  body: ((number: number) => Uint8Array) | undefined;
  testify: (id: string) => Testimony | Promise<Testimony>;
}

export function fakeEndpoint(over: { paged?: boolean; witness?: boolean } = {}): FakeEndpoint {
  const asked: number[] = [];
  const witnessed: string[] = [];
  const page = async (number: number): Promise<PolledPage> => {
    asked.push(number);
    endpoint.before(number);
    const { items, pageSize, header, body } = endpoint;
    const shown = endpoint.paged ? items.slice((number - 1) * pageSize, number * pageSize) : items;
    return {
      body: body?.(number) ?? bytesOf(shown),
      lastPage: header ? number * pageSize >= items.length : undefined,
      receivedAtMs: 1_000_000,
    };
  };
  const witness = async ([id = '']: EntityKey): Promise<Testimony> => {
    witnessed.push(id);
    return endpoint.testify(id);
  };
  const endpoint: FakeEndpoint = {
    paged: over.paged ?? true,
    page,
    witness: over.witness === false ? undefined : witness,
    items: [],
    pageSize: 100,
    header: true,
    asked,
    witnessed,
    before: () => {},
    body: undefined,
    testify: () => ({ says: 'gone', receivedAtMs: 1_000_000 }),
  };
  return endpoint;
}

export type CommitFailure = Parameters<MemorySink['failNext']>[number];

const bytesOf = (value: unknown): Uint8Array => new TextEncoder().encode(JSON.stringify(value));

export interface World {
  readonly sink: MemorySink;
  readonly clock: { ms: number };
  readonly retries: WorkerError[];
  shard: Shard;
  /** Fences the shard and reads its state again, as after a crash. */
  restart(): Promise<void>;
  context(endpoint: Endpoint, over?: ContextOptions): SliceContext;
}

export interface ContextOptions {
  readonly slice?: string;
  readonly params?: Readonly<Record<string, string>>;
  readonly source?: Partial<SourceKind>;
  readonly guard?: DeleteGuard;
}

/** A shard over the sink in memory, and slices on it. No wait takes longer than a turn of the event loop. */
export async function createWorld(): Promise<World> {
  const sink = createMemorySink();
  const clock = { ms: 1_700_000_000_000 };
  const retries: WorkerError[] = [];
  const open = async () => {
    const writer = await sink.fence(0, neverAborts());
    const state = new ShardState();
    await sink.restore(0, (record) => state.apply(record), neverAborts());
    return openShard(0, state, writer, () => {});
  };
  const world: World = {
    sink,
    clock,
    retries,
    shard: await open(),
    restart: async () => {
      world.shard = await open();
    },
    context: (endpoint, over = {}) => {
      const slice = { id: `things/${over.slice ?? 'a'}`, params: over.params ?? {} };
      const source = thingSource(over.source);
      return {
        slice,
        source,
        endpoint,
        shard: world.shard,
        guard: over.guard ?? { share: 0.2, atLeast: 50 },
        ambient: { now: () => clock.ms, monotonic: () => clock.ms, random: () => 0 },
        digest,
        onRetry: (error) => retries.push(error),
        memory: newMemory(world.shard.state, source.name, slice),
      };
    },
  };
  return world;
}

const neverAborts = () => new AbortController().signal;

/** One sweep, and everything it told. */
export function sweep(context: SliceContext): Promise<SliceEvent[]> {
  return lastValueFrom(sweepOnce(context).pipe(toArray()), { defaultValue: [] });
}

export function endOf(events: readonly SliceEvent[]): Extract<SliceEvent, { type: 'sweep' }> {
  const last = events.at(-1);
  if (last?.type !== 'sweep') throw new Error('the sweep did not end');
  return last;
}

/** What it told of shapes: kind, path, count and the type that was seen. */
export function driftIn(events: readonly SliceEvent[]) {
  const told = events.flatMap((event) => (event.type === 'drift' ? event.drift.told : []));
  return told.map(({ kind, path, count, seen }) => [kind, path, count, seen] as const);
}

export function settlementOf(events: readonly SliceEvent[]) {
  const settled = events.find((event) => event.type === 'settled');
  if (settled === undefined) throw new Error('nothing was settled');
  return settled.settlement;
}

/** What was published of things: `op id`, a tombstone as `- id`. */
export function published(sink: MemorySink, from = 0): string[] {
  const records = sink.committed.slice(from).filter(({ topic }) => topic === 'clockify.things');
  return records.map(({ headers, value }) => `${value === null ? '-' : headers.__op} ${headers.ce_subject}`);
}

export function deadLetters(sink: MemorySink): string[] {
  const letters = sink.committed.filter(({ topic }) => topic === 'dlq.clockify');
  return letters.map(({ value }) => Buffer.from(value ?? []).toString());
}

/** The ops of one key, in the order of their publication. */
export function opsOf(sink: MemorySink, id: string): Op[] {
  const own = sink.committed.filter(({ headers, value }) => headers.ce_subject === id && value !== null);
  return own.map(({ headers }) => headers.__op as Op);
}
