import { deepEqual, equal } from 'node:assert/strict';
import { test } from 'node:test';
import type { Schedule } from '../../../src/config/source-config.ts';
import { nextRunAfter, spreadMs } from '../../../src/worker/next-run.ts';

function at(text: string): number {
  return Date.parse(text);
}

function cron(expression: string, timeZone = 'UTC'): Schedule {
  return { type: 'cron', expression, timeZone };
}

/** Runs in a row, each begun when it was due. */
function runs(schedule: Schedule, from: string, count: number): string[] {
  const found: string[] = [];
  let now = at(from);
  for (let index = 0; index < count; index += 1) {
    const next = nextRunAfter(schedule, now, now);
    if (next === undefined) break;
    found.push(new Date(next).toISOString().replace('.000Z', 'Z'));
    now = next;
  }
  return found;
}

test('an interval counts from start to start, and what was missed is one run at once', () => {
  const every: Schedule = { type: 'every', everyMs: 1_000 };
  equal(nextRunAfter(every, 5_000, 5_200), 6_000);
  equal(nextRunAfter(every, 5_000, 9_999), 9_999);
  equal(nextRunAfter(every, undefined, 42), 42);
});

test('a clock that goes back makes no interval longer', () => {
  equal(nextRunAfter({ type: 'every', everyMs: 1_000 }, 50_000, 10_000), 11_000);
  equal(
    nextRunAfter(cron('* * * * * *'), at('2026-01-01T02:00:00Z'), at('2026-01-01T01:00:00Z')),
    at('2026-01-01T01:00:01Z'),
  );
});

test('once is now, and then never', () => {
  equal(nextRunAfter({ type: 'once' }, undefined, 42), 42);
  equal(nextRunAfter({ type: 'once' }, 42, 1_000), undefined);
});

test('cron has seconds, or leaves them out', () => {
  deepEqual(runs(cron('*/20 * * * * *'), '2026-01-01T00:00:05Z', 3), [
    '2026-01-01T00:00:20Z',
    '2026-01-01T00:00:40Z',
    '2026-01-01T00:01:00Z',
  ]);
  deepEqual(runs(cron('30 3 * * MON'), '2026-01-01T00:00:00Z', 2), ['2026-01-05T03:30:00Z', '2026-01-12T03:30:00Z']);
});

test('cron times that passed while a slice was read are one run at once', () => {
  const now = at('2026-01-01T05:00:10Z');
  equal(nextRunAfter(cron('0 0 * * * *'), at('2026-01-01T02:00:00Z'), now), now);
  equal(nextRunAfter(cron('0 0 * * * *'), at('2026-01-01T05:00:00Z'), now), at('2026-01-01T06:00:00Z'));
  equal(nextRunAfter(cron('0 0 * * * *'), undefined, now), at('2026-01-01T06:00:00Z'));
});

test('a timer that fires a moment early does not make a time come twice', () => {
  const early = at('2026-01-01T03:29:59.999Z');
  equal(nextRunAfter(cron('0 30 3 * * *'), early, early + 100), at('2026-01-02T03:30:00Z'));
});

test('a time that the clock skips in spring comes when the clock goes on', () => {
  deepEqual(runs(cron('0 30 2 * * *', 'Europe/Berlin'), '2026-03-28T00:00:00Z', 3), [
    '2026-03-28T01:30:00Z',
    '2026-03-29T01:00:00Z',
    '2026-03-30T00:30:00Z',
  ]);
});

test('a time that comes twice in autumn runs once, and one that repeats runs all the time', () => {
  deepEqual(runs(cron('0 30 2 * * *', 'Europe/Berlin'), '2026-10-24T00:00:00Z', 3), [
    '2026-10-24T00:30:00Z',
    '2026-10-25T00:30:00Z',
    '2026-10-26T01:30:00Z',
  ]);
  deepEqual(runs(cron('0 */30 * * * *', 'Europe/Berlin'), '2026-10-25T00:00:00Z', 4), [
    '2026-10-25T00:30:00Z',
    '2026-10-25T01:00:00Z',
    '2026-10-25T01:30:00Z',
    '2026-10-25T02:00:00Z',
  ]);
});

test('first runs are spread over a tenth of the time between two, within a limit', () => {
  const now = at('2026-01-01T00:00:00Z');
  equal(spreadMs({ type: 'every', everyMs: 2_000 }, 30_000, now), 200);
  equal(spreadMs({ type: 'every', everyMs: 86_400_000 }, 30_000, now), 30_000);
  equal(spreadMs(cron('*/10 * * * * *'), 30_000, now), 1_000);
  equal(spreadMs(cron('0 30 3 * * *'), 30_000, now), 30_000);
  equal(spreadMs({ type: 'once' }, 30_000, now), 30_000);
});
