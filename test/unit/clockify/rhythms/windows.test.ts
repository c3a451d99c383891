import { deepStrictEqual, ok, strictEqual } from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { createRecent, createReconcile, type ReconcileOptions } from '../../../../src/clockify/rhythms/windows.ts';
import type { HistoryPass } from '../../../../src/core/state.ts';
import { wallClockToInstant } from '../../../../src/simulator/time.ts';
import { fakeClient, idsOf, NOTHING, sweepAll } from './fake-client.ts';

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
const NOW = Date.parse('2026-03-29T12:00:00.500Z');
/** The furthest, those of half and quarter hours, and some whose clocks change. */
const ZONES = [
  'UTC',
  'Pacific/Kiritimati',
  'Etc/GMT+12',
  'Pacific/Chatham',
  'Asia/Kathmandu',
  'Europe/Berlin',
  'America/New_York',
  'Australia/Lord_Howe',
  'America/St_Johns',
];

const entry = (id: string, startMs: number) => ({
  id,
  timeInterval: { start: `${new Date(startMs).toISOString().slice(0, 19)}Z` },
});

/** The list as Clockify gives it to an account of that zone: bounds shifted, newest first. */
function listOf(entries: readonly ReturnType<typeof entry>[], zone: string) {
  return fakeClient(({ query }) => {
    const bound = (text: string | undefined, otherwise: number) =>
      text === undefined ? otherwise : wallClockToInstant(Date.parse(text), zone);
    const [from, to] = [bound(query.start, -Infinity), bound(query.end, Infinity)];
    const shown = entries
      .filter(({ timeInterval: { start } }) => Date.parse(start) >= from && Date.parse(start) < to)
      .toSorted((one, other) => Date.parse(other.timeInterval.start) - Date.parse(one.timeInterval.start));
    const size = Number(query['page-size']);
    return shown.slice((Number(query.page) - 1) * size, Number(query.page) * size);
  });
}

const options = (client: ReconcileOptions['client'], over: Partial<ReconcileOptions> = {}): ReconcileOptions => ({
  client,
  path: '/list',
  workspace: 'w',
  query: { project: 'p' },
  pageSize: 2,
  everyMs: DAY_MS,
  windowMs: 30 * DAY_MS,
  sinceMs: undefined,
  ...over,
});

for (const zone of ZONES) {
  test(`P4: in ${zone} the sliding window shows all that started in it, and nothing else`, async () => {
    await fc.assert(
      fc.asyncProperty(
        // A year in steps of a second, so that both changes of the clocks are in it.
        fc.integer({ min: 0, max: 366 * DAY_MS }),
        fc.array(fc.integer({ min: -9 * DAY_MS, max: 2 * DAY_MS }), { maxLength: 12 }),
        async (moment, offsets) => {
          const now = Date.parse('2026-01-01T00:00:00Z') + moment;
          const entries = offsets.map((offset, index) => entry(String(index), now + offset));
          const { items } = await sweepAll(
            createRecent(options(listOf(entries, zone)), 7 * DAY_MS).begin(now, NOTHING),
          );
          const wanted = entries.filter(({ timeInterval }) => Date.parse(timeInterval.start) >= now - 7 * DAY_MS);
          deepStrictEqual([...new Set(idsOf(items))].sort(), idsOf(wanted).toSorted());
        },
      ),
      { numRuns: 40 },
    );
  });

  test(`P1: in ${zone} the windows of a pass show each entry of the history once, and end at the first`, async () => {
    const starts = [-1, 3, 29, 30, 31, 59.5, 200, 200.1, 900].map((days) => NOW - days * DAY_MS);
    const entries = starts.map((startMs, index) => entry(String(index), startMs));
    const reconcile = createReconcile(options(listOf(entries, zone)));
    const seen: string[] = [];
    let pass: HistoryPass | undefined;
    let edge = Number.POSITIVE_INFINITY;
    for (let windows = 0; windows < 50; windows++) {
      const walk = reconcile.begin(NOW, { ...NOTHING, progress: { pass } });
      const { items, advance } = await sweepAll(walk);
      seen.push(...idsOf(items));
      strictEqual(walk.window?.toMs, edge, 'no gap between two windows');
      edge = walk.window?.fromMs ?? 0;
      pass = advance?.progress.pass;
      strictEqual(advance?.isNews, true);
      if (pass?.toMs === undefined) break;
    }
    deepStrictEqual(seen.toSorted(), idsOf(entries).toSorted());
    strictEqual(edge, Number.NEGATIVE_INFINITY);
    ok((pass?.windows ?? 99) <= 9, `${pass?.windows} windows, gaps are crossed in one`);
  });
}

test('a page is not over for being short, and not for showing nothing of the window', async () => {
  const entries = [entry('a', NOW), entry('b', NOW - 7 * DAY_MS - HOUR_MS), entry('c', NOW - 7 * DAY_MS - 2 * HOUR_MS)];
  const client = listOf(entries, 'UTC');
  const { items } = await sweepAll(createRecent({ ...options(client), pageSize: 1 }, 7 * DAY_MS).begin(NOW, NOTHING));
  deepStrictEqual(idsOf(items), ['a']);
  deepStrictEqual(
    client.calls.map(({ query }) => query.page),
    ['1', '2', '3', '4'],
  );
  strictEqual(client.calls[0]?.query.project, 'p', 'the filters of the source hold');
});

test('an entry whose start cannot be read is shown, and goes its way to the dead letters', async () => {
  const client = fakeClient(({ query }) => (query.page === '1' ? [{ id: 'odd', timeInterval: {} }] : []));
  const { items } = await sweepAll(createRecent(options(client), DAY_MS).begin(NOW, NOTHING));
  deepStrictEqual(idsOf(items), ['odd']);
});

test('the history ends at a configured date', async () => {
  const entries = [1, 40, 80].map((days, index) => entry(String(index), NOW - days * DAY_MS));
  const sinceMs = NOW - 50 * DAY_MS;
  const reconcile = createReconcile(options(listOf(entries, 'UTC'), { sinceMs }));
  const first = await sweepAll(reconcile.begin(NOW, NOTHING));
  const second = await sweepAll(reconcile.begin(NOW, { ...NOTHING, progress: first.advance?.progress ?? {} }));
  deepStrictEqual(
    [first, second].flatMap(({ items }) => idsOf(items)),
    ['0', '1'],
  );
  deepStrictEqual([second.advance?.isWhole, second.advance?.progress.pass?.toMs], [true, undefined]);
});

test('the first pass waits for nothing, a later one is spread over the interval, and the next begins when it is over', () => {
  const { nextAfter } = createReconcile(options(fakeClient(() => [])));
  const at = (pass: Partial<HistoryPass>) => ({ progress: { pass: { startedAtMs: NOW, windows: 3, ...pass } } });
  strictEqual(nextAfter(undefined, NOW, {}), NOW);
  strictEqual(nextAfter(NOW - 5, NOW, at({ toMs: 1 })), NOW - 5);
  strictEqual(nextAfter(NOW, NOW, at({ toMs: 1, windowsBefore: 11 })), NOW + 2 * HOUR_MS);
  strictEqual(nextAfter(NOW, NOW, at({})), NOW + DAY_MS);
  strictEqual(nextAfter(undefined, NOW + HOUR_MS, at({})), NOW + DAY_MS, 'a restart begins no new pass');
  strictEqual(nextAfter(undefined, NOW - 9 * DAY_MS, at({})), NOW - 8 * DAY_MS, 'a clock put back holds nothing up');
});

test('P4: a window whose deletes were held back is not left, and not tried at once', async () => {
  const reconcile = createReconcile(options(listOf([entry('a', NOW)], 'UTC')));
  const { advance } = await sweepAll(reconcile.begin(NOW, NOTHING), { guarded: true });
  strictEqual(advance, undefined);
  strictEqual(reconcile.nextAfter(NOW, NOW, {}), NOW + HOUR_MS);
});

test('a window with entries costs its pages, and only an empty one is asked where the gap ends', async () => {
  const entries = [1, 20, 50, 70, 400].map((days, index) => entry(String(index), NOW - days * DAY_MS));
  const client = listOf(entries, 'UTC');
  const reconcile = createReconcile(options(client, { pageSize: 1_000 }));
  const asked: number[] = [];
  let pass: HistoryPass | undefined;
  for (let windows = 0; windows < 9; windows++) {
    const before = client.calls.length;
    const walk = reconcile.begin(NOW, { ...NOTHING, progress: { pass } });
    for (let number = 1, last = false; !last; number++) {
      const page = await walk.page(number, new AbortController().signal);
      // As where a header says which is the last.
      last = page.read().last || page.read().items.length > 0;
    }
    asked.push(client.calls.length - before);
    pass = walk.advance?.({ guarded: false, left: new Set() })?.progress.pass;
    if (pass?.toMs === undefined) break;
  }
  // Three windows with entries, a gap up to the fourth, and nothing behind it.
  deepStrictEqual(asked, [1, 1, 1, 3, 3]);
});

test('P1: one empty answer that lies does not end the history', async () => {
  for (const lying of [1, 2, 3]) {
    const entries = [entry('a', NOW - DAY_MS), entry('b', NOW - 50 * DAY_MS)];
    const honest = listOf(entries, 'UTC');
    let asked = 0;
    const get: typeof honest.get = async (call, signal) => {
      asked += 1;
      const answer = await honest.get(call, signal);
      return asked === lying && answer.ok ? { ...answer, body: new TextEncoder().encode('[]') } : answer;
    };
    const reconcile = createReconcile(options({ get }, { pageSize: 1_000 }));
    const seen = new Set<string>();
    let pass: HistoryPass | undefined;
    for (let windows = 0; windows < 9; windows++) {
      const { items, advance } = await sweepAll(reconcile.begin(NOW, { ...NOTHING, progress: { pass } }));
      for (const id of idsOf(items)) seen.add(id);
      pass = advance?.progress.pass;
      if (pass?.toMs === undefined) break;
    }
    ok(seen.has('b'), `the answer ${lying} was a lie`);
  }
});
