import { from, fromEvent, lastValueFrom, takeUntil, tap } from 'rxjs';
import { createSyncDecoder, type SyncDecoder } from '../avro/decode.ts';
import { digest } from '../avro/digest.ts';
import { listIds } from '../clockify/discovery.ts';
import { parentTemplates } from '../clockify/templates/catalogue.ts';
import type { Op } from '../core/change.ts';
import { toWorkerError, type WorkerError } from '../core/errors.ts';
import { shardFor } from '../core/murmur2.ts';
import type { LiveEntry } from '../core/state.ts';
import type { OutRecord, Params, SourceKind, Transaction } from '../pipeline/ports.ts';
import { openShard, type Shard } from '../pipeline/shard.ts';
import type { ShardState } from '../pipeline/shard-state.ts';
import { sweepOnce } from '../pipeline/slice.ts';
import { newMemory, type Settlement, type SliceContext, type SliceEvent } from '../pipeline/sweep.ts';
import type { Logger } from '../telemetry/logger.ts';
import { adoptIdentity } from './identity.ts';
import { bindings } from './manual-schema.ts';
import { planSource } from './plan.ts';
import type { Source } from './source.ts';
import { sliceId } from './source-slice.ts';
import { openTrial, type Trial } from './try-source.ts';
import { openRealState, type RealState } from './try-state.ts';

type Row = Readonly<Record<string, unknown>>;

/** What would be published for one entity. */
export interface DryChange {
  readonly op: Op | 'dead-letter';
  readonly topic: string;
  readonly key: unknown;
  /** As it was published last. */
  readonly before: Row | null;
  readonly after: Row | null;
  /** Fields in which the two differ. */
  readonly changed: readonly string[];
  /** Of a dead letter. */
  readonly reason?: string | undefined;
}

export interface DryRun {
  /** As many as were asked for. */
  readonly changes: readonly DryChange[];
  readonly counts: Readonly<Record<DryChange['op'], number>>;
  readonly slices: number;
  readonly notes: readonly string[];
  /** Why slices were not read to their end. */
  readonly partial: readonly WorkerError[];
}

export interface DiffOptions {
  readonly config: Trial['config'];
  readonly source: Trial['source'];
  readonly limit: number;
  readonly logger: Logger;
  readonly onRetry: SliceContext['onRetry'];
  readonly signal: AbortSignal;
}

/**
 * A whole sweep of a source against the real state, with the deletes that its witnesses prove, of which nothing is
 * committed: the very pipeline of the worker, on shards whose writer only takes note.
 *
 * Where Clockify has no read by id, the second witness is a second sweep, as it is for the worker.
 *
 * @throws {WorkerError} as Kafka, the registry, and the lists of what `all` stands for
 */
export async function dryRun(options: DiffOptions): Promise<DryRun> {
  const { config, logger, signal } = options;
  const real = await openRealState(config, logger);
  const trial = openTrial(config, options.source);
  try {
    const source = await sourceOf(trial, real, signal);
    const journal = createJournal(real, source, options.limit);
    if (real.note !== undefined) journal.note(real.note);
    const shards = new Map<number, Shard>();
    for await (const params of bindings(source, source.parameters, {}, signal)) {
      const number = shardFor(params.workspace ?? source.credential, config.kafka.shards);
      const shard = shards.get(number) ?? (await dryShard(number, real, source, journal, signal));
      shards.set(number, shard);
      await sweepDry(contextOf(options, source, shard, params), journal, signal);
    }
    return journal.read();
  } finally {
    await trial.close();
  }
}

function sourceOf({ source, config, client }: Trial, { registry }: RealState, signal: AbortSignal): Promise<Source> {
  const valuesOf: Source['valuesOf'] = (parameter, params) =>
    from(listIds(client, parentTemplates, parameter, params, signal));
  return planSource({ source, config, registry, client, valuesOf }).prepare(signal, false);
}

async function dryShard(
  number: number,
  real: RealState,
  source: Source,
  journal: Journal,
  signal: AbortSignal,
): Promise<Shard> {
  const state = await real.read(number, signal);
  const writer = {
    commit: async (transaction: Transaction) => journal.take(transaction, state),
    close: async () => undefined,
  };
  const shard = openShard(number, state, writer, () => undefined);
  await adoptIdentity(shard, source, (event) => {
    if (event.type === 'source-reset')
      journal.note(`the source starts anew: ${event.dropped} records of its state no longer count`);
  });
  return shard;
}

function contextOf({ config, onRetry }: DiffOptions, source: Source, shard: Shard, params: Params): SliceContext {
  const { guardShare, guardAtLeast } = config.deletes;
  const slice = { id: sliceId(source.kind.name, params), params };
  return {
    slice,
    source: source.kind,
    endpoint: source.endpoint(params),
    shard,
    guard: { share: guardShare, atLeast: guardAtLeast },
    ambient: { now: Date.now, monotonic: () => performance.now(), random: Math.random },
    digest,
    onRetry,
    memory: newMemory(shard.state, source.kind.name, slice),
  };
}

async function sweepDry(context: SliceContext, journal: Journal, signal: AbortSignal): Promise<void> {
  const first = await sweep(context, journal, signal);
  const isHalfProved = context.endpoint.witness === undefined && (first?.open ?? 0) > 0;
  const settled = isHalfProved ? await sweep(context, journal, signal) : first;
  journal.settled(context.slice.id, settled);
}

async function sweep(context: SliceContext, journal: Journal, signal: AbortSignal): Promise<Settlement | undefined> {
  let settlement: Settlement | undefined;
  const take = (event: SliceEvent): void => {
    if (event.type === 'settled') settlement = event.settlement;
    if (event.type === 'sweep' && event.outcome === 'partial') journal.failed(event.error);
  };
  const events$ = sweepOnce(context).pipe(tap(take), takeUntil(fromEvent(signal, 'abort')));
  await lastValueFrom(events$, { defaultValue: undefined });
  signal.throwIfAborted();
  return settlement;
}

interface Journal {
  take(transaction: Transaction, state: ShardState): void;
  note(text: string): void;
  settled(slice: string, settlement: Settlement | undefined): void;
  failed(error: WorkerError): void;
  read(): DryRun;
}

/** Takes note of what a worker would commit. */
function createJournal(real: RealState, { kind }: Source, limit: number): Journal {
  const changes: DryChange[] = [];
  const counts = { r: 0, c: 0, u: 0, d: 0, 'dead-letter': 0 };
  const notes: string[] = [];
  const partial: WorkerError[] = [];
  let slices = 0;
  const decode = createSyncDecoder(real.schemaOf);
  const describe = (record: OutRecord, state: ShardState): DryChange =>
    record.topic === kind.deadLetterTopic ? letterOf(record) : changeOf(record, rowOf(decode, record, kind, state));
  return {
    take({ records }, state) {
      for (const record of records) {
        if (record.value === null) continue;
        counts[record.topic === kind.deadLetterTopic ? 'dead-letter' : (record.headers.__op as Op)] += 1;
        if (changes.length < limit) changes.push(describe(record, state));
      }
    },
    note: (text) => void notes.push(text),
    settled(slice, settlement) {
      slices += 1;
      if (settlement?.guarded === true)
        notes.push(`${slice}: the guard of deletes would stop ${settlement.open} of them`);
      else if ((settlement?.open ?? 0) > 0)
        notes.push(`${slice}: ${settlement?.open} missing, of which nothing is proved`);
    },
    failed: (error) => void partial.push(error),
    read: () => ({ changes, counts, slices, notes, partial }),
  };
}

function letterOf({ topic, key, value, headers }: OutRecord): DryChange {
  const text = (bytes: Uint8Array | null) => Buffer.from(bytes ?? []).toString();
  const after = JSON.parse(text(value)) as Row;
  const reason = headers['__connect.errors.exception.message'];
  return { op: 'dead-letter', topic, key: text(key), before: null, after, changed: [], reason };
}

interface Rows {
  readonly key: unknown;
  readonly before: Row | null;
  readonly after: Row;
}

function rowOf(decode: SyncDecoder, record: OutRecord, { name, codec }: SourceKind, state: ShardState): Rows {
  const key = decode(record.key ?? new Uint8Array()) as Readonly<Record<string, string>>;
  const after = withoutMeta(decode(record.value ?? new Uint8Array()) as Row);
  const entry = state.entry(name, Object.values(key));
  const writer = entry?.kind === 'live' ? state.schema(entry.schema) : undefined;
  if (entry?.kind !== 'live' || writer === undefined) return { key, before: null, after };
  const row = lastRow(codec, entry, writer);
  if (row === undefined) return { key, before: null, after };
  return { key, before: withoutMeta(decode(codec.encodeValue(row, NO_META)) as Row), after };
}

const NO_META = { op: 'r', sourceTsMs: 0, tsMs: 0 } as const;

/** The row that was published last, in today's schema where another one wrote it; undefined where it does not fit. */
function lastRow(codec: SourceKind['codec'], entry: LiveEntry, writer: string): Uint8Array | undefined {
  if (entry.schema === codec.fingerprint) return entry.rowBytes;
  try {
    return codec.upgradeRow(entry.rowBytes, writer).rowBytes;
  } catch (thrown) {
    if (toWorkerError(thrown).kind !== 'record') throw thrown;
    return undefined;
  }
}

function changeOf({ topic, headers }: OutRecord, { key, before, after }: Rows): DryChange {
  const op = headers.__op as Op;
  if (op === 'd') return { op, topic, key, before: before ?? after, after: null, changed: [] };
  const names = before === null ? [] : [...new Set([...Object.keys(before), ...Object.keys(after)])];
  const changed = names.filter((name) => JSON.stringify(before?.[name]) !== JSON.stringify(after[name]));
  return { op, topic, key, before, after, changed };
}

function withoutMeta(row: Row): Row {
  return Object.fromEntries(Object.entries(row).filter(([name]) => !name.startsWith('__')));
}
