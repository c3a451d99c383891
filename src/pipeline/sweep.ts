import { type DriftCounts, NO_DRIFT } from '../core/drift.ts';
import type { WorkerError } from '../core/errors.ts';
import { PRIORITY_LEVELS, type Priority } from '../core/rate.ts';
import { entityKeyOf, entityStateKey } from '../core/state-codec.ts';
import type { Counts } from './counts.ts';
import { type LookedAt, newSliceSights, newSweepSights, type SliceSights, type SweepSights } from './drift-missing.ts';
import type { Missing } from './evidence.ts';
import { type Agreed, newGuard, type SliceGuard } from './guard.ts';
import { PageMemory } from './page-memory.ts';
import type { Ambient, DeleteGuard, Digest, Endpoint, Known, Slice, SourceKind, Walk } from './ports.ts';
import type { Shard } from './shard.ts';
import type { ShardState } from './shard-state.ts';

/** Everything a slice works with. */
export interface SliceContext {
  readonly slice: Slice;
  readonly source: SourceKind;
  readonly endpoint: Endpoint;
  readonly shard: Shard;
  readonly guard: DeleteGuard;
  readonly ambient: Ambient;
  readonly digest: Digest;
  readonly onRetry: (error: WorkerError, waitMs: number) => void;
  /** What outlives a sweep, but not the process. */
  readonly memory: SliceMemory;
}

interface SliceMemory {
  readonly pages: PageMemory;
  /**
   * State key → complete sweeps that did not show it, since it was last shown. Where there is a read by id, only what
   * that did not find gone, and the one read last at the end.
   */
  readonly absences: Map<string, number>;
  /** The next sweep comes right after another: it is no second look, so that absence from it proves nothing. */
  isHasty: boolean;
  readonly guard: SliceGuard;
  readonly sights: SliceSights;
}

/** What a slice begins with on a shard: nothing of its pages, and the absences that its complete sweeps have counted. */
export function newMemory(
  state: ShardState,
  source: string,
  slice: Slice,
  { isHasty = false, guard = newGuard() }: Partial<Pick<SliceMemory, 'isHasty' | 'guard'>> = {},
): SliceMemory {
  const { absences = {} } = state.checkpoint(source, slice.id) ?? {};
  const sights = newSliceSights();
  return { pages: new PageMemory(), absences: new Map(Object.entries(absences)), isHasty, guard, sights };
}

/** One walk through a slice's pages: what it has met so far. In memory only, so half a sweep is never evidence. */
export interface Sweep {
  readonly context: SliceContext;
  readonly startedAtMs: number;
  /** The same moment on the monotonic clock. */
  readonly beganMs: number;
  readonly walk: Walk;
  /** State keys of the entities it was shown. */
  readonly met: Set<string>;
  /** Ids of the rejects it was shown. */
  readonly metRejects: Set<string>;
  /** What its pages have proved gone. */
  readonly gone: Missing[];
  /** Ids that it left as they are: another rhythm had changed them while it asked. */
  readonly left: Set<string>;
  /** The version of the state when it was begun. */
  readonly version: number;
  /** What a person had agreed to lose when it was begun. */
  readonly agreed: Agreed;
  /** An item without a readable key may be any entity: absence proves nothing then. */
  sawUnnamed: boolean;
  /** A page that the one before it had promised showed nothing new: rows were lost, so absence proves nothing. */
  sawHole: boolean;
  readonly sights: SweepSights;
  /** What a page has shown that was refused as a whole. */
  refused: DriftCounts;
}

export function beginSweep(context: SliceContext): Sweep {
  const startedAtMs = context.ambient.now();
  const { memory } = context;
  const sawHole = memory.isHasty;
  memory.isHasty = false;
  return {
    context,
    startedAtMs,
    beganMs: context.ambient.monotonic(),
    walk: context.endpoint.begin?.(startedAtMs, knownTo(context)) ?? context.endpoint,
    met: new Set(),
    metRejects: new Set(),
    gone: [],
    left: new Set(),
    version: context.shard.state.version,
    agreed: memory.guard.agreed,
    sawUnnamed: false,
    sawHole,
    sights: newSweepSights(),
    refused: NO_DRIFT,
  };
}

/** Who looks, for what is told of the shape. */
export function lookedAt({ context, sights }: Sweep): LookedAt {
  const { slice, memory, ambient } = context;
  return { rhythm: slice.rhythm ?? '', slice: memory.sights, sweep: sights, nowMs: ambient.monotonic() };
}

/** One piece of work on the slice's shard, when its turn comes: what is looked at most often goes first. */
export function inTurn<T>({ shard, slice: { rhythm } }: SliceContext, work: () => Promise<T>): Promise<T> {
  const isPriority = rhythm !== undefined && Object.hasOwn(PRIORITY_LEVELS, rhythm);
  return shard.exclusive(work, isPriority ? (rhythm as Priority) : 'list');
}

/** Where nothing has been published yet. */
export const NOTHING_KNOWN: Known = { progress: {}, isLive: () => false, owners: () => [], keysOf: () => [] };

function knownTo({ source, slice, shard: { state } }: SliceContext): Known {
  return {
    progress: state.checkpoint(source.name, slice.id)?.progress ?? {},
    isLive: (key) => state.entryAt(entityStateKey(source.name, key))?.kind === 'live',
    owners: () => state.owners(),
    keysOf: (owner) => state.ownedBy(owner).map(entityKeyOf),
  };
}

/** The sweep was shown an entity: whatever else becomes of the sweep, its absence begins anew. */
export function meet({ met, context }: Sweep, stateKey: string): void {
  met.add(stateKey);
  context.memory.absences.delete(stateKey);
}

/** What a slice tells while it runs. */
export type SliceEvent =
  | {
      readonly type: 'page';
      readonly slice: Slice;
      readonly number: number;
      readonly last: boolean;
      readonly counts: Counts;
    }
  | { readonly type: 'settled'; readonly slice: Slice; readonly settlement: Settlement; readonly counts: Counts }
  | { readonly type: 'sweep'; readonly slice: Slice; readonly outcome: 'complete'; readonly tookMs: number }
  /** Answers are of another shape than the mapping's; told only where there is something to tell. */
  | { readonly type: 'drift'; readonly slice: Slice; readonly drift: DriftCounts }
  | {
      readonly type: 'sweep';
      readonly slice: Slice;
      readonly outcome: 'partial';
      readonly error: WorkerError;
      readonly tookMs: number;
    };

/** How the entities that a complete sweep did not show were settled. */
export interface Settlement {
  readonly missing: number;
  readonly gone: number;
  readonly alive: number;
  /** No evidence yet: forbidden, unclear, or the first absence of two. */
  readonly open: number;
  /** Set when the sweep would have deleted more than the guard allows: none was, but what a person had agreed to. */
  readonly guarded: boolean;
  /** Where it is guarded: how many are proved gone and held back. */
  readonly held?: number;
}
