import { type Change, nextTsMs, type Op, type Sighting } from '../core/change.ts';
import { toWorkerError } from '../core/errors.ts';
import { objectIdTimeMs } from '../core/object-id.ts';
import { rawText } from '../core/raw-text.ts';
import type { EncodedRecord, EntityKey, Reject } from '../core/record.ts';
import { type Grave, type LiveEntry, sourceSlice } from '../core/state.ts';
import { entityStateKey } from '../core/state-codec.ts';
import type { Asked } from './poll.ts';
import type { SliceContext } from './sweep.ts';

/** What records say against the state. */
export interface Diff {
  readonly changes: readonly Change[];
  /** Nothing to publish, but the state must say it anew: another slice owns it now, or today's schema wrote it. */
  readonly adopted: readonly Adoption[];
  readonly unchanged: number;
  readonly deadLetters: readonly DeadLetter[];
  /** In the dead letters already, and still the same; or replaced by a later one of the same page. */
  readonly repeated: number;
  /** Ids of rejects that fit now. */
  readonly healed: readonly string[];
  /** Left as they are: another rhythm has changed them since this answer was asked for. */
  readonly left: readonly EntityKey[];
}

export interface Adoption {
  readonly key: EntityKey;
  readonly entry: LiveEntry;
}

export interface DeadLetter {
  readonly id: string;
  readonly hash: string;
  readonly reject: Reject;
  /** How often it was tried; once unless told. */
  readonly attempt?: number | undefined;
}

/**
 * Stage 4: records against the state. Reads the state, changes nothing; what it gives is true only as long as
 * nobody else commits, hence within `Shard.exclusive`.
 */
export function diff(
  context: SliceContext,
  records: readonly EncodedRecord[],
  rejects: readonly Reject[],
  receivedAtMs: number,
  asked?: Asked,
): Diff {
  const changes: Change[] = [];
  const adopted: Adoption[] = [];
  const healed: string[] = [];
  const left: EntityKey[] = [];
  const { state } = context.shard;
  for (const record of records) {
    const entry = state.entry(context.source.name, record.key);
    const op = opOf(context, record, entry);
    if (op !== undefined && isOutdated(context, record.key, asked)) left.push(record.key);
    else if (op !== undefined) changes.push(changeOf(context, op, record, entry, receivedAtMs));
    else if (entry?.kind === 'live') adopt(context, record, entry, adopted);
    if (state.rejectCount > 0) heal(context, record.key, healed);
  }
  const letters = lettersById(context, rejects);
  const fresh = [...letters.values()].filter(({ id, hash }) => state.reject(context.source.name, id)?.hash !== hash);
  return {
    changes,
    adopted,
    unchanged: records.length - changes.length - left.length,
    deadLetters: fresh,
    repeated: rejects.length - fresh.length,
    healed: healed.filter((id) => !letters.has(id)),
    left,
  };
}

/**
 * P3: of two rhythms that ask at once, the one that commits later may hold the older answer. It is left then: the next
 * sweep asks again.
 */
export function isOutdated({ source, slice, shard }: SliceContext, key: EntityKey, asked: Asked | undefined): boolean {
  if (slice.rhythm === undefined || asked === undefined) return false;
  return shard.state.versionAt(entityStateKey(source.name, key)) > asked.version;
}

/** Undefined for an entity that is as it was published last. */
function opOf(context: SliceContext, record: EncodedRecord, entry: LiveEntry | Grave | undefined): Op | undefined {
  if (entry?.kind === 'live') return isSame(context, record, entry) ? undefined : 'u';
  if (entry?.kind === 'grave' && context.slice.rhythm !== undefined) return 'c';
  return opOfNew(context, record);
}

/**
 * `r` until the slice has once been read to its end. In a slice that came later, an id that was made after the
 * source had been read to its end is new (`c`), an older one was there all along (`r`).
 */
function opOfNew({ source, slice, shard }: SliceContext, { key, raw }: EncodedRecord): Op {
  const owner = slice.rhythm === undefined ? slice.id : source.ownerOf(raw, slice);
  if (shard.state.checkpoint(source.name, owner)?.firstCompleteAtMs !== undefined) return 'c';
  const baselineAtMs = shard.state.checkpoint(source.name, sourceSlice(slice.params.workspace))?.firstCompleteAtMs;
  const madeAtMs = objectIdTimeMs(key.at(-1) ?? '');
  return baselineAtMs !== undefined && madeAtMs !== undefined && madeAtMs > baselineAtMs ? 'c' : 'r';
}

/**
 * Whether a record says what was published last. Where the hashes differ, the stored row is encoded as today before it
 * counts as different: an earlier schema, or other fields under `ignore_changes`, may have made its hash.
 */
function isSame(context: SliceContext, record: EncodedRecord, entry: LiveEntry): boolean {
  const { codec } = context.source;
  if (entry.schema === codec.fingerprint && entry.hash === record.hash) return true;
  const writer = context.shard.state.schema(entry.schema);
  if (writer === undefined) return entry.hash === record.hash;
  try {
    return codec.upgradeRow(entry.rowBytes, writer).hash === record.hash;
  } catch (thrown) {
    if (toWorkerError(thrown).kind === 'record') return false;
    throw thrown;
  }
}

function changeOf(
  context: SliceContext,
  op: Op,
  record: EncodedRecord,
  entry: LiveEntry | Grave | undefined,
  sourceTsMs: number,
): Change {
  const { key, keyBytes, rowBytes, hash, startMs } = record;
  const tsMs = nextTsMs(context.ambient.now(), entry?.tsMs);
  const slice = context.source.ownerOf(record.raw, context.slice);
  const sighting = sightingOf(context, key, sourceTsMs);
  return { op, key, slice, keyBytes, rowBytes, hash, startMs, sourceTsMs, tsMs, sighting };
}

/** What no rhythm has seen before was made after its id was. */
export function sightingOf(
  { source, slice, shard }: SliceContext,
  key: EntityKey,
  notAfterMs: number,
): Sighting | undefined {
  if (slice.rhythm === undefined) return undefined;
  const seenAtMs = shard.state.seenAt(entityStateKey(source.name, key));
  return { by: slice.rhythm, notBeforeMs: seenAtMs ?? objectIdTimeMs(key.at(-1) ?? ''), notAfterMs };
}

function adopt(context: SliceContext, record: EncodedRecord, entry: LiveEntry, into: Adoption[]): void {
  const { fingerprint } = context.source.codec;
  const slice = context.source.ownerOf(record.raw, context.slice);
  if (entry.slice === slice && entry.schema === fingerprint && entry.hash === record.hash) return;
  const { rowBytes, hash, startMs } = record;
  into.push({ key: record.key, entry: { ...entry, slice, schema: fingerprint, rowBytes, hash, startMs } });
}

function heal(context: SliceContext, key: EntityKey, into: string[]): void {
  const id = keyedId(context, key);
  if (context.shard.state.reject(context.source.name, id) !== undefined) into.push(id);
}

/** Of two rejects under one id the later counts: a transaction says each key of the state once. */
function lettersById(context: SliceContext, rejects: readonly Reject[]): ReadonlyMap<string, DeadLetter> {
  const letters = rejects.map((reject) => deadLetterOf(context, reject));
  return new Map(letters.map((letter) => [letter.id, letter]));
}

function deadLetterOf(context: SliceContext, reject: Reject): DeadLetter {
  return { id: deadLetterId(context, reject), hash: contentHash(context, reject), reject };
}

/** A reject is known by its key, or, where the key is the fault, by its content. */
export function deadLetterId(context: SliceContext, reject: Reject): string {
  return reject.key === undefined ? contentHash(context, reject) : keyedId(context, reject.key);
}

/** Longer ones would not fit into the messages that are to tell of them. */
const MAX_ID_LENGTH = 1_000;

function keyedId(context: SliceContext, key: EntityKey): string {
  const id = JSON.stringify(key);
  return id.length <= MAX_ID_LENGTH ? id : context.digest(id);
}

function contentHash(context: SliceContext, reject: Reject): string {
  return context.digest(rawText(reject.raw));
}
