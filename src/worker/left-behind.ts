import {
  concat,
  concatMap,
  EMPTY,
  finalize,
  from,
  ignoreElements,
  type MonoTypeOperatorFunction,
  map,
  type Observable,
  of,
  switchMap,
  takeWhile,
  tap,
} from 'rxjs';
import type { Params } from '../pipeline/ports.ts';
import type { Shard } from '../pipeline/shard.ts';
import { settleLeft } from '../pipeline/slice.ts';
import type { SliceEvent } from '../pipeline/sweep.ts';
import { adoptIdentity } from './identity.ts';
import type { Source, SourceEnvironment } from './source.ts';
import { contextOf, guardShard, sliceId, untilWritten } from './source-slice.ts';

/** Whenever the list of parents is told: the slices that the state knows below those that are not in it, each once. */
export function leftBehind(
  source: Source,
  env: SourceEnvironment,
  number: number,
  parameter: string,
  params: Params,
): Observable<SliceEvent> {
  const prefix = `${sliceId(source.kind.name, params)}/`;
  const settled = new Set<string>();
  const settleOf = (shard: Shard, value: string): Observable<SliceEvent> =>
    settleSlice(source, env, shard, { ...params, [parameter]: value }).pipe(whenSettled(() => settled.add(value)));
  const leftOf = (shard: Shard, listed: ReadonlySet<string>): readonly string[] =>
    shard.state
      .owners()
      .flatMap((id) => (id.startsWith(prefix) ? [id.slice(prefix.length)] : []))
      .filter((value) => !listed.has(value) && !settled.has(value));
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

/** What the state has of one slice, each entity by its own read; nothing where there is no such read. */
export function settleSlice(
  source: Source,
  env: SourceEnvironment,
  shard: Shard,
  params: Params,
): Observable<SliceEvent> {
  const endpoint = source.endpoint(params);
  if (endpoint.witness === undefined) return EMPTY;
  const slice = { id: sliceId(source.kind.name, params), params };
  const context = contextOf(source, env, slice, endpoint, shard);
  const begin$ = untilWritten(() => adoptIdentity(shard, source, env.report), env, slice).pipe(ignoreElements());
  return concat(begin$, settleLeft(context)).pipe(finalize(() => env.register?.leave(context)));
}

const END = Symbol('all of it is settled');

/** Tells of each slice that needs no further look: what the guard holds back is looked at again. */
export function whenSettled(tell: (slice: string) => void): MonoTypeOperatorFunction<SliceEvent> {
  const guarded = new Set<string>();
  return tap((event) => {
    if (event.type === 'settled' && event.settlement.guarded) guarded.add(event.slice.id);
    if (event.type !== 'sweep' || guarded.delete(event.slice.id)) return;
    if (isSettled(event)) tell(event.slice.id);
  });
}

/** What most of the children answer for is not asked again: it is only hidden. */
function isSettled(event: Extract<SliceEvent, { type: 'sweep' }>): boolean {
  return event.outcome === 'complete' || event.error.code === 'settle.sweep_not_credible';
}
