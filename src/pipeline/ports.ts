import type { Op } from '../core/change.ts';
import type { Fault } from '../core/drift.ts';
import type { ItemShape } from '../core/item-shape.ts';
import type { EntityKey, Row } from '../core/record.ts';
import type { Checkpoint, Progress, StateRecord } from '../core/state.ts';
import type { DriftWatch } from './drift.ts';
import type { RejectGuard } from './reject-guard.ts';

/**
 * What the pipeline needs from outside. Adapters fit these shapes without importing them; `worker/wire.ts` is where
 * the compiler proves the fit. Every method that waits takes an AbortSignal and rejects with its reason when aborted.
 */

/** One HTTP answer, not parsed yet. */
export interface PolledPage {
  readonly body: Uint8Array;
  /** Whether nothing follows, where the headers said so: what the `last-page` header said, for a listing. */
  readonly lastPage: boolean | undefined;
  readonly receivedAtMs: number;
  /**
   * The items, where they are not simply the elements of a JSON list.
   *
   * @throws {WorkerError} transient `extract.*` for what is no data, config where a path does not fit the answer
   */
  readonly read?: (() => PageContent) | undefined;
  /** True where the same bytes may mean something else the next time: it is read each time. */
  readonly unlike?: boolean | undefined;
}

export interface PageContent {
  readonly items: readonly unknown[];
  readonly last: boolean;
  /** Entities that two witnesses say are gone (P4): a list that names or no longer shows them, and a read by id. */
  readonly gone?: readonly EntityKey[] | undefined;
}

/** The pages of one sweep, numbered from 1 and asked for in order; the same number again asks again. */
export interface Walk {
  /** @throws {WorkerError} transient (429, 5xx, network, time-out) or config (401, 403, 404, 400) */
  page(number: number, signal: AbortSignal): Promise<PolledPage>;
  /** What the sweep can show: an entity that starts outside has only moved out of sight. Undefined: everything. */
  readonly window?: Window | undefined;
  /** True where the state keeps what lies outside the window, and it is just not looked for; else it is forgotten. */
  readonly keeps?: boolean | undefined;
  /** Asked at the end of a complete sweep. */
  readonly advance?: ((end: SweepEnd) => Advance | undefined) | undefined;
  /** Told when all that a complete sweep has shown is committed, and its advance too where it was written. */
  readonly concluded?: (() => void) | undefined;
}

interface SweepEnd {
  /** What is gone was held back, and must be found again. */
  readonly guarded: boolean;
  /** Ids that were left as they are: another rhythm had changed them while this one was asking. */
  readonly left: ReadonlySet<string>;
}

/** How far a complete sweep has brought its rhythm. */
interface Advance {
  readonly progress: Progress;
  /** False where a restart could do without: then it is written when something else is. */
  readonly isNews: boolean;
  /** The owner's whole history has now been read. */
  readonly isWhole?: boolean | undefined;
}

/** What a walk may know of the state when it is begun. */
export interface Known {
  readonly progress: Progress;
  readonly isLive: (key: EntityKey) => boolean;
  /** Slices that own something. */
  readonly owners: () => readonly string[];
  readonly keysOf: (owner: string) => readonly EntityKey[];
}

/** From inclusive, to exclusive, epoch ms. */
export interface Window {
  readonly fromMs: number;
  readonly toMs: number;
}

/** What a read by id says of an entity that a complete sweep did not show (P4). */
export type Testimony =
  /** `item` is undefined where it is there, but not as this source shows it. */
  | { readonly says: 'alive'; readonly item: unknown; readonly receivedAtMs: number }
  | { readonly says: 'gone'; readonly receivedAtMs: number }
  /** Forbidden, unreachable, unclear: no evidence of anything. */
  | { readonly says: 'nothing'; readonly reason: string };

/** A slice's endpoint: a walk that is the same for every sweep, or begun anew for each. */
export interface Endpoint extends Walk {
  /** True where the answer comes in pages, numbered from 1; else page 1 is all there is. */
  readonly paged: boolean;
  /** Where a sweep's pages depend on when it began, or on each other. */
  readonly begin?: ((nowMs: number, known: Known) => Walk) | undefined;
  /** When its next sweep is due, where that depends on how far it has come; as `Schedule.nextAfter`. */
  readonly nextAfter?: ((startedAtMs: number | undefined, nowMs: number, at: Checkpoint) => number) | undefined;
  /** Undefined where Clockify has no read by id: then absence from a second complete sweep is the second witness. */
  readonly witness: ((key: EntityKey, signal: AbortSignal) => Promise<Testimony>) | undefined;
}

/** Rows to bytes, for one resource. */
export interface Codec {
  /** Of the row schema, 16 hex digits; stored with each row. */
  readonly fingerprint: string;
  /** The row schema itself, as canonical JSON text: kept in the state for later versions to read. */
  readonly rowSchema: string;
  readonly keySchemaId: number;
  /** With the five-byte header: the bytes of the Kafka key. */
  encodeKey(key: EntityKey): Uint8Array;
  /**
   * The row alone, without header and `__` fields, and its hash.
   *
   * @throws {WorkerError} record `encode.does_not_fit`, naming the path and both types
   */
  encodeRow(row: Row): { readonly rowBytes: Uint8Array; readonly hash: string };
  /** A row that another version wrote, as today's. Same errors as `encodeRow`. */
  upgradeRow(rowBytes: Uint8Array, writerSchema: string): { readonly rowBytes: Uint8Array; readonly hash: string };
  /** The whole published value: header, row, `__op`, `__deleted`, `__source_ts_ms`, `__ts_ms`. */
  encodeValue(
    rowBytes: Uint8Array,
    meta: { readonly op: Op; readonly sourceTsMs: number; readonly tsMs: number },
  ): Uint8Array;
}

/** 32 hex digits of a cryptographic hash. */
export type Digest = (data: Uint8Array | string) => string;

/** One record for a topic; the sink chooses the partition from the key as a Java producer would. */
export interface OutRecord {
  readonly topic: string;
  readonly key: Uint8Array | null;
  /** Null is a tombstone. */
  readonly value: Uint8Array | null;
  readonly headers: Readonly<Record<string, string>>;
  readonly timestampMs: number;
}

/** What becomes visible at once or not at all. */
export interface Transaction {
  readonly records: readonly OutRecord[];
  /** At most one record a key. */
  readonly state: readonly StateRecord[];
}

/**
 * The right to write for one shard. Making one fences every earlier holder: their commits fail from then on.
 * One transaction at a time; the caller takes care of that.
 */
export interface ShardWriter {
  /**
   * All or nothing. Records keep their order within a topic's partition.
   *
   * @throws {WorkerError} transient `sink.outcome_unknown` or `sink.fenced`: the writer is spent; fence and restore
   *   again, then go on from what the state says. Transient `sink.not_committed`: nothing was written, the writer is
   *   good. Config `sink.refused`: the far side will never take this (rights, size).
   */
  commit(transaction: Transaction): Promise<void>;
  /** Gives the shard up. An open transaction was finished or aborted before. Never throws. */
  close(): Promise<void>;
}

export interface TransactionalSink {
  /** @throws {WorkerError} transient `sink.unavailable` while the far side is away */
  fence(shard: number, signal: AbortSignal): Promise<ShardWriter>;
  /** Releases what is shared by all shards. Never throws. */
  close(): Promise<void>;
}

/** Reads a shard's state, every record up to what was committed when it was called. Call it after fencing. */
export interface StateReader {
  /**
   * `onRecord` may see a key more than once; the last one counts, a null value removes it. A value is good until it
   * returns: copy what is kept.
   */
  restore(shard: number, onRecord: (record: StateRecord) => void, signal: AbortSignal): Promise<RestoreStats>;
}

/** @internal */
export interface RestoreStats {
  readonly records: number;
  readonly bytes: number;
}

/** Which shards are this worker's. */
export interface Membership {
  /**
   * Takes part until the signal aborts, then leaves and resolves. `onShards` is told the whole set at each change,
   * before which the worker owns nothing.
   *
   * @throws {WorkerError} config or fatal where taking part is impossible
   */
  run(onShards: (shards: ReadonlySet<number>) => void, signal: AbortSignal): Promise<void>;
  /** False while a rebalance is under way or the last heartbeat is too old: then no transaction may begin. */
  mayCommit(): boolean;
  /** Resolves with the first successful sign of membership after this call. */
  nextHeartbeat(signal: AbortSignal): Promise<void>;
}

/** What a source is, apart from where its pages come from. Shared by its slices. */
export interface SourceKind {
  readonly app: string;
  /** The configured name: its identity, state belongs to it. */
  readonly name: string;
  /** Singular, snake_case: `time_entry`. In `ce_type` and `ce_id`. */
  readonly resource: string;
  readonly topic: string;
  readonly deadLetterTopic: string;
  /** Of one message of the topic; undefined: as many as it likes. */
  readonly maxBytes?: number | undefined;
  /** Of one message of the dead letters. */
  readonly maxLetterBytes?: number | undefined;
  readonly codec: Codec;
  readonly mapper: Mapper;
  /** Puts out of sight what nobody downstream may see; undefined: everything may be seen. */
  readonly mask?: ((item: unknown) => unknown) | undefined;
  /** What the mask was made of, so that a dead letter can say by which one it was masked. */
  readonly maskId?: string | undefined;
  readonly drift: DriftWatch;
  /** Undefined: however many items do not fit, they go to the dead letters. */
  readonly rejects?: RejectGuard | undefined;
  /** False where an empty list cannot be true: whoever asks is always in it. It proves nothing then. */
  readonly mayBeEmpty: boolean;
  /** The slice an item belongs to, where the item itself says so; else the slice that saw it. */
  readonly ownerOf: (item: unknown, slice: Slice) => string;
}

export type Params = Readonly<Record<string, string>>;

/** Items to rows, for one template. */
export interface Mapper {
  /** @throws {WorkerError} record `extract.no_key` */
  keyOf(item: unknown, params: Params): EntityKey;
  /** @throws {WorkerError} record `extract.wrong_type`, `extract.no_key` */
  rowOf(item: unknown, params: Params): Row;
  /** Start of the entity in epoch ms, null where it has none. */
  startOf(row: Row): number | null;
  /** Paths in the item that no field takes. Counted, not an error. */
  unknownFields(item: unknown): readonly string[];
  readonly shape: ItemShape;
  /** Why an item is no row: all that is wrong with it. */
  faults(item: unknown): readonly Fault[];
}

/** One concrete unit of polling: a source with every parameter bound. */
export interface Slice {
  /** `time-entries/{workspace}/{user}`; state names its owner by it. */
  readonly id: string;
  readonly params: Params;
  /** Where several slices look at the same entities, each at its own pace: the name of the pace. */
  readonly rhythm?: string | undefined;
  /** Whose entities its sweeps settle; undefined: what it has shown itself, or nothing where it is a rhythm. */
  readonly owner?: string | undefined;
}

/** How many missing entities a sweep may settle as deleted before a person must agree (P4). */
export interface DeleteGuard {
  /** Share of the slice's entities, 0 to 1. */
  readonly share: number;
  /** Below this number the guard never trips. */
  readonly atLeast: number;
}

/** Time, and a source of randomness in [0, 1): injected, so that tests own both. */
export interface Ambient {
  /** Wall clock in epoch ms: what is written down, or told to others. It may jump, both ways. */
  readonly now: () => number;
  /** In ms, from wherever it began; never back: whatever is a length of time. */
  readonly monotonic: () => number;
  readonly random: () => number;
}
