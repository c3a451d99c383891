import { type Observable, ReplaySubject, take, timeout } from 'rxjs';
import type { Params } from '../pipeline/ports.ts';

/**
 * Lists that a source reads anyway, passed on to whoever needs their ids: the users and projects of a workspace. Both
 * are polled by the worker that owns the workspace, so that nobody has to ask Clockify twice.
 */
export interface Feeds {
  /** Tells the ids of a list, after a complete sweep of it. */
  tell(parameter: string, params: Params, ids: ReadonlySet<string>): void;
  /** The ids as they are told; `otherwise` where nothing is told in time. */
  values(
    parameter: string,
    params: Params,
    otherwise: () => Observable<ReadonlySet<string>>,
  ): Observable<ReadonlySet<string>>;
}

export interface FeedOptions {
  /** Parameters that some source feeds. */
  readonly fed: ReadonlySet<string>;
  readonly waitMs: number;
  readonly once: boolean;
}

export function createFeeds({ fed, waitMs, once }: FeedOptions): Feeds {
  const lists = new Map<string, ReplaySubject<ReadonlySet<string>>>();
  const listOf = (parameter: string, params: Params): ReplaySubject<ReadonlySet<string>> => {
    const name = JSON.stringify([parameter, params.workspace]);
    const list = lists.get(name) ?? new ReplaySubject<ReadonlySet<string>>(1);
    lists.set(name, list);
    return list;
  };
  return {
    tell: (parameter, params, ids) => listOf(parameter, params).next(ids),
    values: (parameter, params, otherwise) => {
      if (!fed.has(parameter)) return otherwise();
      const told$ = listOf(parameter, params).pipe(timeout({ first: waitMs, with: otherwise }));
      return once ? told$.pipe(take(1)) : told$;
    },
  };
}
