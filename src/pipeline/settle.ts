import { type Change, nextTsMs } from '../core/change.ts';
import type { DriftCounts, Fault } from '../core/drift.ts';
import type { EncodedRecord, EntityKey, Reject } from '../core/record.ts';
import { entityStateKey } from '../core/state-codec.ts';
import { commit, outcomeOf } from './commit.ts';
import { type Counts, countsOf, NO_COUNTS } from './counts.ts';
import { deadLetterId, diff, sightingOf } from './diff.ts';
import { encodeRecord } from './encode.ts';
import { type Evidence, gatherEvidence, type Missing, toldGone, withTold } from './evidence.ts';
import { extractItem } from './extract.ts';
import { exceedsGuard, type Held, heldOf, isAgreed } from './guard.ts';
import { lastRow } from './last-row.ts';
import { type Asked, askedNow } from './poll.ts';
import { inTurn, lookedAt, type Settlement, type SliceContext, type Sweep } from './sweep.ts';
import { writeDown } from './sweep-end.ts';

/** Deletes of one transaction: each is a row, a tombstone and a state record. */
const DELETES_PER_COMMIT = 500;

export interface Settled {
  readonly settlement: Settlement;
  readonly counts: Counts;
  readonly drift: DriftCounts;
}

/**
 * Stage 6, at the end of a complete sweep: the entities it did not show are settled by a second witness (P4), and the
 * sweep is written down.
 *
 * @throws {WorkerError} as `Endpoint.witness` and `ShardWriter.commit`; transient `settle.sweep_not_credible` where the
 *   reads contradict the sweep
 */
export async function settle(sweep: Sweep, signal: AbortSignal): Promise<Settled> {
  await sweep.context.shard.writable(signal);
  const asked = askedNow(sweep.context);
  const told = await toldGone(sweep, signal);
  const evidence = withTold(await gatherEvidence(sweep, signal), told, sweep);
  const { gone, held } = underGuard(sweep, evidence, told);
  const guarded = held !== undefined;
  const { faults, ...revived } = await commitAlive(sweep, evidence, asked);
  let deleted = 0;
  for (let from = 0; from < gone.length; from += DELETES_PER_COMMIT) {
    deleted += await commitGone(sweep, gone.slice(from, from + DELETES_PER_COMMIT), evidence.receivedAtMs);
  }
  await writeDown(sweep, guarded, evidence.outOfSight);
  sweep.walk.concluded?.();
  remember(sweep, held);
  const drift = sweep.context.source.drift.noteSweep(lookedAt(sweep), faults);
  const { missing, alive } = evidence;
  const open = missing - alive.length - deleted;
  const settlement: Settlement = { missing, alive: alive.length, open, gone: deleted, guarded };
  return {
    settlement: held === undefined ? settlement : { ...settlement, held: held.gone.length },
    counts: { ...revived.counts, published: { ...revived.counts.published, d: deleted } },
    drift,
  };
}

/** What may go now, and what is held back: those that nobody has agreed to, where they are too many. */
function underGuard({ context, agreed }: Sweep, evidence: Evidence, told: readonly Missing[]) {
  const confirmed = evidence.gone.filter((each) => isAgreed(agreed, each));
  const fresh = evidence.gone.filter((each) => !isAgreed(agreed, each));
  const unagreed = fresh.length + evidence.held.length;
  if (!exceedsGuard(context.guard, unagreed, evidence.owned - confirmed.length)) return { gone: evidence.gone };
  const held: Held = {
    gone: [...evidence.held, ...fresh].map(heldOf),
    told: told.filter((each) => !isAgreed(agreed, each)).map(heldOf),
    absent: evidence.absent.filter((each) => !isAgreed(agreed, each)).map(heldOf),
    sinceMs: context.memory.guard.held?.sinceMs ?? context.ambient.now(),
  };
  return { gone: confirmed, held };
}

/** An agreement is about one guarded sweep: it is used up by the next one that is complete. */
function remember({ context, agreed }: Sweep, held: Held | undefined): void {
  const { guard } = context.memory;
  guard.held = held;
  if (guard.agreed === agreed) guard.agreed = new Map();
}

interface Revived {
  readonly counts: Counts;
  readonly faults: readonly Fault[];
}

/** What the witness showed instead of a missing entity is news like any other. */
async function commitAlive(sweep: Sweep, evidence: Evidence, asked: Asked): Promise<Revived> {
  const { context } = sweep;
  if (evidence.alive.length === 0) return { counts: NO_COUNTS, faults: [] };
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
  return inTurn(context, async () => {
    const found = diff(context, records, rejects, evidence.receivedAtMs, asked);
    context.source.rejects?.admit(evidence.alive.length, found.deadLetters.length, context.ambient.monotonic());
    await commit(context, outcomeOf(found));
    const left = new Set(found.left);
    noteSeen(
      context,
      records.map(({ key }) => key).filter((key) => !left.has(key)),
      asked.atMs,
    );
    const counts = countsOf({ items: records.length + rejects.length, superseded: 0 }, found);
    return { counts, faults: rejects.flatMap(({ raw }) => context.source.mapper.faults(raw)) };
  });
}

/** Deletes those that are still as the evidence found them and were not seen since, and says how many. */
async function commitGone(sweep: Sweep, gone: readonly Missing[], receivedAtMs: number): Promise<number> {
  const { context, startedAtMs } = sweep;
  const deleted = await inTurn(context, async () => {
    const changes = gone.flatMap((each) => deleteOf(sweep, each, receivedAtMs));
    await commit(context, { ...NOTHING, changes });
    noteSeen(
      context,
      changes.map(({ key }) => key),
      startedAtMs,
    );
    return changes.length;
  });
  for (const { stateKey } of gone) context.memory.absences.delete(stateKey);
  return deleted;
}

/** Gone or not: its next change was not before it was seen so. */
function noteSeen({ source, shard }: SliceContext, keys: readonly EntityKey[], askedAtMs: number): void {
  for (const key of keys) shard.state.noteSeen(entityStateKey(source.name, key), askedAtMs);
}

function deleteOf({ context, startedAtMs }: Sweep, missing: Missing, answeredAtMs: number): Change[] {
  const { stateKey, key, entry, version, receivedAtMs: sourceTsMs = answeredAtMs, askedAtMs = startedAtMs } = missing;
  if (context.shard.state.versionAt(stateKey) !== version || isSeenSince(context, stateKey, askedAtMs)) return [];
  const { startMs } = entry;
  const tsMs = nextTsMs(context.ambient.now(), entry.tsMs);
  const keyBytes = context.source.codec.encodeKey(key);
  const sighting = sightingOf(context, key, sourceTsMs);
  const { rowBytes, hash } = lastRow(context, entry);
  return [{ op: 'd', key, slice: entry.slice, keyBytes, rowBytes, hash, startMs, sourceTsMs, tsMs, sighting }];
}

/** P4: an answer that comes late may be older than what another rhythm has asked since, and seen. */
function isSeenSince({ shard, ambient }: SliceContext, stateKey: string, askedAtMs: number): boolean {
  const seenAtMs = shard.state.seenAt(stateKey) ?? 0;
  // What lies ahead is of a clock that was put back since.
  return seenAtMs > askedAtMs && seenAtMs <= ambient.now();
}

const NOTHING = { adopted: [], deadLetters: [], healed: [], forgotten: [], checkpoint: undefined } as const;
