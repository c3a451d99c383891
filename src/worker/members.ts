import { defer, filter, from, mergeMap, type Observable, Subject, takeUntil } from 'rxjs';

/**
 * Keeps one inner Observable running for each member of a changing set: begun when the member appears, unsubscribed
 * when it disappears, undisturbed while it stays.
 *
 * Completes when the set has completed and every inner one has; fails with the first that fails.
 */
export function mergeMembers<T>(
  sets$: Observable<ReadonlySet<string>>,
  project: (member: string) => Observable<T>,
): Observable<T> {
  return defer(() => {
    const present = new Set<string>();
    const gone$ = new Subject<string>();

    const enter = (set: ReadonlySet<string>): readonly string[] => {
      const left = [...present].filter((member) => !set.has(member));
      for (const member of left) present.delete(member);
      for (const member of left) gone$.next(member);
      const added = [...set].filter((member) => !present.has(member));
      for (const member of added) present.add(member);
      return added;
    };

    return sets$.pipe(
      mergeMap((set) => from(enter(set))),
      mergeMap((member) => project(member).pipe(takeUntil(gone$.pipe(filter((left) => left === member))))),
    );
  });
}
