import {
  asyncScheduler,
  catchError,
  concat,
  concatMap,
  finalize,
  ignoreElements,
  map,
  NEVER,
  type Observable,
  of,
  scheduled,
  switchMap,
  takeWhile,
  tap,
  throwError,
} from 'rxjs';
import { toWorkerError } from '../core/errors.ts';
import { sourceSlice } from '../core/state.ts';
import { entityKeyOf } from '../core/state-codec.ts';
import { newGuard } from '../pipeline/guard.ts';
import type { Endpoint, Params, Slice } from '../pipeline/ports.ts';
import { abortable, concernsShard, type RetryPolicy, retryTransient, spendsWriter } from '../pipeline/retry.ts';
import { type Entrant, runSlices, type Told } from '../pipeline/schedule.ts';
import type { Shard } from '../pipeline/shard.ts';
import { sweepOnce } from '../pipeline/slice.ts';
import { newMemory, type SliceContext, type SliceEvent } from '../pipeline/sweep.ts';
import { markBaseline } from './baseline.ts';
import { adoptIdentity } from './identity.ts';
import type { Rhythm } from './rhythm.ts';
import type { Source, SourceEnvironment } from './source.ts';

/** What must be written before or besides the sweeps, as long as it takes: the next sweep would not make up for it. */
const STATE_RETRY: RetryPolicy = { attempts: Number.POSITIVE_INFINITY, firstMs: 500, maxMs: 30_000 };

/** Writes what must be written, however often that has to be tried. Emits once it is. */
export function untilWritten(
  write: () => Promise<void>,
  { ambient, report }: Pick<SourceEnvironment, 'ambient' | 'report'>,
  slice: Slice,
): Observable<void> {
  return abortable(write).pipe(
    retryTransient(STATE_RETRY, ambient, (error, waitMs) => report({ type: 'retry', slice, error, waitMs })),
  );
}

/** The name by which state knows a slice: `time-entries/{workspace}/{user}`. */
export function sliceId(source: string, params: Params): string {
  return [source, ...Object.values(params)].join('/');
}

/** How the slices of a source are swept: plainly, or in one of its rhythms. */
export interface Lane {
  /** What all of its slices bind. */
  readonly params: Params;
  readonly rhythm?: Rhythm | undefined;
  readonly listed?: (() => ReadonlySet<string> | undefined) | undefined;
}

/** What slices bind that come and go. */
export interface Bindings {
  readonly came: readonly Params[];
  readonly left: readonly Params[];
}

function sliceIn({ kind }: Source, { rhythm }: Lane, params: Params): Slice {
  const id = sliceId(kind.name, params);
  if (rhythm === undefined) return { id, params };
  const owner = rhythm.of === 'user' ? id : undefined;
  return { id: `${id}/~${rhythm.name}`, params, rhythm: rhythm.seenBy, owner };
}

/** One slice, for as long as its source runs; with `once` until it is swept. */
export function sliceOf(source: Source, env: SourceEnvironment, number: number, lane: Lane): Observable<SliceEvent> {
  const { params } = lane;
  if (env.once) return sliceOnce(source, env, number, params);
  return runLane(source, env, number, lane, of({ came: [params], left: [] }));
}

/**
 * The slices of a lane as they come and go, on their shard for as long as that lasts, and on its successor after that.
 * One that rests is a record here and no Observable: a workspace of 10,000 users has 20,000 of them.
 *
 * @param bindings$ tells whoever is here already to each who subscribes
 */
export function runLane(
  source: Source,
  env: SourceEnvironment,
  number: number,
  lane: Lane,
  bindings$: Observable<Bindings>,
): Observable<SliceEvent> {
  const { rhythm } = lane;
  const { nextAfter, everyMs, spreadMs } = rhythm?.schedule ?? source.schedule;
  const wishes = env.register?.wishesOf(source.kind.name);
  return env.shards.open(number).pipe(
    switchMap((shard) => {
      const roll = createRoll(env);
      const enter = (params: Params): Entrant => ({
        context: roll.enter(contextIn(source, env, lane, shard, params)),
        delayMs: Math.round(env.ambient.random() * spreadMs),
      });
      const leave = (params: Params): string => roll.leave(sliceIn(source, lane, params).id);
      const turnouts$ = bindings$.pipe(
        concatMap(inGroups),
        map(({ came, left }) => ({ left: left.map(leave), came: came.map(enter) })),
      );
      const told = { ...tellSchedule(env), onEnd: ({ slice }: SliceContext) => void roll.leave(slice.id) };
      const events$ = runSlices(turnouts$, { everyMs, nextAfter }, wishes, told).pipe(
        tap((event) => tellListed(source, shard, event)),
        tap((event) => rhythm?.onEvent?.(event.slice.params, event, env.ambient.now())),
      );
      return concat(begun(shard, source, env, lane), events$).pipe(
        guardShard(env, shard),
        finalize(() => roll.close()),
      );
    }),
  );
}

/** So many slices are made in one go: 10,000 at once would hold everything else for a quarter of a second. */
const MADE_AT_ONCE = 500;

/** @internal */
export function inGroups({ came, left }: Bindings): Observable<Bindings> {
  if (came.length <= MADE_AT_ONCE) return of({ came, left });
  const starts = Array.from({ length: Math.ceil(came.length / MADE_AT_ONCE) }, (_, group) => group * MADE_AT_ONCE);
  const groups = starts.map((at) => ({ came: came.slice(at, at + MADE_AT_ONCE), left: at === 0 ? left : [] }));
  return scheduled(groups, asyncScheduler);
}

function tellSchedule({ report }: SourceEnvironment): Pick<Told, 'onDue' | 'onBegin'> {
  return {
    onDue: ({ slice }, atMs) => report({ type: 'slice-due', slice, atMs }),
    onBegin: ({ slice }) => report({ type: 'slice-begun', slice }),
  };
}

function sliceOnce(source: Source, env: SourceEnvironment, number: number, params: Params): Observable<SliceEvent> {
  const lane = { params };
  return env.shards.open(number).pipe(
    switchMap((shard) => {
      const roll = createRoll(env);
      const context = roll.enter(contextIn(source, env, lane, shard, params));
      const told$ = sweepOnce(context).pipe(tap((event) => tellListed(source, shard, event)));
      return concat(begun(shard, source, env, lane), told$).pipe(
        guardShard(env, shard),
        finalize(() => roll.close()),
      );
    }),
    takeWhile((event) => event.type !== 'sweep', true),
  );
}

/** The slices of a lane that are here now; each is told of as it leaves. */
function createRoll({ register, report }: SourceEnvironment) {
  const here = new Map<string, SliceContext>();
  const leave = (id: string): string => {
    const context = here.get(id);
    if (context === undefined) return id;
    here.delete(id);
    register?.leave(context);
    report({ type: 'slice-left', slice: context.slice });
    return id;
  };
  return {
    leave,
    enter(context: SliceContext): SliceContext {
      here.set(context.slice.id, context);
      register?.enter(context);
      return context;
    },
    close(): void {
      for (const id of here.keys()) leave(id);
    },
  };
}

function tellListed({ onListed }: Source, { state }: Shard, event: SliceEvent): void {
  if (onListed === undefined || event.type !== 'sweep' || event.outcome !== 'complete') return;
  const keys = state.ownedBy(event.slice.id).map((key) => entityKeyOf(key).at(-1));
  onListed(event.slice.params, new Set(keys.filter((id) => id !== undefined)));
}

/** What rhythms find that was made from now on is new: they have no first complete sweep that would say so. */
function begun(shard: Shard, source: Source, env: SourceEnvironment, { params, rhythm }: Lane): Observable<never> {
  const { name } = source.kind;
  const begin = async (): Promise<void> => {
    await adoptIdentity(shard, source, env.report);
    if (rhythm !== undefined) await markBaseline(shard, name, params.workspace, env.ambient.now());
  };
  const slice: Slice = { id: `${name}/${sourceSlice(params.workspace)}`, params };
  return untilWritten(begin, env, slice).pipe(ignoreElements());
}

function contextIn(source: Source, env: SourceEnvironment, lane: Lane, shard: Shard, params: Params): SliceContext {
  const { rhythm, listed = () => undefined } = lane;
  const endpoint = rhythm === undefined ? source.endpoint(params) : rhythm.endpoint(params, listed);
  return contextOf(source, env, sliceIn(source, lane, params), endpoint, shard);
}

export function contextOf(
  source: Source,
  env: SourceEnvironment,
  slice: Slice,
  endpoint: Endpoint,
  shard: Shard,
): SliceContext {
  return {
    slice,
    source: source.kind,
    endpoint,
    shard,
    guard: env.guard,
    ambient: env.ambient,
    digest: env.digest,
    onRetry: (error, waitMs) => env.report({ type: 'retry', slice, error, waitMs }),
    memory: newMemory(shard.state, source.kind.name, slice, {
      isHasty: source.isRegrown === true,
      guard: env.register?.guardOf(slice.id) ?? newGuard(),
    }),
  };
}

/** A spent writer is the shard's affair: this slice waits until it gets the next one. */
export function guardShard(env: SourceEnvironment, shard: Shard) {
  return <T>(events$: Observable<T>): Observable<T> =>
    events$.pipe(
      catchError((thrown) => {
        const error = toWorkerError(thrown);
        if (!concernsShard(error)) return throwError(() => error);
        if (spendsWriter(error)) env.shards.spoil(shard, error);
        return NEVER;
      }),
    );
}
