import { deepStrictEqual, ok, strictEqual, throws } from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { DateTime } from 'luxon';
import { apart, boundOf, cutRange, type Piece, rangeOf } from '../../../src/clockify/report-range.ts';

const DAY_MS = 86_400_000;
const wallMs = (text: string) => Date.parse(`${text}Z`);
const cut = (start: string, end: string, days: number, zone = 'UTC') => cutRange(rangeOf(start, end, zone), days);

test('a range within the limit is one piece, to the millisecond', () => {
  const march = [{ start: '2026-03-01T00:00:00.000', end: '2026-03-31T23:59:59.999' }];
  deepStrictEqual(cut('2026-03-01T00:00:00Z', '2026-03-31T23:59:59.999Z', 31), march);
  const full = [{ start: '2026-03-01T00:00:00.000', end: '2026-04-01T00:00:00.000' }];
  deepStrictEqual(cut('2026-03-01T00:00:00', '2026-04-01T00:00:00', 31), full);
  deepStrictEqual(cut('1990-01-01T00:00:00', '2026-04-01T00:00:00', Number.POSITIVE_INFINITY).length, 1);
  const moment = [{ start: '2026-03-01T00:00:00.000', end: '2026-03-01T00:00:00.000' }];
  deepStrictEqual(cut('2026-03-01T00:00', '2026-03-01T00:00', 31), moment);
});

test('a longer one is cut where the plan wants it: by 31 days, and by 366', () => {
  deepStrictEqual(cut('2026-01-01T00:00:00', '2026-03-15T12:00:00', 31), [
    { start: '2026-01-01T00:00:00.000', end: '2026-02-01T00:00:00.000' },
    { start: '2026-02-01T00:00:00.000', end: '2026-03-04T00:00:00.000' },
    { start: '2026-03-04T00:00:00.000', end: '2026-03-15T12:00:00.000' },
  ]);
  const years = cut('2024-01-01T00:00:00', '2026-06-30T23:59:59', 366);
  deepStrictEqual(
    years.map(({ end }) => end),
    ['2025-01-01T00:00:00.000', '2026-01-02T00:00:00.000', '2026-06-30T23:59:59.000'],
  );
});

test('where clocks are set back, 31 days have an hour more, and the piece ends before', () => {
  const autumn = cut('2026-10-01T00:00:00', '2026-11-15T00:00:00', 31, 'Europe/Berlin');
  strictEqual(autumn[0]?.end, '2026-10-31T23:00:00.000');
  const spring = cut('2026-03-01T00:00:00', '2026-04-15T00:00:00', 31, 'Europe/Berlin');
  strictEqual(spring[0]?.end, '2026-04-01T00:00:00.000');
});

test('a cut that would fall into an hour or a day that clocks skip comes earlier, and the range goes on', () => {
  deepStrictEqual(
    cut('2024-03-30T02:30:00', '2024-04-01T00:00:00', 1, 'Europe/Berlin').map(({ end }) => end),
    ['2024-03-31T01:30:00.000', '2024-04-01T00:00:00.000'],
  );
  deepStrictEqual(
    cut('2011-12-29T10:00:00', '2011-12-31T12:00:00', 1, 'Pacific/Apia').map(({ end }) => end),
    ['2011-12-31T10:00:00.000', '2011-12-31T12:00:00.000'],
  );
});

const zones = fc.constantFrom('UTC', 'Europe/Berlin', 'America/New_York', 'Australia/Lord_Howe', 'Pacific/Apia');
const moments = fc.integer({ min: Date.UTC(2015, 0, 1), max: Date.UTC(2030, 0, 1) });

test('pieces join without a hole, keep both ends, and are never too long by clock or calendar', () => {
  fc.assert(
    fc.property(zones, moments, fc.nat(900 * DAY_MS), fc.integer({ min: 1, max: 366 }), (zone, fromMs, span, days) => {
      const wall = (ms: number) => DateTime.fromMillis(ms, { zone }).toISO({ includeOffset: false }) as string;
      const bounds = [wall(fromMs), wall(fromMs + span)].sort() as [string, string];
      const range = rangeOf(...bounds, zone);
      const pieces = cutRange(range, days);
      deepStrictEqual(
        [pieces[0]?.start, pieces.at(-1)?.end],
        [range.from, range.to].map((at) => wall(at.toMillis())),
      );
      for (const [at, piece] of pieces.entries()) {
        if (at > 0) strictEqual(piece.start, pieces[at - 1]?.end);
        ok(wallMs(piece.end) - wallMs(piece.start) <= days * DAY_MS, `calendar: ${JSON.stringify(piece)}`);
      }
      ok(pieces.length <= span / (days * DAY_MS - 3_600_000 * 2) + 2);
    }),
  );
});

test('pieces that must not share a moment leave a millisecond, in which nothing starts', () => {
  const pieces: readonly Piece[] = [
    { start: '2026-01-01T00:00:00.000', end: '2026-02-01T00:00:00.000' },
    { start: '2026-02-01T00:00:00.000', end: '2026-02-02T00:00:00.000' },
  ];
  deepStrictEqual(
    apart(pieces).map(({ end }) => end),
    ['2026-01-31T23:59:59.999', '2026-02-02T00:00:00.000'],
  );
});

test('a bound is wall clock of the zone, whatever its suffix says', () => {
  for (const suffix of ['', 'Z', '+05:30', '-0800']) {
    strictEqual(boundOf('x', `2026-07-01T00:00:00${suffix}`, 'Europe/Berlin').toMillis(), Date.UTC(2026, 5, 30, 22));
  }
});

test('what is no date and time is refused, and so is an end before the start', () => {
  for (const bound of ['2026-03-01', '', 'soon', '2026-02-30T00:00:00', 1_767_225_600_000, null, undefined]) {
    throws(() => boundOf('dateRangeStart', bound, 'UTC'), { kind: 'config', code: 'report.bad_range' });
  }
  throws(() => rangeOf('2026-03-02T00:00:00', '2026-03-01T00:00:00', 'UTC'), { code: 'report.bad_range' });
});
