import { type Change, nextTsMs } from '../core/change.ts';
import type { EncodedRecord, Reject } from '../core/record.ts';
import type { Checkpoint, LiveEntry } from '../core/state.ts';
import { commit, outcomeOf } from './commit.ts';
import { type Counts, countsOf, NO_COUNTS } from './counts.ts';
import { deadLetterId, diff } from './diff.ts';
import { encodeRecord } from './encode.ts';
import { type Evidence, exceedsGuard, gatherEvidence, type Missing } from './evidence.ts';
import { extractItem } from './extract.ts';
import type { Settlement, SliceContext, Sweep } from './sweep.ts';

/** A grave older than this has done its work: whoever restores the entity later starts it anew. */
const GRAVE_MS = 7 * 24 * 3_600_000;
/** A sweep that changed nothing is written down at most this often. */
const CHECKPOINT_EVERY_MS = 5 * 60_000;
/** Deletes of one transaction: each is a row, a tombstone and a state record. */
const DELETES_PER_COMMIT = 500;

export interface Settled {
  readonly settlement: Settlement;
  readonly counts: Counts;
}

/**
 * Stage 6, at the end of a complete sweep: the entities it did not show are settled by a second witness (P4), and the
 * sweep is written down.
 *
 * @throws {WorkerError} as `Endpoint.witness` and `ShardWriter.commit`; transient `settle.sweep_not_credible` where the
 *   reads contradict the sweep
 */
export async function settle(sweep: Sweep, signal: AbortSignal): Promise<Settled> {
  const evidence = await gatherEvidence(sweep, signal);
  const guarded = exceedsGuard(sweep.context.guard, evidence.gone.length, evidence.owned);
  const gone = guarded ? [] : evidence.gone;
  const revived = await commitAlive(sweep, evidence);
  let deleted = 0;
  for (let from = 0; from < gone.length; from += DELETES_PER_COMMIT) {
    deleted += await commitGone(sweep.context, gone.slice(from, from + DELETES_PER_COMMIT), evidence.receivedAtMs);
  }
  await commitSweep(sweep, guarded, evidence.outOfSight);
  const { missing, alive } = evidence;
  const settlement = { missing, alive: alive.length, open: missing - alive.length - deleted, gone: deleted, guarded };
  return { settlement, counts: { ...revived, published: { ...revived.published, d: deleted } } };
}

/** What the witness showed instead of a missing entity is news like any other. */
async function commitAlive(sweep: Sweep, evidence: Evidence): Promise<Counts> {
  const { context } = sweep;
  if (evidence.alive.length === 0) return NO_COUNTS;
  const records: EncodedRecord[] = [];
  const rejects: Reject[] = [];
  for (const item of evidence.alive) {
    if (item === undefined) continue;
    const read = extractItem(context, item);
    const encoded = 'code' in read ? read : encodeRecord(context.source, read);
    if ('code' in encoded) rejects.push(encoded);
    else records.push(encoded);
  }
  for (const reject of rejects) sweep.metRejects.add(deadLetterId(context, reject));
  return context.shard.exclusive(async () => {
    const found = diff(context, records, rejects, evidence.receivedAtMs);
    await commit(context, outcomeOf(found));
    return countsOf({ items: records.length + rejects.length, superseded: 0, unknownFields: new Map() }, found);
  });
}

/** Deletes those that are still as the evidence found them, and says how many. */
async function commitGone(context: SliceContext, gone: readonly Missing[], receivedAtMs: number): Promise<number> {
  const deleted = await context.shard.exclusive(async () => {
    const changes = gone.flatMap((each) => deleteOf(context, each, receivedAtMs));
    await commit(context, { ...NOTHING, changes });
    return changes.length;
  });
  for (const { stateKey } of gone) context.memory.absences.delete(stateKey);
  return deleted;
}

function deleteOf(context: SliceContext, { stateKey, key, entry }: Missing, sourceTsMs: number): Change[] {
  if (context.shard.state.entryAt(stateKey) !== entry) return [];
  const { hash, startMs } = entry;
  const tsMs = nextTsMs(context.ambient.now(), entry.tsMs);
  const keyBytes = context.source.codec.encodeKey(key);
  return [
    { op: 'd', key, slice: entry.slice, keyBytes, rowBytes: rowOf(context, entry), hash, startMs, sourceTsMs, tsMs },
  ];
}

/** The last known row in today's schema. */
function rowOf(context: SliceContext, entry: LiveEntry): Uint8Array {
  const { codec } = context.source;
  const writer = context.shard.state.schema(entry.schema);
  if (entry.schema === codec.fingerprint || writer === undefined) return entry.rowBytes;
  return codec.upgradeRow(entry.rowBytes, writer).rowBytes;
}

/** Writes the sweep down, when it says something new or has not been for a while, and forgets what is over. */
async function commitSweep(sweep: Sweep, guarded: boolean, outOfSight: readonly Missing[]): Promise<void> {
  const { context } = sweep;
  const { source, slice, shard, ambient } = context;
  await shard.exclusive(async () => {
    const now = ambient.now();
    const before = shard.state.checkpoint(source.name, slice.id) ?? {};
    const healed = shard.state.rejectsOf(source.name, slice.id).filter((id) => !sweep.metRejects.has(id));
    const forgotten = [
      ...shard.state.gravesBefore(source.name, now - GRAVE_MS),
      ...outOfSight
        .filter(({ stateKey, entry }) => shard.state.entryAt(stateKey) === entry)
        .map((each) => each.stateKey),
    ];
    const absences = absencesOf(context);
    const isNews = !isSameCount(absences, before.absences);
    const due = isNews || (!guarded && now - (before.lastCompleteAtMs ?? 0) >= CHECKPOINT_EVERY_MS);
    if (!due && before.firstCompleteAtMs !== undefined && healed.length + forgotten.length === 0) return;
    const checkpoint: Checkpoint = {
      firstCompleteAtMs: before.firstCompleteAtMs ?? now,
      lastCompleteAtMs: guarded ? before.lastCompleteAtMs : now,
      absences,
    };
    await commit(context, { ...NOTHING, healed, forgotten, checkpoint });
  });
}

/** A list that hid more than this is no everyday one; what is over the limit is counted from the next start on. */
const ABSENCES_KEPT = 1_000;

/** What a restart must know of absences: without it, one that comes before every second sweep would delete nothing. */
function absencesOf({ memory }: SliceContext): Checkpoint['absences'] {
  if (memory.absences.size === 0) return undefined;
  return Object.fromEntries([...memory.absences].slice(0, ABSENCES_KEPT));
}

function isSameCount(now: Checkpoint['absences'] = {}, before: Checkpoint['absences'] = {}): boolean {
  const keys = Object.keys(now);
  return keys.length === Object.keys(before).length && keys.every((key) => now[key] === before[key]);
}

const NOTHING = {
  changes: [],
  adopted: [],
  deadLetters: [],
  healed: [],
  forgotten: [],
  checkpoint: undefined,
} as const;
