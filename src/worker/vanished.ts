import {
  catchError,
  combineLatest,
  concat,
  concatMap,
  defer,
  EMPTY,
  from,
  map,
  type Observable,
  of,
  switchMap,
  takeWhile,
  tap,
  throwError,
} from 'rxjs';
import { toWorkerError } from '../core/errors.ts';
import { shardFor } from '../core/murmur2.ts';
import type { Params } from '../pipeline/ports.ts';
import { abortable, PAGE_RETRY, retryTransient } from '../pipeline/retry.ts';
import type { Shard } from '../pipeline/shard.ts';
import type { SliceEvent } from '../pipeline/sweep.ts';
import { settleSlice, whenSettled } from './left-behind.ts';
import { mergeMembers } from './members.ts';
import type { Source, SourceEnvironment } from './source.ts';
import { guardShard, sliceId } from './source-slice.ts';

/**
 * Whenever the list of workspaces is told: those that are not in it, though the state has entities of theirs. Where the
 * read of the workspace itself says that it is gone, each of them is settled by its own read (P4); one that is hidden or
 * refuses is left as it is. A shard is looked into once a workspace of it was in the list: who vanished while no worker
 * ran waits for such a neighbour.
 */
export function vanished(
  source: Source,
  env: SourceEnvironment,
  workspaces$: Observable<ReadonlySet<string>>,
): Observable<SliceEvent> {
  if (source.isGone === undefined) return EMPTY;
  const looked = new Set<number>();
  const shards$ = combineLatest([workspaces$, env.owned$]).pipe(
    map(([listed, owned]) => {
      for (const workspace of listed) looked.add(shardFor(workspace, env.shardCount));
      return new Set([...looked].filter((number) => owned.has(number)).map(String));
    }),
  );
  return mergeMembers(shards$, (number) => inShard(source, env, Number(number), workspaces$));
}

function inShard(
  source: Source,
  env: SourceEnvironment,
  number: number,
  workspaces$: Observable<ReadonlySet<string>>,
): Observable<SliceEvent> {
  const settled = new Set<string>();
  const leftIn = (shard: Shard, listed: ReadonlySet<string>) =>
    slicesIn(source, shard).filter(({ id, params: { workspace = '' } }) => !listed.has(workspace) && !settled.has(id));
  const settleAll = (listed: ReadonlySet<string>): Observable<SliceEvent> =>
    env.shards.open(number).pipe(
      switchMap((shard) => {
        const left = leftIn(shard, listed);
        const workspaces = new Set(left.map(({ params: { workspace = '' } }) => workspace));
        const slicesOf = (workspace: string) => left.filter(({ params }) => params.workspace === workspace);
        const all$ = from(workspaces).pipe(
          concatMap((workspace) => provedGone(source, env, workspace).pipe(concatMap(() => slicesOf(workspace)))),
          concatMap(({ params }) => settleSlice(source, env, shard, params)),
          whenSettled((slice) => settled.add(slice)),
        );
        return concat(all$, of(END)).pipe(guardShard(env, shard));
      }),
      takeWhile((event) => event !== END),
      map((event) => event as SliceEvent),
    );
  return workspaces$.pipe(
    tap((listed) => {
      for (const id of settled) if (listed.has(id.split('/')[1] ?? '')) settled.delete(id);
    }),
    concatMap(settleAll),
  );
}

const END = Symbol('all of it is settled');

/** Emits where the workspace itself says that it is gone. What keeps it from saying so stops nobody. */
function provedGone({ kind, isGone }: Source, env: SourceEnvironment, workspace: string): Observable<true> {
  const tell = (thrown: unknown) =>
    env.report({ type: 'discovery-failed', source: kind.name, parameter: 'workspace', error: toWorkerError(thrown) });
  return defer(() => abortable(async (signal) => (await isGone?.(workspace, signal)) === true)).pipe(
    retryTransient(PAGE_RETRY, env.ambient, tell),
    catchError((thrown) => {
      if (toWorkerError(thrown).kind === 'fatal') return throwError(() => thrown);
      tell(thrown);
      return of(false);
    }),
    concatMap((isProved) => (isProved ? of(true as const) : EMPTY)),
  );
}

interface Left {
  readonly id: string;
  readonly params: Params;
}

/** What the state of a shard has of a source: its slices, by what they bind. */
function slicesIn({ kind, parameters, endpoint }: Source, shard: Shard): readonly Left[] {
  const prefix = `${kind.name}/`;
  return shard.state.owners().flatMap((owner) => {
    const values = owner.startsWith(prefix) ? owner.slice(prefix.length).split('/') : [];
    if (values.length !== parameters.length) return [];
    const params: Params = Object.fromEntries(parameters.map((name, at) => [name, values[at] ?? '']));
    return endpoint(params).witness === undefined ? [] : [{ id: sliceId(kind.name, params), params }];
  });
}
