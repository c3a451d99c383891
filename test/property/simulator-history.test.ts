import { deepStrictEqual } from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { act } from '../../src/simulator/activity.ts';
import type { History } from '../../src/simulator/history.ts';
import type { Row } from '../../src/simulator/rows.ts';
import { seedWorld } from '../../src/simulator/seed.ts';
import { createWorldContext } from '../../src/simulator/world-context.ts';

const NOON = Date.parse('2026-03-16T12:00:00Z');

/** How far the clock goes before each deed, and of what seed the world is. */
const lives = fc.record({
  seed: fc.nat(),
  pausesMs: fc.array(fc.integer({ min: 0, max: 7_200_000 }), { maxLength: 300 }),
});

function live({ seed, pausesMs }: { readonly seed: number; readonly pausesMs: readonly number[] }) {
  let now = NOON;
  const context = createWorldContext({ seed, clock: () => now, historyLimit: 1_000_000 });
  seedWorld(context, { workspaces: 2, users: 4, days: 3, projectsPerWorkspace: 6, accountTimeZone: 'UTC' });
  for (const pauseMs of pausesMs) {
    now += pauseMs;
    act(context);
  }
  return context.store;
}

function fold(entries: History['entries']): Record<string, Map<string, Row>> {
  const resources: Record<string, Map<string, Row>> = {};
  for (const { resource, workspaceId, id, before, after } of entries) {
    const rows = resources[resource] ?? new Map<string, Row>();
    resources[resource] = rows;
    const key = `${workspaceId}/${id}`;
    deepStrictEqual(rows.get(key) ?? null, before);
    if (after === null) rows.delete(key);
    else rows.set(key, after);
  }
  return resources;
}

test('folding the history gives the present truth, and every step begins where the one before ended', () => {
  fc.assert(
    fc.property(lives, (life) => {
      const store = live(life);
      const folded = fold(store.history.entries);
      for (const [resource, rows] of Object.entries(store.truth())) {
        deepStrictEqual(Object.fromEntries(folded[resource] ?? new Map()), rows, resource);
      }
    }),
    { numRuns: 30 },
  );
});

test('the lists hold the rows of the truth, each once and newest first', () => {
  fc.assert(
    fc.property(lives, (life) => {
      const store = live(life);
      for (const workspaceId of store.workspaceIds()) {
        const users = new Set(store.rows('timeEntries', workspaceId).map(({ userId }) => userId));
        const listed = [...users].flatMap((userId) => {
          const list = store.entriesOf(workspaceId, userId);
          const rows = list.between(Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY).slice();
          const starts = rows.map(({ timeInterval }) => timeInterval.start);
          deepStrictEqual(starts, starts.toSorted().reverse());
          return rows;
        });
        const byId = (rows: readonly { readonly id: string }[]) => new Map(rows.map((row) => [row.id, row]));
        deepStrictEqual(byId(listed), byId(store.rows('timeEntries', workspaceId)));
        deepStrictEqual(listed.length, byId(listed).size);
        const running = listed.filter(({ timeInterval }) => timeInterval.end === null);
        deepStrictEqual(byId(store.running(workspaceId)), byId(running));
      }
    }),
    { numRuns: 30 },
  );
});

test('a project says how long its entries are together', () => {
  fc.assert(
    fc.property(lives, (life) => {
      const store = live(life);
      for (const workspaceId of store.workspaceIds()) {
        for (const { id, duration } of store.rows('projects', workspaceId)) {
          const seconds = store
            .rows('timeEntries', workspaceId)
            .filter(({ projectId, timeInterval }) => projectId === id && timeInterval.end !== null)
            .reduce(
              (sum, { timeInterval: { start, end } }) => sum + (Date.parse(end ?? '') - Date.parse(start)) / 1000,
              0,
            );
          const [, hours = 0, minutes = 0, rest = 0] =
            /^PT(?:(\d+)H)?(?:(\d+)M)?(?:(\d+)S)?$/.exec(duration ?? 'PT0S') ?? [];
          deepStrictEqual(Number(hours) * 3600 + Number(minutes) * 60 + Number(rest), seconds);
        }
      }
    }),
    { numRuns: 30 },
  );
});
