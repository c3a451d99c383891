import {
  catchError,
  combineLatest,
  concat,
  concatMap,
  defer,
  ignoreElements,
  map,
  merge,
  NEVER,
  type Observable,
  of,
  switchMap,
  take,
  takeWhile,
  tap,
  throwError,
} from 'rxjs';
import { toWorkerError } from '../core/errors.ts';
import { shardFor } from '../core/murmur2.ts';
import { sourceSlice } from '../core/state.ts';
import type { Ambient, DeleteGuard, Digest, Endpoint, Params, Slice, SourceKind } from '../pipeline/ports.ts';
import { abortable, concernsShard, type RetryPolicy, retryTransient, spendsWriter } from '../pipeline/retry.ts';
import { runSlice, type Schedule } from '../pipeline/schedule.ts';
import type { Shard } from '../pipeline/shard.ts';
import { sweepOnce } from '../pipeline/slice.ts';
import { newMemory, type SliceContext, type SliceEvent } from '../pipeline/sweep.ts';
import { markBaseline } from './baseline.ts';
import type { Report } from './events.ts';
import { adoptIdentity } from './identity.ts';
import { mergeMembers } from './members.ts';
import type { Rhythm } from './rhythm.ts';
import type { Shards } from './shards.ts';

/** One configured source, ready to run. */
export interface Source {
  readonly kind: SourceKind;
  /** What its state must have been made with. */
  readonly shape: string;
  readonly keyFields: readonly string[];
  /** Names of the parameters its slices bind, the workspace first. */
  readonly parameters: readonly string[];
  readonly schedule: SourceSchedule;
  /** Whose shard a source without a workspace lives in. */
  readonly credential: string;
  /** The values of a parameter, given those before it; emits again when they change. */
  readonly valuesOf: (parameter: string, params: Params) => Observable<ReadonlySet<string>>;
  readonly endpoint: (params: Params) => Endpoint;
  /** In place of one plain sweep of each slice; but not with `once`. */
  readonly rhythms?: readonly Rhythm[] | undefined;
  /** Told the ids that a slice owns after each of its complete sweeps. */
  readonly onListed?: ((params: Params, ids: ReadonlySet<string>) => void) | undefined;
}

export interface SourceSchedule extends Omit<Schedule, 'delayMs'> {
  /** How long a slice's first sweep may be put off, so that many do not begin in the same instant. */
  readonly spreadMs: number;
}

export interface SourceEnvironment {
  readonly shards: Shards;
  readonly shardCount: number;
  /** The shards of this worker, told anew at each change. */
  readonly owned$: Observable<ReadonlySet<number>>;
  readonly guard: DeleteGuard;
  readonly ambient: Ambient;
  readonly digest: Digest;
  readonly report: Report;
  /** One complete sweep of each slice, then the end. */
  readonly once: boolean;
}

/** What must be written before or besides the sweeps, as long as it takes: the next sweep would not make up for it. */
const STATE_RETRY: RetryPolicy = { attempts: Number.POSITIVE_INFINITY, firstMs: 500, maxMs: 30_000 };

/** Every slice of a source that this worker owns, begun and ended as parameters and shards come and go. */
export function runSource(source: Source, env: SourceEnvironment): Observable<SliceEvent> {
  const [owner, ...rest] = source.parameters;
  const owners$ = owner === undefined ? of(new Set([source.credential])) : source.valuesOf(owner, {});
  return mergeMembers(ownedOf(owners$, env), (id) => {
    const number = shardFor(id, env.shardCount);
    const params: Params = owner === undefined ? {} : { [owner]: id };
    return rest.length === 0 ? sliceOf(source, env, number, { params }) : children(source, env, number, rest, params);
  });
}

function ownedOf(ids$: Observable<ReadonlySet<string>>, env: SourceEnvironment): Observable<ReadonlySet<string>> {
  return combineLatest([ids$, env.owned$]).pipe(
    map(([ids, shards]) => new Set([...ids].filter((id) => shards.has(shardFor(id, env.shardCount))))),
  );
}

/** The slices below one workspace, and the moment at which all of them have been read once. */
function children(
  source: Source,
  env: SourceEnvironment,
  number: number,
  [parameter = '', ...rest]: readonly string[],
  params: Params,
): Observable<SliceEvent> {
  return defer(() => {
    let expected: ReadonlySet<string> = new Set();
    let listed: ReadonlySet<string> | undefined;
    const swept = new Set<string>();
    const values$ = source.valuesOf(parameter, params).pipe(tap((values) => (listed = expected = values)));
    const below = (value: string): Observable<SliceEvent> => {
      const bound = { ...params, [parameter]: value };
      if (rest.length > 0) return children(source, env, number, rest, bound);
      return slicesOf(source, env, number, bound, () => listed).pipe(
        concatMap((event) => {
          if (event.type === 'sweep') swept.add(value);
          const all = event.type === 'sweep' && [...expected].every((each) => swept.has(each));
          return all ? concat(of(event), baseline(source, env, number, params)) : of(event);
        }),
      );
    };
    const own$ = rhythmsOf(source, env, 'workspace').map((rhythm) =>
      sliceOf(source, env, number, { params, rhythm, listed: () => listed }),
    );
    return merge(mergeMembers(values$, below), ...own$);
  });
}

/** Holds the shard until it is written: the slice that gave the occasion may be over by then. */
function baseline(source: Source, env: SourceEnvironment, number: number, params: Params): Observable<never> {
  const slice: Slice = { id: `${source.kind.name}/${sourceSlice(params.workspace)}`, params };
  return env.shards.open(number).pipe(
    switchMap((shard) =>
      abortable(() => markBaseline(shard, source.kind.name, params.workspace, env.ambient.now())).pipe(
        retryTransient(STATE_RETRY, env.ambient, (error, waitMs) =>
          env.report({ type: 'retry', slice, error, waitMs }),
        ),
        guardShard(env, shard),
      ),
    ),
    take(1),
    ignoreElements(),
  );
}

/** The name by which state knows a slice: `time-entries/{workspace}/{user}`. */
export function sliceId(source: string, params: Params): string {
  return [source, ...Object.values(params)].join('/');
}

function rhythmsOf({ rhythms = [] }: Source, { once }: SourceEnvironment, of: Rhythm['of']): readonly Rhythm[] {
  return once ? [] : rhythms.filter((rhythm) => rhythm.of === of);
}

/** What there is for one user: a plain slice, or one for each rhythm. */
function slicesOf(
  source: Source,
  env: SourceEnvironment,
  number: number,
  params: Params,
  listed: () => ReadonlySet<string> | undefined,
): Observable<SliceEvent> {
  if (source.rhythms === undefined || env.once) return sliceOf(source, env, number, { params });
  return merge(
    ...rhythmsOf(source, env, 'user').map((rhythm) => sliceOf(source, env, number, { params, rhythm, listed })),
  );
}

interface SlicePlan {
  readonly params: Params;
  readonly rhythm?: Rhythm;
  readonly listed?: () => ReadonlySet<string> | undefined;
}

function slicePlanned({ kind }: Source, { params, rhythm }: SlicePlan): Slice {
  const id = sliceId(kind.name, params);
  if (rhythm === undefined) return { id, params };
  const owner = rhythm.of === 'user' ? id : undefined;
  return { id: `${id}/~${rhythm.name}`, params, rhythm: rhythm.seenBy, owner };
}

/** One slice, on its shard for as long as that lasts, and on its successor after that. */
function sliceOf(source: Source, env: SourceEnvironment, number: number, plan: SlicePlan): Observable<SliceEvent> {
  const { params, rhythm, listed = () => undefined } = plan;
  const slice = slicePlanned(source, plan);
  const endpoint = rhythm === undefined ? source.endpoint(params) : rhythm.endpoint(params, listed);
  const events$ = env.shards.open(number).pipe(
    switchMap((shard) => {
      const context = contextOf(source, env, slice, endpoint, shard);
      const begin$ = abortable(() => beginOn(shard, source, env, plan)).pipe(
        retryTransient(STATE_RETRY, env.ambient, context.onRetry),
        ignoreElements(),
      );
      const sweeps$ = env.once ? sweepOnce(context) : everyTick(context, rhythm?.schedule ?? source.schedule, env);
      const told$ = sweeps$.pipe(
        tap((event) => tellListed(source, context, event)),
        tap((event) => rhythm?.onEvent?.(params, event, env.ambient.now())),
      );
      return concat(begin$, told$).pipe(guardShard(env, shard));
    }),
  );
  return env.once ? events$.pipe(takeWhile((event) => event.type !== 'sweep', true)) : events$;
}

function tellListed({ onListed }: Source, { slice, shard }: SliceContext, event: SliceEvent): void {
  if (onListed === undefined || event.type !== 'sweep' || event.outcome !== 'complete') return;
  const keys = [...shard.state.ownedBy(slice.id)].map((key) => shard.state.keyAt(key)?.at(-1));
  onListed(slice.params, new Set(keys.filter((id) => id !== undefined)));
}

/** What rhythms find that was made from now on is new: they have no first complete sweep that would say so. */
async function beginOn(shard: Shard, source: Source, env: SourceEnvironment, { params, rhythm }: SlicePlan) {
  await adoptIdentity(shard, source, env.report);
  if (rhythm !== undefined) await markBaseline(shard, source.kind.name, params.workspace, env.ambient.now());
}

function everyTick(context: SliceContext, schedule: SourceSchedule, env: SourceEnvironment): Observable<SliceEvent> {
  const { endpoint, shard, source, slice } = context;
  const { nextAfter } = endpoint;
  const checkpoint = () => shard.state.checkpoint(source.name, slice.id) ?? {};
  return runSlice(context, {
    ...schedule,
    delayMs: Math.round(env.ambient.random() * schedule.spreadMs),
    nextAfter: nextAfter === undefined ? schedule.nextAfter : (started, now) => nextAfter(started, now, checkpoint()),
  });
}

function contextOf(
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
    memory: newMemory(shard.state, source.kind.name, slice),
  };
}

/** A spent writer is the shard's affair: this slice waits until it gets the next one. */
function guardShard(env: SourceEnvironment, shard: Shard) {
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
