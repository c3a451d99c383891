import { BehaviorSubject, map, type Observable, Subject } from 'rxjs';
import { toWorkerError, WorkerError } from '../core/errors.ts';
import { sourceNameOf } from '../core/state.ts';
import { agree, newGuard, type SliceGuard } from '../pipeline/guard.ts';
import { type ResyncRange, resync } from '../pipeline/resync.ts';
import { spendsWriter } from '../pipeline/retry.ts';
import type { Wishes } from '../pipeline/schedule.ts';
import type { SliceContext } from '../pipeline/sweep.ts';
import type { Report } from './events.ts';
import type { Shards } from './shards.ts';

/**
 * What people may ask of a running worker. It concerns this worker's slices only, and lasts as long as the process:
 * what a restart must not forget is in the configuration or in the state.
 */
export interface Control {
  readonly slices: SliceRegister;
  isPaused(source: string): boolean;
  pause(source: string): Answer;
  resume(source: string): Answer;
  /** Each slice is swept at once, or once more after the sweep that goes on. */
  poll(source: string, workspace?: string): Answer;
  /** What the last guarded sweeps of the source asked for may be deleted; they are swept at once. */
  confirmDeletes(source: string): Answer & { readonly confirmed: number };
  /** Errors as `pipeline/resync`. */
  resync(source: string, range: ResyncRange, signal: AbortSignal): Promise<Answer & { readonly published: number }>;
}

/** What a command reached, and what it cannot reach from here. */
export interface Answer {
  readonly source: string;
  readonly slices: number;
  /** Workspaces of the source that another worker polls. */
  readonly elsewhere: readonly string[];
}

/** Slices as they begin and end. */
export interface SliceRegister {
  enter(context: SliceContext): void;
  leave(context: SliceContext): void;
  guardOf(slice: string): SliceGuard;
  wishesOf(source: string): Wishes;
  /** Which workspaces a source has, and which of them are polled here. */
  split(source: string, all: ReadonlySet<string>, own: ReadonlySet<string>): void;
  readonly running: ReadonlyMap<string, SliceContext>;
  readonly guards: ReadonlyMap<string, SliceGuard>;
}

export function createControl(
  sources: readonly string[],
  spoil: Shards['spoil'],
  report: Report = () => undefined,
): Control {
  const paused$ = new BehaviorSubject<ReadonlySet<string>>(new Set());
  const wished$ = new Subject<string>();
  const wished = new Set<string>();
  const elsewhere = new Map<string, readonly string[]>();
  const register = createRegister(paused$, wished$, wished, elsewhere);

  const of = (source: string, workspace?: string): readonly SliceContext[] => {
    if (!sources.includes(source))
      throw new WorkerError('config', 'control.no_source', `there is no source ${source}`, {
        hint: `Sources: ${sources.join(', ')}.`,
      });
    return [...register.running.values()].filter(
      (each) => each.source.name === source && (workspace === undefined || each.slice.params.workspace === workspace),
    );
  };
  const answer = (source: string, workspace?: string): Answer => {
    const away = (elsewhere.get(source) ?? []).filter((each) => workspace === undefined || each === workspace);
    return { source, slices: of(source, workspace).length, elsewhere: away };
  };
  const wish = (slices: readonly string[]) => {
    for (const slice of slices) wished.add(slice);
    for (const slice of slices) wished$.next(slice);
  };
  const setPaused = (source: string, isPaused: boolean): Answer => {
    const said = answer(source);
    const next = new Set(paused$.value);
    if (isPaused) next.add(source);
    else next.delete(source);
    paused$.next(next);
    return said;
  };

  return {
    slices: register,
    isPaused: (source) => paused$.value.has(source),
    pause: (source) => setPaused(source, true),
    resume: (source) => setPaused(source, false),
    poll(source, workspace) {
      wish(of(source, workspace).map(({ slice }) => slice.id));
      return answer(source, workspace);
    },
    confirmDeletes(source) {
      const said = answer(source);
      const held = [...register.guards].filter(([id, { held }]) => sourceNameOf(id) === source && held !== undefined);
      const confirmed = held.reduce((sum, [, guard]) => sum + agree(guard), 0);
      wish(held.map(([id]) => id).filter((id) => register.running.has(id)));
      return { ...said, slices: held.length, confirmed };
    },
    async resync(source, range, signal) {
      let published = 0;
      for (const context of oneEachShard(of(source))) {
        const here = await resyncShard(context, range, spoil, signal);
        report({ type: 'resynced', source, shard: context.shard.number, published: here });
        published += here;
      }
      return { ...answer(source, range.workspace), published };
    },
  };
}

function oneEachShard(contexts: readonly SliceContext[]): readonly SliceContext[] {
  return [...new Map(contexts.map((context) => [context.shard.number, context])).values()];
}

async function resyncShard(context: SliceContext, range: ResyncRange, spoil: Shards['spoil'], signal: AbortSignal) {
  try {
    return await resync(context, range, signal);
  } catch (thrown) {
    const error = toWorkerError(thrown);
    if (spendsWriter(error)) spoil(context.shard, error);
    throw error;
  }
}

function createRegister(
  paused$: Observable<ReadonlySet<string>>,
  wished$: Observable<string>,
  wished: Set<string>,
  elsewhere: Map<string, readonly string[]>,
): SliceRegister {
  const running = new Map<string, SliceContext>();
  const guards = new Map<string, SliceGuard>();
  return {
    running,
    guards,
    enter: (context) => void running.set(context.slice.id, context),
    leave: (context) => {
      const { id } = context.slice;
      if (running.get(id) === context) running.delete(id);
      if (running.has(id)) return;
      wished.delete(id);
      if (guards.get(id)?.held === undefined) guards.delete(id);
    },
    guardOf(slice) {
      const known = guards.get(slice) ?? newGuard();
      guards.set(slice, known);
      return known;
    },
    wishesOf: (source) => ({
      now$: wished$,
      isWished: (slice) => wished.has(slice),
      granted: (slice) => void wished.delete(slice),
      paused$: paused$.pipe(map((paused) => paused.has(source))),
    }),
    split(source, all, own) {
      const away = new Set([...all].filter((each) => !own.has(each)));
      elsewhere.set(source, [...away]);
      for (const id of guards.keys()) if (isAway(id, source, away)) guards.delete(id);
    },
  };
}

/** What the guard held in a slice is for the worker that polls it now to find; one without a workspace is all there is. */
function isAway(slice: string, source: string, away: ReadonlySet<string>): boolean {
  const [name, workspace] = slice.split('/');
  return name === source && (workspace === undefined ? away.size > 0 : away.has(workspace));
}
