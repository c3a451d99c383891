import type { Op } from '../core/change.ts';
import { sourceNameOf } from '../core/state.ts';
import type { SliceContext } from '../pipeline/sweep.ts';
import type { Control } from './control.ts';
import { type DriftStatus, driftOf, unlistedOf } from './status-drift.ts';
import type { ErrorStatus, SliceRecord, SourceRecord } from './status-fold.ts';
import { entitiesOf } from './status-memory.ts';
import { loadOf, type Progress, reconcileOf } from './status-progress.ts';

export type SourceState = 'starting' | 'waiting' | 'stopped' | SliceState;
type SliceState = 'guarded' | 'failing' | 'paused' | 'sweeping' | 'waiting' | 'idle';

export interface SourceStatus {
  readonly source: string;
  readonly topic: string;
  /** Of its slices' states the one that asks most for attention. */
  readonly state: SourceState;
  readonly published: Readonly<Record<Op, number>>;
  readonly deadLettered: number;
  readonly lastError: ErrorStatus | undefined;
  /** Oldest of its slices': every one was complete since. A reading of the whole history has its own progress instead. */
  readonly lastCompleteAtMs: number | undefined;
  readonly nextPollAtMs: number | undefined;
  readonly firstLoad: Progress;
  readonly reconcile: Progress | undefined;
  /** A person has paused it. */
  readonly paused: boolean;
  /** In the state of this worker. */
  readonly entities: number;
  /** Deletes that wait for a person. */
  readonly guarded: number;
  /** How its answers differ from what its mapping takes, since the process began. */
  readonly drift: readonly DriftStatus[];
  /** How often there were others, which are too many to tell. */
  readonly driftUnlisted: number;
  readonly sliceCount: number;
  /** Those that ask most for attention first, at most as many as were asked for. */
  readonly slices: readonly SliceStatus[];
}

interface SliceStatus {
  readonly slice: string;
  readonly state: SliceState;
  readonly entities: number;
  /** Pages that the sweep under way has committed. */
  readonly pages: number | undefined;
  readonly firstCompleteAtMs: number | undefined;
  readonly lastCompleteAtMs: number | undefined;
  readonly nextPollAtMs: number | undefined;
  readonly published: Readonly<Record<Op, number>>;
  readonly deadLettered: number;
  readonly lastError: ErrorStatus | undefined;
  readonly guard: GuardStatus | undefined;
}

interface GuardStatus {
  /** Proved gone, and kept. */
  readonly held: number;
  /** What the sweep did not show: all that a confirmation is about. */
  readonly missing: number;
  readonly sinceMs: number;
  readonly confirmed: boolean;
}

/** How many slices of a source to tell, and whether values of its answers may be told. */
export interface Asked {
  readonly most: number;
  readonly samples: boolean;
}

/** The slices of one source, and those of all sources. */
interface Slices extends Asked {
  readonly of: readonly SliceRecord[];
  readonly known: ReadonlyMap<string, SliceRecord>;
}

/** What asks most for attention comes first. */
const ATTENTION: readonly SliceState[] = ['guarded', 'failing', 'paused', 'sweeping', 'waiting', 'idle'];

/**
 * One source, in few passes over its slices. There may be tens of thousands, and while they are looked at nothing else is
 * done: of each only what adds up is read, and told are those that were asked for.
 */
export function sourceOf(
  source: string,
  record: SourceRecord,
  { of: records, known, most, samples }: Slices,
  control: Control | undefined,
  nowMs: number,
): SourceStatus {
  const contexts = contextsOf(records, control);
  const paused = control?.isPaused(source) === true;
  const left = leftHeld(source, known, control);
  const byState = Map.groupBy(records, (each) => stateOf(each, control, paused));
  const inOrder = ATTENTION.flatMap((state) => byState.get(state) ?? []);
  const state = left.length > 0 ? 'guarded' : ATTENTION.find((each) => byState.has(each));
  const told = inOrder.slice(0, Math.max(0, most - left.length)).map((each) => sliceOf(each, source, control, paused));
  const guards = (byState.get('guarded') ?? []).map(({ slice }) => guardStatus(slice.id, control));
  return {
    source,
    topic: record.topic,
    state: record.phase === 'running' ? (state ?? 'waiting') : record.phase,
    published: { ...record.published },
    deadLettered: record.deadLettered,
    lastError: record.lastError,
    lastCompleteAtMs: lastCompleteOf(records, source, control),
    nextPollAtMs: leastOf(records, ({ dueAtMs }) => dueAtMs),
    firstLoad: loadOf(contexts, nowMs),
    reconcile: reconcileOf(contexts, nowMs),
    paused,
    entities: entitiesOf(contexts),
    guarded: heldBy([...left.map(({ guard }) => guard), ...guards]),
    drift: driftOf(record.drift, samples),
    driftUnlisted: unlistedOf(record.drift),
    sliceCount: records.length + left.length,
    slices: [...left.slice(0, most), ...told],
  };
}

function contextsOf(records: readonly SliceRecord[], control: Control | undefined): readonly SliceContext[] {
  const contexts: SliceContext[] = [];
  for (const { slice } of records) {
    const context = control?.slices.running.get(slice.id);
    if (context !== undefined) contexts.push(context);
  }
  return contexts;
}

/** Every one was complete since; undefined while one was not. The reading of the history counts where there is nothing else. */
function lastCompleteOf(records: readonly SliceRecord[], source: string, control: Control | undefined) {
  const fresh = records.filter(({ slice }) => slice.rhythm !== 'reconcile');
  const at = (record: SliceRecord) => completeAtOf(record, source, control) ?? 0;
  return leastOf(fresh.length > 0 ? fresh : records, at) || undefined;
}

function completeAtOf({ slice, completeAtMs }: SliceRecord, source: string, control: Control | undefined) {
  if (completeAtMs !== undefined) return completeAtMs;
  return control?.slices.running.get(slice.id)?.shard.state.checkpoint(source, slice.id)?.lastCompleteAtMs;
}

function leastOf(records: readonly SliceRecord[], of: (record: SliceRecord) => number | undefined): number | undefined {
  let least: number | undefined;
  for (const record of records) {
    const value = of(record);
    if (value !== undefined && (least === undefined || value < least)) least = value;
  }
  return least;
}

function heldBy(guards: readonly (GuardStatus | undefined)[]): number {
  return guards.reduce((sum, guard) => sum + (guard?.held ?? 0), 0);
}

function sliceOf(record: SliceRecord, source: string, control: Control | undefined, isPaused: boolean): SliceStatus {
  const { slice, isSweeping, pages, dueAtMs, published, deadLettered, lastError } = record;
  const context = control?.slices.running.get(slice.id);
  return {
    slice: slice.id,
    state: stateOf(record, control, isPaused),
    entities: context?.shard.state.ownedCount(slice.owner ?? slice.id) ?? 0,
    pages: isSweeping ? pages : undefined,
    firstCompleteAtMs: context?.shard.state.checkpoint(source, slice.id)?.firstCompleteAtMs,
    lastCompleteAtMs: completeAtOf(record, source, control),
    nextPollAtMs: dueAtMs,
    published: { ...published },
    deadLettered,
    lastError,
    guard: guardStatus(slice.id, control),
  };
}

function stateOf(record: SliceRecord, control: Control | undefined, isPaused: boolean): SliceState {
  const { slice, isSweeping, lastError, completeAtMs } = record;
  if (control?.slices.guards.get(slice.id)?.held !== undefined) return 'guarded';
  if (lastError?.current === true) return 'failing';
  if (isSweeping) return 'sweeping';
  if (isPaused) return 'paused';
  return completeAtMs === undefined ? 'waiting' : 'idle';
}

function guardStatus(slice: string, control: Control | undefined): GuardStatus | undefined {
  const guard = control?.slices.guards.get(slice);
  if (guard?.held === undefined) return undefined;
  const { gone, absent, sinceMs } = guard.held;
  const missing = new Set([...gone, ...absent].map(({ stateKey }) => stateKey)).size;
  return { held: gone.length, missing, sinceMs, confirmed: guard.agreed.size > 0 };
}

/** What the guard holds of slices that are no longer polled: a user who has left, say. */
function leftHeld(
  source: string,
  known: ReadonlyMap<string, SliceRecord>,
  control: Control | undefined,
): SliceStatus[] {
  const left: SliceStatus[] = [];
  for (const [slice, { held }] of control?.slices.guards ?? []) {
    if (held === undefined || known.has(slice) || sourceNameOf(slice) !== source) continue;
    left.push({ ...LEFT, slice, guard: guardStatus(slice, control) });
  }
  return left;
}

const LEFT: Omit<SliceStatus, 'slice' | 'guard'> = {
  state: 'guarded',
  entities: 0,
  pages: undefined,
  firstCompleteAtMs: undefined,
  lastCompleteAtMs: undefined,
  nextPollAtMs: undefined,
  published: { r: 0, c: 0, u: 0, d: 0 },
  deadLettered: 0,
  lastError: undefined,
};
