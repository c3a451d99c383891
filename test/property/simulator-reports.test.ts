import { deepStrictEqual, ok } from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { act } from '../../src/simulator/activity.ts';
import type { Answer, ApiRequest } from '../../src/simulator/answer.ts';
import { deleteEntry, restoreEntry } from '../../src/simulator/entry-mutations.ts';
import { featuresOf } from '../../src/simulator/plan.ts';
import { detailedReport, detailedRows } from '../../src/simulator/report-detailed.ts';
import { summaryReport } from '../../src/simulator/report-summary.ts';
import { weeklyReport } from '../../src/simulator/report-weekly.ts';
import type { TimeEntryRow } from '../../src/simulator/rows.ts';
import { seedWorld } from '../../src/simulator/seed.ts';
import type { Store } from '../../src/simulator/store.ts';
import { createWorldContext } from '../../src/simulator/world-context.ts';

const NOON = Date.parse('2026-03-16T12:00:00Z');
const SETTINGS: ApiRequest['settings'] = {
  pageCap: { mode: 'none', max: 0 },
  rateLimit: undefined,
  reportsRateLimit: undefined,
  reports: { enabled: true, maxRangeDays: null },
  entityChanges: { firstPage: 0, deletionDelayMs: 0, enabled: true },
};

const worlds = fc.record({ seed: fc.nat(), deeds: fc.nat({ max: 150 }) });
const zones = fc.constantFrom('UTC', 'Europe/Berlin', 'America/New_York', 'Asia/Kolkata', 'Pacific/Kiritimati');
const ranges = fc
  .record({ first: fc.integer({ min: -10, max: 5 }), days: fc.integer({ min: 0, max: 20 }) })
  .map(({ first, days }) => ({ start: dayText(first, '00:00:00'), end: dayText(first + days, '23:59:59.999') }));

function dayText(days: number, time: string): string {
  return `${new Date(NOON + days * 86_400_000).toISOString().slice(0, 10)}T${time}`;
}

function livedWith({ seed, deeds }: { readonly seed: number; readonly deeds: number }) {
  let now = NOON;
  const context = createWorldContext({
    seed,
    clock: () => now,
    historyLimit: 1_000_000,
    features: featuresOf('paid', null),
  });
  seedWorld(context, { workspaces: 1, users: 4, days: 8, projectsPerWorkspace: 6, accountTimeZone: 'UTC' });
  for (let left = deeds; left > 0; left -= 1) {
    now += 600_000;
    act(context);
  }
  return { context, store: context.store };
}

function lived(world: Parameters<typeof livedWith>[0]): Store {
  return livedWith(world).store;
}

// biome-ignore lint/suspicious/noExplicitAny: reports are looked into freely here
function ask(handle: (request: ApiRequest) => Answer, store: Store, body: object): any {
  const [workspaceId = ''] = store.workspaceIds();
  const userId = store.rows('users', workspaceId)[0]?.id ?? '';
  const answer = handle({
    method: 'POST',
    path: '',
    query: new URLSearchParams(),
    params: { workspaceId },
    body: JSON.stringify(body),
    caller: { userId, role: 'ADMIN' },
    store,
    settings: SETTINGS,
    nowMs: NOON,
  });
  return answer.body;
}

test('the pages of a detailed report are the rows of the truth, each once, whatever their size', () => {
  fc.assert(
    fc.property(worlds, ranges, zones, fc.integer({ min: 1, max: 60 }), (world, range, timeZone, pageSize) => {
      const store = lived(world);
      const [workspaceId = ''] = store.workspaceIds();
      const rows: object[] = [];
      for (let page = 1; ; page += 1) {
        const { timeentries, totals } = ask(detailedReport, store, {
          dateRangeStart: range.start,
          dateRangeEnd: range.end,
          timeZone,
          detailedFilter: { page, pageSize },
        });
        rows.push(...timeentries);
        if (timeentries.length > 0) deepStrictEqual(totals[0].entriesCount > 0, true);
        if (timeentries.length < pageSize) break;
      }
      deepStrictEqual(rows, detailedRows(store, workspaceId, { ...range, timeZone }));
      ok(rows.every((row) => inRange((row as { timeInterval: { start: string } }).timeInterval.start, range)));
    }),
    { numRuns: 25 },
  );
});

/** The clock of the zone stands in the text, before its offset. */
function inRange(text: string, { start, end }: { readonly start: string; readonly end: string }): boolean {
  return text.slice(0, 19) >= start && text.slice(0, 19) <= end;
}

test('groups of a summary come to its totals, at each depth, where an entry is in one group only', () => {
  const groups = fc.uniqueArray(
    fc.constantFrom('PROJECT', 'CLIENT', 'TASK', 'DATE', 'WEEK', 'MONTH', 'USER', 'TIMEENTRY'),
    {
      minLength: 1,
      maxLength: 3,
    },
  );
  type Node = { readonly duration: number; readonly amount: number; readonly children?: readonly Node[] };
  const check = (nodes: readonly Node[], duration: number, amount: number): void => {
    const sum = (read: (node: Node) => number): number => nodes.reduce((total, node) => total + read(node), 0);
    deepStrictEqual(
      sum((node) => node.duration),
      duration,
    );
    ok(Math.abs(sum((node) => node.amount) - amount) < 1e-3);
    for (const node of nodes) if (node.children !== undefined) check(node.children, node.duration, node.amount);
  };
  fc.assert(
    fc.property(worlds, ranges, zones, groups, (world, { start, end }, timeZone, names) => {
      const body = { dateRangeStart: start, dateRangeEnd: end, timeZone, summaryFilter: { groups: names } };
      const { totals, groupOne } = ask(summaryReport, lived(world), body);
      check(groupOne, totals[0]?.totalTime ?? 0, totals[0]?.totalAmount ?? 0);
    }),
    { numRuns: 25 },
  );
});

test('the days of a week come to its groups and its totals', () => {
  fc.assert(
    fc.property(worlds, zones, fc.integer({ min: -12, max: 2 }), (world, timeZone, first) => {
      const body = {
        dateRangeStart: dayText(first, '00:00:00'),
        dateRangeEnd: dayText(first + 7, '00:00:00'),
        timeZone,
        weeklyFilter: { group: 'USER' },
      };
      const { totals, groupOne, totalsByDay } = ask(weeklyReport, lived(world), body);
      const sum = (days: readonly { readonly duration: number }[]) =>
        days.reduce((total, { duration }) => total + duration, 0);
      deepStrictEqual(sum(totalsByDay), totals[0]?.totalTime ?? 0);
      for (const { days, duration } of groupOne) deepStrictEqual(sum(days), duration);
    }),
    { numRuns: 25 },
  );
});

test('names of clients, tags and groups stay unique, and what refers to something refers to what is there', () => {
  fc.assert(
    fc.property(fc.nat(), (seed) => {
      const store = lived({ seed, deeds: 600 });
      const [workspaceId = ''] = store.workspaceIds();
      for (const resource of ['clients', 'tags', 'userGroups'] as const) {
        const names = store.rows(resource, workspaceId).map(({ name }) => name);
        deepStrictEqual(new Set(names).size, names.length, resource);
      }
      const isThere = (resource: 'tags' | 'tasks' | 'projects', id: string | null): boolean =>
        id === null || store.row(resource, workspaceId, id) !== undefined;
      for (const { tagIds, taskId, projectId } of store.rows('timeEntries', workspaceId)) {
        ok(isThere('tasks', taskId) && isThere('projects', projectId));
        ok((tagIds ?? []).every((id) => isThere('tags', id)));
      }
      for (const { clientId, clientName } of store.rows('projects', workspaceId)) {
        deepStrictEqual(clientName, store.row('clients', workspaceId, clientId)?.name ?? '');
      }
    }),
    { numRuns: 15 },
  );
});

test('an entry that goes and comes back leaves no trace in a report', () => {
  fc.assert(
    fc.property(worlds, fc.nat(), (world, choice) => {
      const { store, context } = livedWith(world);
      const [workspaceId = ''] = store.workspaceIds();
      const body = {
        dateRangeStart: '2026-01-01T00:00:00',
        dateRangeEnd: '2026-12-31T23:59:59',
        summaryFilter: { groups: ['PROJECT', 'TAG'] },
        detailedFilter: { pageSize: 1000 },
      };
      const reports = () => JSON.stringify([ask(summaryReport, store, body), ask(detailedReport, store, body)]);
      const before = reports();
      const finished = store.rows('timeEntries', workspaceId).filter(({ timeInterval }) => timeInterval.end !== null);
      const { id } = finished[choice % finished.length] as TimeEntryRow;
      deleteEntry(context, workspaceId, id);
      ok(reports() !== before);
      restoreEntry(context, workspaceId, id);
      deepStrictEqual(reports(), before);
    }),
    { numRuns: 25 },
  );
});
