import type { Checkpoint } from '../core/state.ts';
import { commit, type Outcome } from './commit.ts';
import type { Missing } from './evidence.ts';
import { inTurn, type SliceContext, type Sweep } from './sweep.ts';

/** A grave older than this has done its work: whoever restores the entity later starts it anew. */
const GRAVE_MS = 7 * 24 * 3_600_000;
/** A sweep that changed nothing is written down at most this often. */
const CHECKPOINT_EVERY_MS = 5 * 60_000;

/** Writes the sweep down, when it says something new or has not been for a while, and forgets what is over. */
export async function writeDown(sweep: Sweep, guarded: boolean, outOfSight: readonly Missing[]): Promise<void> {
  const { context } = sweep;
  const { source, slice, shard, ambient } = context;
  await inTurn(context, async () => {
    const now = ambient.now();
    const before = shard.state.checkpoint(source.name, slice.id) ?? {};
    const healed = healedBy(sweep);
    const advance = sweep.walk.advance?.({ guarded, left: sweep.left });
    const forgotten = forgottenBy(sweep, outOfSight, now - GRAVE_MS);
    const absences = absencesOf(context);
    const isNews = advance?.isNews === true || !isSameCount(absences, before.absences);
    const due = isNews || isDue(before, guarded, now);
    if (!due && healed.length + forgotten.length === 0) return;
    const checkpoint: Checkpoint = {
      firstCompleteAtMs: before.firstCompleteAtMs ?? now,
      lastCompleteAtMs: guarded ? before.lastCompleteAtMs : now,
      absences,
      progress: advance?.progress ?? before.progress,
    };
    const whole = advance?.isWhole === true ? wholeAt(context, now) : undefined;
    await commit(context, { ...NOTHING, healed, forgotten, checkpoint, whole });
  });
}

function isDue({ firstCompleteAtMs, lastCompleteAtMs = 0 }: Checkpoint, guarded: boolean, nowMs: number): boolean {
  return firstCompleteAtMs === undefined || (!guarded && nowMs - lastCompleteAtMs >= CHECKPOINT_EVERY_MS);
}

/** Graves that are old enough, and what has left the window of a walk that keeps nothing else. */
function forgottenBy({ context }: Sweep, outOfSight: readonly Missing[], beforeMs: number): readonly string[] {
  const { state } = context.shard;
  const same = outOfSight.filter(({ stateKey, version }) => state.versionAt(stateKey) === version);
  return [...state.gravesBefore(context.source.name, beforeMs), ...same.map(({ stateKey }) => stateKey)];
}

/** A rhythm sees a part, so that what it does not show may still be as unfit as it was. */
function healedBy({ context: { shard, source, slice }, metRejects }: Sweep): readonly string[] {
  if (slice.rhythm !== undefined) return [];
  return shard.state.rejectsOf(source.name, slice.id).filter((id) => !metRejects.has(id));
}

/** The owner's own checkpoint, once its history has been read: from then on what is new is a create. */
function wholeAt({ shard, source, slice }: SliceContext, nowMs: number): Outcome['whole'] {
  if (slice.owner === undefined) return undefined;
  const before = shard.state.checkpoint(source.name, slice.owner) ?? {};
  const checkpoint = { ...before, firstCompleteAtMs: before.firstCompleteAtMs ?? nowMs, lastCompleteAtMs: nowMs };
  return { slice: slice.owner, checkpoint };
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

const NOTHING = { changes: [], adopted: [], deadLetters: [] } as const;
