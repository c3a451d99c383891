import { deepStrictEqual, strictEqual } from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { finalize, NEVER, Observable, of, Subject } from 'rxjs';
import { mergeMembers } from '../../../src/worker/members.ts';

/** Inner Observables that never end by themselves, and which of them run. */
function running() {
  const log: string[] = [];
  const now = new Map<string, number>();
  const project = (member: string) =>
    new Observable<string>((subscriber) => {
      log.push(`+${member}`);
      now.set(member, (now.get(member) ?? 0) + 1);
      subscriber.next(member);
    }).pipe(
      finalize(() => {
        log.push(`-${member}`);
        now.set(member, (now.get(member) ?? 0) - 1);
      }),
    );
  return { log, now, project };
}

test('a member begins when it appears, ends when it disappears, and is undisturbed while it stays', () => {
  const { log, project } = running();
  const sets$ = new Subject<ReadonlySet<string>>();
  const seen: string[] = [];
  const subscription = mergeMembers(sets$, project).subscribe((each) => seen.push(each));
  for (const set of [['a', 'b'], ['a', 'b'], ['b', 'c'], [], ['a']]) sets$.next(new Set(set));
  deepStrictEqual(log, ['+a', '+b', '-a', '+c', '-b', '-c', '+a']);
  deepStrictEqual(seen, ['a', 'b', 'c', 'a']);
  subscription.unsubscribe();
  strictEqual(log.at(-1), '-a');
});

test('after any sequence of sets, the members of the last one run, each once', () => {
  const SET = fc.uniqueArray(fc.constantFrom('a', 'b', 'c', 'd'));
  fc.assert(
    fc.property(fc.array(SET), (sets) => {
      const { now, project } = running();
      const sets$ = new Subject<ReadonlySet<string>>();
      const subscription = mergeMembers(sets$, project).subscribe();
      for (const set of sets) sets$.next(new Set(set));
      const live = [...now].flatMap(([member, count]) => (count === 0 ? [] : [`${member}${count}`])).sort();
      deepStrictEqual(live, (sets.at(-1) ?? []).map((member) => `${member}1`).sort());
      subscription.unsubscribe();
      deepStrictEqual(
        [...now.values()].filter((count) => count !== 0),
        [],
      );
    }),
  );
});

test('it completes when the set and every member have', () => {
  const sets$ = new Subject<ReadonlySet<string>>();
  const inner$ = new Subject<number>();
  let done = false;
  mergeMembers(sets$, () => inner$).subscribe({ complete: () => (done = true) });
  sets$.next(new Set(['a']));
  sets$.complete();
  strictEqual(done, false);
  inner$.complete();
  strictEqual(done, true);
});

test('a member that has completed is not begun again while it stays', () => {
  const sets$ = new Subject<ReadonlySet<string>>();
  let begun = 0;
  mergeMembers(sets$, () => {
    begun += 1;
    return of(1);
  }).subscribe();
  sets$.next(new Set(['a']));
  sets$.next(new Set(['a']));
  strictEqual(begun, 1);
});

test('the failure of one member is the failure of all, and leaves none running', () => {
  const sets$ = new Subject<ReadonlySet<string>>();
  const broken$ = new Subject<never>();
  let ended = 0;
  let error: unknown;
  mergeMembers(sets$, (member) => (member === 'a' ? broken$ : NEVER.pipe(finalize(() => (ended += 1))))).subscribe({
    error: (thrown) => (error = thrown),
  });
  sets$.next(new Set(['a', 'b']));
  broken$.error('broken');
  deepStrictEqual([error, ended, sets$.observed], ['broken', 1, false]);
});
