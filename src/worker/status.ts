import type { Op } from '../core/change.ts';
import type { Control } from './control.ts';
import type { Report } from './events.ts';
import { type ErrorStatus, type Folded, fold, newTally, type SliceRecord, type SourceRecord } from './status-fold.ts';
import { type Freshness, freshnessOf } from './status-freshness.ts';
import { entitiesOf, stateBytesOf } from './status-memory.ts';
import { loadOf, type Progress, reconcileOf } from './status-progress.ts';

/**
 * A worker as plain data: what `/status` answers. Fed by the worker's events alone; what is durable is read from the
 * checkpoints when it is asked for. Memory: a few numbers a running slice, forgotten when the slice ends.
 */
export interface WorkerStatus {
  readonly app: string;
  readonly version: string;
  readonly startedAtMs: number;
  readonly nowMs: number;
  readonly ready: boolean;
  /** Why it is not ready. */
  readonly reasons: readonly string[];
  readonly shards: ShardsStatus;
  readonly sources: readonly SourceStatus[];
  readonly budgets: readonly BudgetStatus[];
}

interface ShardsStatus {
  /** How many there are, over all workers. */
  readonly count: number;
  /** Undefined until the group has said which are this worker's. */
  readonly assigned: readonly number[] | undefined;
  readonly open: readonly number[];
  readonly opening: readonly number[];
  /** Memory that is held for entities, outside the JavaScript heap. */
  readonly stateBytes: number;
}

/** Whose requests a bucket counts, and what it could let go at once. */
interface BudgetStatus {
  readonly budget: string;
  readonly left: number;
  readonly limit: number;
  readonly windowMs: number;
  /** It lets nothing go for so long: a 429, or a window that another process may have used. */
  readonly heldForMs: number;
}

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

export interface StatusOptions {
  readonly app: string;
  readonly version: string;
  readonly shardCount: number;
  readonly sources: readonly { readonly name: string; readonly topic: string }[];
  readonly now: () => number;
}

export interface StatusKeeper {
  readonly report: Report;
  /** What can be asked only once the worker is wired. */
  attach(control: Control, budgets: () => readonly BudgetStatus[]): void;
  /** @param slices how many slices of each source to tell */
  snapshot(slices: number): WorkerStatus;
  freshness(): readonly Freshness[];
  readiness(): { readonly ready: boolean; readonly reasons: readonly string[] };
  /** It has been given shards once. */
  isStarted(): boolean;
}

export function createStatus(options: StatusOptions): StatusKeeper {
  const startedAtMs = options.now();
  const folded: Folded = {
    sources: new Map(options.sources.map(({ name, topic }) => [name, { topic, phase: 'starting', ...newTally() }])),
    slices: new Map(),
    assigned: undefined,
    open: new Set(),
    opening: new Set(),
    failing: new Map(),
  };
  let wired: { readonly control: Control; readonly budgets: () => readonly BudgetStatus[] } | undefined;
  return {
    report: (event) => fold(folded, event, options.now()),
    attach: (control, budgets) => {
      wired = { control, budgets };
    },
    snapshot: (most) => ({
      app: options.app,
      version: options.version,
      startedAtMs,
      nowMs: options.now(),
      ...readinessOf(folded),
      shards: { ...shardsOf(folded, options.shardCount), stateBytes: stateBytesOf(wired?.control) },
      sources: sourcesOf(folded, wired?.control, most, options.now()),
      budgets: wired?.budgets() ?? [],
    }),
    freshness: () => freshnessOf(folded, wired?.control),
    readiness: () => readinessOf(folded),
    isStarted: () => folded.assigned !== undefined,
  };
}

function readinessOf({ assigned, opening, failing }: Folded) {
  const reasons = [
    ...(assigned === undefined ? ['the group has not given out the shards yet'] : []),
    ...[...opening].map((shard) => {
      const code = failing.get(shard);
      return code === undefined ? `shard ${shard} is being restored` : `shard ${shard} cannot be taken: ${code}`;
    }),
  ];
  return { ready: reasons.length === 0, reasons };
}

function shardsOf({ assigned, open, opening }: Folded, count: number): Omit<ShardsStatus, 'stateBytes'> {
  const sorted = (shards: Iterable<number>) => [...shards].sort((a, b) => a - b);
  return { count, assigned: assigned && sorted(assigned), open: sorted(open), opening: sorted(opening) };
}

/** What asks most for attention comes first. */
const ATTENTION: readonly SliceState[] = ['guarded', 'failing', 'paused', 'sweeping', 'waiting', 'idle'];

/** Slices are grouped once for all sources: there may be tens of thousands, and Prometheus asks every few seconds. */
function sourcesOf(folded: Folded, control: Control | undefined, most: number, nowMs: number): readonly SourceStatus[] {
  const bySource = Map.groupBy(folded.slices.values(), ({ slice }) => slice.id.split('/', 1)[0] ?? '');
  return [...folded.sources].map(([name, record]) =>
    sourceOf(name, record, bySource.get(name) ?? [], folded, control, most, nowMs),
  );
}

function sourceOf(
  name: string,
  record: SourceRecord,
  records: readonly SliceRecord[],
  folded: Folded,
  control: Control | undefined,
  most: number,
  nowMs: number,
): SourceStatus {
  const slices = [...records.map((each) => sliceOf(each, name, control)), ...leftHeld(name, folded, control)];
  slices.sort((a, b) => ATTENTION.indexOf(a.state) - ATTENTION.indexOf(b.state));
  const contexts = records.flatMap(({ slice }) => control?.slices.running.get(slice.id) ?? []);
  const slow = new Set(records.filter(({ slice }) => slice.rhythm === 'reconcile').map(({ slice }) => slice.id));
  const fresh = slices.filter(({ slice }) => slow.size === slices.length || !slow.has(slice));
  const completes = fresh.map(({ lastCompleteAtMs }) => lastCompleteAtMs ?? 0);
  const dues = slices.flatMap(({ nextPollAtMs }) => nextPollAtMs ?? []);
  return {
    source: name,
    topic: record.topic,
    state: record.phase === 'running' ? (slices[0]?.state ?? 'waiting') : record.phase,
    published: { ...record.published },
    deadLettered: record.deadLettered,
    lastError: record.lastError,
    lastCompleteAtMs: least(completes) || undefined,
    nextPollAtMs: least(dues),
    firstLoad: loadOf(contexts, nowMs),
    reconcile: reconcileOf(contexts, nowMs),
    paused: control?.isPaused(name) === true,
    entities: entitiesOf(contexts),
    guarded: slices.reduce((sum, { guard }) => sum + (guard?.held ?? 0), 0),
    sliceCount: slices.length,
    slices: slices.slice(0, most),
  };
}

function least(values: readonly number[]): number | undefined {
  return values.length === 0 ? undefined : values.reduce((one, other) => Math.min(one, other));
}

function sliceOf(record: SliceRecord, source: string, control: Control | undefined): SliceStatus {
  const { slice, isSweeping, pages, dueAtMs, completeAtMs, published, deadLettered, lastError } = record;
  const context = control?.slices.running.get(slice.id);
  const checkpoint = context?.shard.state.checkpoint(source, slice.id);
  const guard = guardStatus(slice.id, control);
  return {
    slice: slice.id,
    state: stateOf(record, guard, control?.isPaused(source) === true),
    entities: context?.shard.state.ownedCount(slice.owner ?? slice.id) ?? 0,
    pages: isSweeping ? pages : undefined,
    firstCompleteAtMs: checkpoint?.firstCompleteAtMs,
    lastCompleteAtMs: completeAtMs ?? checkpoint?.lastCompleteAtMs,
    nextPollAtMs: dueAtMs,
    published: { ...published },
    deadLettered,
    lastError,
    guard,
  };
}

function stateOf({ isSweeping, lastError, completeAtMs }: SliceRecord, guard: unknown, isPaused: boolean): SliceState {
  if (guard !== undefined) return 'guarded';
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
function leftHeld(source: string, { slices }: Folded, control: Control | undefined): readonly SliceStatus[] {
  const ids = [...(control?.slices.guards.keys() ?? [])].filter((id) => id.split('/')[0] === source && !slices.has(id));
  return ids.flatMap((slice) => {
    const guard = guardStatus(slice, control);
    return guard === undefined ? [] : [{ ...LEFT, slice, guard }];
  });
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
