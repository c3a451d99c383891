import { deepStrictEqual, strictEqual } from 'node:assert/strict';
import { test } from 'node:test';
import { createRunning } from '../../../../src/clockify/rhythms/running.ts';
import { createStrays } from '../../../../src/clockify/rhythms/strays.ts';
import { fakeClient, fakeWitness, idsOf, NOTHING, sweepAll } from './fake-client.ts';

const RUNNING = { timeInterval: { start: '2026-01-01T00:00:00Z', end: null } };
const STOPPED = { timeInterval: { start: '2026-01-01T00:00:00Z', end: '2026-01-01T01:00:00Z' } };
const rows = (...ids: string[]) => ids.map((id) => ({ id, userId: `of-${id}`, ...RUNNING }));

function open(list: () => readonly object[], entries: Record<string, object> = {}, users?: ReadonlySet<string>) {
  const client = fakeClient(({ query }) => {
    const size = Number(query['page-size']);
    return list().slice((Number(query.page) - 1) * size, Number(query.page) * size);
  });
  const { witness, asked } = fakeWitness(() => entries);
  const running = createRunning({ client, witness, workspace: 'w', pageSize: 2, users });
  const sweep = (before: readonly string[], end = {}) =>
    sweepAll(running.begin(0, { ...NOTHING, progress: { running: before } }), end);
  return { client, asked, sweep };
}

test('all pages are shown, and what is shown is kept', async () => {
  const { client, asked, sweep } = open(() => rows('b', 'a', 'c'));
  const { items, advance } = await sweep([]);
  deepStrictEqual(idsOf(items), ['b', 'a', 'c']);
  deepStrictEqual(advance, { progress: { running: ['a', 'b', 'c'] }, isNews: true });
  deepStrictEqual(
    client.calls.map(({ query }) => query.page),
    ['1', '2', '3'],
  );
  strictEqual((await sweep(['a', 'b', 'c'])).advance?.isNews, false);
  deepStrictEqual(asked, []);
});

test('P4: what has left the list is read by id: stopped, deleted, still running, or unclear', async () => {
  const { sweep } = open(() => rows('a'), { stopped: STOPPED, still: RUNNING, odd: { id: 'another' } });
  const { items, gone, advance } = await sweep(['a', 'deleted', 'odd', 'still', 'stopped']);
  deepStrictEqual(idsOf(items), ['a', 'still', 'stopped']);
  deepStrictEqual(gone, ['deleted']);
  deepStrictEqual(advance?.progress.running, ['a', 'odd', 'still'], 'nobody is let go without proof');
});

test('P4: what the guard holds back, and what another rhythm has changed, is asked for again', async () => {
  const { sweep } = open(() => [], { stopped: STOPPED });
  deepStrictEqual((await sweep(['deleted'], { guarded: true })).advance?.progress.running, ['deleted']);
  deepStrictEqual((await sweep(['stopped'], { left: new Set(['stopped']) })).advance?.progress.running, ['stopped']);
});

test('a list that hides hundreds costs a handful of reads', async () => {
  const ids = Array.from({ length: 300 }, (_, index) => `e${index}`).sort();
  const { asked, sweep } = open(() => [], Object.fromEntries(ids.map((id) => [id, RUNNING])));
  const { advance } = await sweep(ids);
  strictEqual(asked.length, 20);
  deepStrictEqual(advance?.progress.running, ids);
});

test('entries of users that the source does not have are not shown', async () => {
  const { sweep } = open(() => rows('a', 'b'), {}, new Set(['of-b']));
  const { items, advance } = await sweep([]);
  deepStrictEqual([idsOf(items), advance?.progress.running], [['b'], ['b']]);
});

test('strays are read in turn, a few at a time, and nobody is one before the users are known', async () => {
  const ids = Array.from({ length: 130 }, (_, index) => `e${String(index).padStart(3, '0')}`);
  const { witness, asked } = fakeWitness(() => Object.fromEntries(ids.slice(1).map((id) => [id, STOPPED])));
  let listed: ReadonlySet<string> | undefined;
  const strays = createStrays({ witness, workspace: 'w', prefix: 's/w/', listed: () => listed });
  const known = {
    ...NOTHING,
    owners: () => ['s/w/here', 's/w/left', 's/other/left', 'other/w/left'],
    keysOf: (owner: string) => (owner === 's/w/left' ? ids.map((id) => ['w', id]) : [['w', 'never']]),
  };
  deepStrictEqual((await sweepAll(strays.begin(0, known))).items, []);
  listed = new Set(['here']);
  const { gone, advance } = await sweepAll(strays.begin(0, known));
  deepStrictEqual([gone, advance?.progress.strayAfter], [['e000'], 'e059']);
  await sweepAll(strays.begin(0, known));
  const restarted = createStrays({ witness, workspace: 'w', prefix: 's/w/', listed: () => listed });
  await sweepAll(restarted.begin(0, { ...known, progress: { strayAfter: 'e119' } }));
  deepStrictEqual(asked, [...ids.slice(0, 120), ...ids.slice(120), ...ids.slice(0, 50)]);
});
