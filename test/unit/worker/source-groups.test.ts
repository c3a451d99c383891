import { deepEqual, equal, ok } from 'node:assert/strict';
import { test } from 'node:test';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { lastValueFrom, tap, toArray } from 'rxjs';
import { inGroups } from '../../../src/worker/source-slice.ts';

const paramsOf = (count: number) => Array.from({ length: count }, (_, at) => ({ user: `u${at}` }));

test('P8: of many slices that come at once some are made at a time, in their order, and others get a turn between', async () => {
  let turns = 0;
  let isOver = false;
  const others = (async () => {
    for (; !isOver; turns++) await nextTurn();
  })();
  const seen: number[] = [];
  const given = { came: paramsOf(1_234), left: [{ user: 'gone' }] };
  const groups = await lastValueFrom(
    inGroups(given).pipe(
      tap(() => seen.push(turns)),
      toArray(),
    ),
  );
  isOver = true;
  await others;
  deepEqual(
    groups.flatMap(({ came }) => came),
    given.came,
  );
  deepEqual(
    groups.map(({ left }) => left.length),
    [1, 0, 0],
  );
  equal(groups.length, 3);
  ok(
    seen.every((turn, at) => at === 0 || turn > (seen[at - 1] ?? 0)),
    `turns of the others: ${seen}`,
  );
});

test('a few are made at once, and before anything else', () => {
  const groups: unknown[] = [];
  const given = { came: paramsOf(500), left: [] };
  inGroups(given).subscribe((group) => groups.push(group));
  deepEqual(groups, [given]);
});
