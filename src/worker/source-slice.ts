import {
  catchError,
  concat,
  finalize,
  ignoreElements,
  NEVER,
  type Observable,
  switchMap,
  takeWhile,
  tap,
  throwError,
} from 'rxjs';
import { toWorkerError } from '../core/errors.ts';
import { entityKeyOf } from '../core/state-codec.ts';
import { newGuard } from '../pipeline/guard.ts';
import type { Endpoint, Params, Slice } from '../pipeline/ports.ts';
import { abortable, concernsShard, type RetryPolicy, retryTransient, spendsWriter } from '../pipeline/retry.ts';
import { runSlice } from '../pipeline/schedule.ts';
import type { Shard } from '../pipeline/shard.ts';
import { sweepOnce } from '../pipeline/slice.ts';
import { newMemory, type SliceContext, type SliceEvent } from '../pipeline/sweep.ts';
import { markBaseline } from './baseline.ts';
import { adoptIdentity } from './identity.ts';
import type { Rhythm } from './rhythm.ts';
import type { Source, SourceEnvironment, SourceSchedule } from './source.ts';

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

/** What a slice is made of: its parameters, and its rhythm if it has one. */
export interface SlicePlan {
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
export function sliceOf(
  source: Source,
  env: SourceEnvironment,
  number: number,
  plan: SlicePlan,
): Observable<SliceEvent> {
  const { params, rhythm, listed = () => undefined } = plan;
  const slice = slicePlanned(source, plan);
  const endpoint = rhythm === undefined ? source.endpoint(params) : rhythm.endpoint(params, listed);
  const events$ = env.shards.open(number).pipe(
    switchMap((shard) => {
      const context = contextOf(source, env, slice, endpoint, shard);
      const begin$ = untilWritten(() => beginOn(shard, source, env, plan), env, slice).pipe(ignoreElements());
      const sweeps$ = env.once ? sweepOnce(context) : everyTick(context, rhythm?.schedule ?? source.schedule, env);
      const told$ = sweeps$.pipe(
        tap((event) => tellListed(source, context, event)),
        tap((event) => rhythm?.onEvent?.(params, event, env.ambient.now())),
      );
      env.register?.enter(context);
      return concat(begin$, told$).pipe(
        guardShard(env, shard),
        finalize(() => leave(context, env)),
      );
    }),
  );
  return env.once ? events$.pipe(takeWhile((event) => event.type !== 'sweep', true)) : events$;
}

function leave(context: SliceContext, env: SourceEnvironment): void {
  env.register?.leave(context);
  env.report({ type: 'slice-left', slice: context.slice });
}

function tellListed({ onListed }: Source, { slice, shard }: SliceContext, event: SliceEvent): void {
  if (onListed === undefined || event.type !== 'sweep' || event.outcome !== 'complete') return;
  const keys = shard.state.ownedBy(slice.id).map((key) => entityKeyOf(key).at(-1));
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
  const onDue = (atMs: number | undefined) => env.report({ type: 'slice-due', slice, atMs });
  const onBegin = () => env.report({ type: 'slice-begun', slice });
  return runSlice(context, {
    ...schedule,
    wishes: env.register?.wishesOf(slice, source.name, onDue, onBegin),
    delayMs: Math.round(env.ambient.random() * schedule.spreadMs),
    nextAfter: nextAfter === undefined ? schedule.nextAfter : (started, now) => nextAfter(started, now, checkpoint()),
  });
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
