import { ok } from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { Schedule } from '../../src/config/source-config.ts';
import { nextRunAfter } from '../../src/worker/next-run.ts';

const runs = {
  numRuns: Number(process.env.FC_RUNS ?? 200),
  ...(process.env.FC_SEED ? { seed: Number(process.env.FC_SEED) } : {}),
};

const YEAR_MS = 365 * 86_400_000;
const START_MS = Date.UTC(2026, 0, 1);

function field(least: number, most: number) {
  const value = fc.integer({ min: least, max: most });
  return fc.oneof(
    fc.constant('*'),
    value.map(String),
    fc.integer({ min: 2, max: 20 }).map((step) => `*/${Math.min(step, most - least)}`),
    fc.tuple(value, value).map(([one, other]) => `${Math.min(one, other)}-${Math.max(one, other)}`),
  );
}

const expression = fc
  .tuple(
    field(0, 59),
    field(0, 59),
    field(0, 23),
    fc.constantFrom('*', '1', '15', '1-28'),
    fc.constant('*'),
    field(0, 6),
  )
  .map((fields) => fields.join(' '));
const timeZone = fc.constantFrom('UTC', 'Europe/Berlin', 'America/New_York', 'Australia/Lord_Howe', 'Asia/Kolkata');
const schedule: fc.Arbitrary<Schedule> = fc.oneof(
  fc.record({ type: fc.constant('every' as const), everyMs: fc.integer({ min: 1_000, max: YEAR_MS }) }),
  fc.record({ type: fc.constant('cron' as const), expression, timeZone }),
);
const instant = fc.integer({ min: START_MS, max: START_MS + 2 * YEAR_MS });

test('the next run is never in the past, and always comes', () => {
  fc.assert(
    fc.property(schedule, instant, instant, (each, lastStartMs, nowMs) => {
      const next = nextRunAfter(each, lastStartMs, nowMs);
      ok(next !== undefined && next >= nowMs, `${next}`);
    }),
    runs,
  );
});

test('runs that begin when they are due follow each other, and skip no time between', () => {
  fc.assert(
    fc.property(schedule, instant, fc.nat(1_000), (each, fromMs, share) => {
      const first = nextRunAfter(each, fromMs, fromMs) ?? Number.NaN;
      const second = nextRunAfter(each, first, first) ?? Number.NaN;
      ok(first > fromMs && second > first);
      const betweenMs = first + 1 + Math.floor(((second - first - 1) * share) / 1_001);
      ok(nextRunAfter(each, first, betweenMs) === second, `${first} ${betweenMs} ${second}`);
    }),
    runs,
  );
});
