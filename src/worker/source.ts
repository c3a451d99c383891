import {
  catchError,
  combineLatest,
  concat,
  concatMap,
  defer,
  from,
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
import { settleLeft, sweepOnce } from '../pipeline/slice.ts';
import { newMemory, type SliceContext, type SliceEvent } from '../pipeline/sweep.ts';
import { markBaseline } from './baseline.ts';
import type { Report } from './events.ts';
import { adoptIdentity } from './identity.ts';
import { mergeMembers } from './members.ts';
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
  /** It begins anew because its schema grew: its slices were swept a moment ago. */
  readonly isRegrown?: boolean | undefined;
  /** Told the ids that a slice owns after each of its complete sweeps. */
  readonly onListed?: ((params: Params, ids: ReadonlySet<string>) => void) | undefined;
}

interface SourceSchedule extends Omit<Schedule, 'delayMs'> {
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
    return rest.length === 0 ? sliceOf(source, env, number, params) : children(source, env, number, rest, params);
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
    const swept = new Set<string>();
    const values$ = source.valuesOf(parameter, params).pipe(tap((values) => (expected = values)));
    const below = (value: string): Observable<SliceEvent> => {
      const bound = { ...params, [parameter]: value };
      if (rest.length > 0) return children(source, env, number, rest, bound);
      return sliceOf(source, env, number, bound).pipe(
        concatMap((event) => {
          if (event.type === 'sweep') swept.add(value);
          const all = event.type === 'sweep' && [...expected].every((each) => swept.has(each));
          return all ? concat(of(event), baseline(source, env, number, params)) : of(event);
        }),
      );
    };
    const slices$ = mergeMembers(values$, below);
    return rest.length > 0 ? slices$ : merge(slices$, leftBehind(source, env, number, parameter, params));
  });
}

/** Whenever the list of parents is told: the slices that the state knows below those that are not in it, each once. */
function leftBehind(
  source: Source,
  env: SourceEnvironment,
  number: number,
  parameter: string,
  params: Params,
): Observable<SliceEvent> {
  const prefix = `${sliceId(source.kind.name, params)}/`;
  const settled = new Set<string>();
  const settleOf = (shard: Shard, value: string): Observable<SliceEvent> => {
    const bound = { ...params, [parameter]: value };
    const endpoint = source.endpoint(bound);
    const context = contextOf(source, env, { id: prefix + value, params: bound }, endpoint, shard);
    const begin$ = abortable(() => adoptIdentity(shard, source, env.report)).pipe(
      retryTransient(STATE_RETRY, env.ambient, context.onRetry),
      ignoreElements(),
    );
    return concat(begin$, settleLeft(context)).pipe(tap((event) => isSettled(event) && settled.add(value)));
  };
  const leftOf = (shard: Shard, listed: ReadonlySet<string>): readonly string[] =>
    [...shard.state.owners()]
      .flatMap((id) => (id.startsWith(prefix) ? [id.slice(prefix.length)] : []))
      .filter((value) => !listed.has(value) && !settled.has(value))
      .filter((value) => source.endpoint({ ...params, [parameter]: value }).witness !== undefined);
  const settleAll = (listed: ReadonlySet<string>): Observable<SliceEvent> =>
    env.shards.open(number).pipe(
      switchMap((shard) => {
        const all$ = from(leftOf(shard, listed)).pipe(concatMap((value) => settleOf(shard, value)));
        return concat(all$, of(END)).pipe(guardShard(env, shard));
      }),
      takeWhile((event) => event !== END),
      map((event) => event as SliceEvent),
    );
  return source.valuesOf(parameter, params).pipe(
    tap((listed) => {
      for (const value of listed) settled.delete(value);
    }),
    concatMap(settleAll),
  );
}

const END = Symbol('all of it is settled');

/** What most of the children answer for is not asked again: it is only hidden. */
function isSettled(event: SliceEvent): boolean {
  if (event.type !== 'sweep') return false;
  return event.outcome === 'complete' || event.error.code === 'settle.sweep_not_credible';
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

/** One slice, on its shard for as long as that lasts, and on its successor after that. */
function sliceOf(source: Source, env: SourceEnvironment, number: number, params: Params): Observable<SliceEvent> {
  const slice: Slice = { id: sliceId(source.kind.name, params), params };
  const endpoint = source.endpoint(params);
  const events$ = env.shards.open(number).pipe(
    switchMap((shard) => {
      const context = contextOf(source, env, slice, endpoint, shard);
      const begin$ = abortable(() => adoptIdentity(shard, source, env.report)).pipe(
        retryTransient(STATE_RETRY, env.ambient, context.onRetry),
        ignoreElements(),
      );
      const sweeps$ = env.once ? sweepOnce(context) : everyTick(context, source, env);
      const told$ = sweeps$.pipe(tap((event) => tellListed(source, context, event)));
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

function everyTick(context: SliceContext, { schedule }: Source, env: SourceEnvironment): Observable<SliceEvent> {
  return runSlice(context, { ...schedule, delayMs: Math.round(env.ambient.random() * schedule.spreadMs) });
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
    memory: newMemory(shard.state, source.kind.name, slice, source.isRegrown),
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
