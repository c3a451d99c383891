import type { SliceContext } from '../pipeline/sweep.ts';

/** How far something is that takes many sweeps. */
export interface Progress {
  readonly done: number;
  readonly of: number;
  readonly isDone: boolean;
  /** By the pace so far; undefined: not known yet. */
  readonly remainingMs: number | undefined;
}

/**
 * How many owners have been read to their end. A rhythm that reads the whole history has the say where there is one:
 * what the last days show is not a load.
 */
export function loadOf(contexts: readonly SliceContext[], nowMs: number): Progress {
  const owners = new Map<string, boolean>();
  const isByOwner = hasHistory(contexts);
  let beganMs = nowMs;
  for (const context of contexts.filter(isOfOwner)) {
    const { slice, source, shard } = context;
    const owner = slice.owner ?? slice.id;
    const at = shard.state.checkpoint(source.name, isByOwner ? owner : slice.id)?.firstCompleteAtMs;
    owners.set(owner, (owners.get(owner) ?? false) || at !== undefined);
    beganMs = Math.min(beganMs, passOf(context)?.startedAtMs ?? nowMs);
  }
  return progress([...owners.values()].filter(Boolean).length, owners.size, nowMs - beganMs);
}

/** How many windows of the history have been read in this pass, of as many as the one before had. */
export function reconcileOf(contexts: readonly SliceContext[], nowMs: number): Progress | undefined {
  const passes = contexts.flatMap((context) => passOf(context) ?? []);
  if (passes.length === 0) return undefined;
  let [done, of, beganMs] = [0, 0, nowMs];
  for (const { windows, windowsBefore, toMs, startedAtMs } of passes) {
    const isOver = toMs === undefined && windows > 0;
    done += windows;
    // How many there are is not known in the first pass: one more, at least.
    of += isOver ? windows : Math.max(windowsBefore ?? 0, windows + 1);
    beganMs = Math.min(beganMs, startedAtMs);
  }
  const isFirst = passes.some(({ windowsBefore, toMs }) => windowsBefore === undefined && toMs !== undefined);
  const all = progress(done, of, nowMs - beganMs);
  return isFirst ? { ...all, remainingMs: undefined } : all;
}

function isOfOwner({ slice }: SliceContext): boolean {
  return slice.rhythm === undefined || slice.owner !== undefined;
}

function hasHistory(contexts: readonly SliceContext[]): boolean {
  return contexts.some(({ slice }) => slice.rhythm === 'reconcile' && slice.owner !== undefined);
}

function passOf({ slice, source, shard }: SliceContext) {
  if (slice.rhythm !== 'reconcile' || slice.owner === undefined) return undefined;
  return shard.state.checkpoint(source.name, slice.id)?.progress?.pass;
}

function progress(done: number, of: number, tookMs: number): Progress {
  const isDone = of > 0 && done === of;
  const remainingMs = isDone || done === 0 || tookMs <= 0 ? undefined : Math.round((tookMs / done) * (of - done));
  return { done, of, isDone, remainingMs };
}
