import {
  combineLatest,
  concat,
  defer,
  EMPTY,
  finalize,
  ignoreElements,
  type MonoTypeOperatorFunction,
  map,
  merge,
  mergeMap,
  type Observable,
  of,
  ReplaySubject,
  Subject,
  share,
  switchMap,
  take,
  takeUntil,
  tap,
} from 'rxjs';
import { shardFor } from '../core/murmur2.ts';
import { sourceSlice } from '../core/state.ts';
import type { Ambient, DeleteGuard, Digest, Endpoint, Params, Slice, SourceKind } from '../pipeline/ports.ts';
import type { Schedule } from '../pipeline/schedule.ts';
import type { SliceEvent } from '../pipeline/sweep.ts';
import { markBaseline } from './baseline.ts';
import type { SliceRegister } from './control.ts';
import type { Report } from './events.ts';
import { leftBehind } from './left-behind.ts';
import { mergeMembers, turnoverOf } from './members.ts';
import type { Rhythm } from './rhythm.ts';
import type { Shards } from './shards.ts';
import { guardShard, type Lane, runLane, sliceOf, untilWritten } from './source-slice.ts';
import { vanished } from './vanished.ts';

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
  /** Whether a workspace that has left the list is proved gone; undefined where the list is given and nobody leaves it. */
  readonly isGone?: ((workspace: string, signal: AbortSignal) => Promise<boolean>) | undefined;
  /** In place of one plain sweep of each slice; but not with `once`. */
  readonly rhythms?: readonly Rhythm[] | undefined;
  /** It begins anew because its schema grew: its slices were swept a moment ago. */
  readonly isRegrown?: boolean | undefined;
  /** Told the ids that a slice owns after each of its complete sweeps. */
  readonly onListed?: ((params: Params, ids: ReadonlySet<string>) => void) | undefined;
}

export interface SourceSchedule extends Schedule {
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
  /** Where slices are known while they run, for those who may ask something of them. */
  readonly register?: SliceRegister | undefined;
  /** One complete sweep of each slice, then the end. */
  readonly once: boolean;
}

/** Every slice of a source that this worker owns, begun and ended as parameters and shards come and go. */
export function runSource(source: Source, env: SourceEnvironment): Observable<SliceEvent> {
  const [owner, ...rest] = source.parameters;
  const owners$ = owner === undefined ? of(new Set([source.credential])) : source.valuesOf(owner, {});
  const polled$ = mergeMembers(tellSplit(source, env, owners$), (id) => {
    const number = shardFor(id, env.shardCount);
    const params: Params = owner === undefined ? {} : { [owner]: id };
    return rest.length === 0 ? sliceOf(source, env, number, { params }) : children(source, env, number, rest, params);
  });
  return owner === undefined ? polled$ : merge(polled$, vanished(source, env, owners$));
}

function tellSplit({ kind }: Source, env: SourceEnvironment, owners$: Observable<ReadonlySet<string>>) {
  return combineLatest([owners$, env.owned$]).pipe(
    map(([all, shards]) => {
      const own = ownedAmong(all, shards, env);
      env.register?.split(kind.name, all, own);
      return own;
    }),
  );
}

/** Of some owners those whose shard this worker has. */
export function ownedOf(
  ids$: Observable<ReadonlySet<string>>,
  env: SourceEnvironment,
): Observable<ReadonlySet<string>> {
  return combineLatest([ids$, env.owned$]).pipe(map(([ids, shards]) => ownedAmong(ids, shards, env)));
}

function ownedAmong(ids: ReadonlySet<string>, shards: ReadonlySet<number>, { shardCount }: SourceEnvironment) {
  return new Set([...ids].filter((id) => shards.has(shardFor(id, shardCount))));
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
    let listed: ReadonlySet<string> | undefined;
    const values$ = source.valuesOf(parameter, params).pipe(tap((values) => (listed = values)));
    const bound = (value: string): Params => ({ ...params, [parameter]: value });
    const lanes = lanesOf(source, env, params, () => listed);
    const each$ =
      rest.length > 0
        ? mergeMembers(values$, (value) => children(source, env, number, rest, bound(value)))
        : slicesBelow(source, env, number, lanes, values$, bound).pipe(
            whenAllSwept(
              ({ params: { [parameter]: value = '' } }) => value,
              () => listed,
              () => baseline(source, env, number, params),
            ),
          );
    const own$ = rhythmsOf(source, env, 'workspace').map((rhythm) =>
      sliceOf(source, env, number, { params, rhythm, listed: () => listed }),
    );
    // A rhythm that reads the whole history settles what is left behind as well, and in its own time.
    const settlesLeft = rest.length === 0 && (source.rhythms === undefined || env.once);
    const left$ = settlesLeft ? leftBehind(source, env, number, parameter, params) : EMPTY;
    return merge(holding(number, env, each$), left$, ...own$);
  });
}

/** How the slices below a workspace are swept: plainly, or in each of the rhythms that every user has. */
function lanesOf(source: Source, env: SourceEnvironment, params: Params, listed: Lane['listed']): readonly Lane[] {
  if (source.rhythms === undefined || env.once) return [{ params }];
  return rhythmsOf(source, env, 'user').map((rhythm) => ({ params, rhythm, listed }));
}

/** One slice of each lane for each value, as they come and go. */
function slicesBelow(
  source: Source,
  env: SourceEnvironment,
  number: number,
  lanes: readonly Lane[],
  values$: Observable<ReadonlySet<string>>,
  bound: (value: string) => Params,
): Observable<SliceEvent> {
  if (env.once) return mergeMembers(values$, (value) => sliceOf(source, env, number, { params: bound(value) }));
  const shared$ = values$.pipe(share({ connector: () => new ReplaySubject(1), resetOnComplete: false }));
  const bindings$ = turnoverOf(shared$).pipe(
    map(({ came, left }) => ({ came: came.map(bound), left: left.map(bound) })),
  );
  // Asked for as long as the slices run, and not anew with each shard.
  return merge(shared$.pipe(ignoreElements()), ...lanes.map((lane) => runLane(source, env, number, lane, bindings$)));
}

/** Does something besides, once, when each of some values has been swept or tried. */
function whenAllSwept(
  nameOf: (slice: Slice) => string,
  expected: () => ReadonlySet<string> | undefined,
  act: () => Observable<never>,
): MonoTypeOperatorFunction<SliceEvent> {
  const swept = new Set<string>();
  let isDone = false;
  return mergeMap((event) => {
    if (isDone || event.type !== 'sweep') return of(event);
    swept.add(nameOf(event.slice));
    isDone = swept.size >= (expected()?.size ?? 0) && [...(expected() ?? [])].every((value) => swept.has(value));
    return isDone ? concat(of(event), act()) : of(event);
  });
}

/** Has the shard open from the start: what asks for the slices' parameters spends a budget that is remembered there. */
function holding(number: number, env: SourceEnvironment, slices$: Observable<SliceEvent>): Observable<SliceEvent> {
  const ended$ = new Subject<void>();
  const held$ = env.shards.open(number).pipe(ignoreElements(), takeUntil(ended$));
  return merge(held$, slices$.pipe(finalize(() => ended$.next())));
}

/** Holds the shard until it is written: the slice that gave the occasion may be over by then. */
function baseline(source: Source, env: SourceEnvironment, number: number, params: Params): Observable<never> {
  const slice: Slice = { id: `${source.kind.name}/${sourceSlice(params.workspace)}`, params };
  return env.shards.open(number).pipe(
    switchMap((shard) =>
      untilWritten(() => markBaseline(shard, source.kind.name, params.workspace, env.ambient.now()), env, slice).pipe(
        guardShard(env, shard),
      ),
    ),
    take(1),
    ignoreElements(),
  );
}

function rhythmsOf({ rhythms = [] }: Source, { once }: SourceEnvironment, of: Rhythm['of']): readonly Rhythm[] {
  return once ? [] : rhythms.filter((rhythm) => rhythm.of === of);
}
