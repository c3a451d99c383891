import { defer, EMPTY, from, map, mergeMap, type Observable, Subject, takeUntil } from 'rxjs';

/** Who has come and who has left since the set before; the first set comes whole. */
export interface Turnover {
  readonly came: readonly string[];
  readonly left: readonly string[];
}

export function turnoverOf(sets$: Observable<ReadonlySet<string>>): Observable<Turnover> {
  return defer(() => {
    let present: ReadonlySet<string> = new Set();
    return sets$.pipe(
      map((set) => {
        const left = [...present].filter((member) => !set.has(member));
        const came = [...set].filter((member) => !present.has(member));
        present = new Set(set);
        return { came, left };
      }),
    );
  });
}

/**
 * Keeps one inner Observable running for each member of a changing set: begun when the member appears, unsubscribed
 * when it disappears, undisturbed while it stays. For a few members: what is to be kept for thousands is no Observable.
 *
 * Completes when the set has completed and every inner one has; fails with the first that fails.
 */
export function mergeMembers<T>(
  sets$: Observable<ReadonlySet<string>>,
  project: (member: string) => Observable<T>,
): Observable<T> {
  return defer(() => {
    const gone = new Map<string, Subject<void>>();

    const enter = ({ came, left }: Turnover): readonly string[] => {
      for (const member of left) {
        gone.get(member)?.next();
        gone.delete(member);
      }
      for (const member of came) gone.set(member, new Subject());
      return came;
    };

    return turnoverOf(sets$).pipe(
      mergeMap((turnover) => from(enter(turnover))),
      mergeMap((member) => {
        const gone$ = gone.get(member);
        return gone$ === undefined ? EMPTY : project(member).pipe(takeUntil(gone$));
      }),
    );
  });
}
