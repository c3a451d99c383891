import { ok, strictEqual, throws } from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { compileDateFormat, shiftNow, type TimeUnit } from '../../src/clockify/macros.ts';
import { TextFault } from '../../src/core/request-text-fault.ts';

const time = fc.integer({ min: Date.UTC(1971, 0), max: Date.UTC(2200, 0) });
const offset = fc.integer({ min: -1_000, max: 1_000 });
const zone = fc.constantFrom('UTC', 'Europe/Berlin', 'America/New_York', 'Asia/Kolkata', 'Pacific/Chatham');
const MS: Readonly<Record<string, number>> = { second: 1_000, minute: 60_000, hour: 3_600_000 };

test('seconds, minutes and hours are of one length in every zone; days and weeks are in UTC', () => {
  fc.assert(
    fc.property(time, offset, zone, fc.constantFrom<TimeUnit>('second', 'minute', 'hour'), (ms, by, where, unit) => {
      strictEqual(shiftNow(ms, by, unit, where), ms + by * (MS[unit] as number));
    }),
  );
  fc.assert(
    fc.property(time, offset, (ms, by) => {
      strictEqual(shiftNow(ms, by, 'day', 'UTC'), ms + by * 86_400_000);
      strictEqual(shiftNow(ms, by, 'week', 'UTC'), ms + by * 7 * 86_400_000);
    }),
  );
});

test('a month is the same day of another month, or its last one; a year is twelve of them', () => {
  fc.assert(
    fc.property(time, offset, (ms, by) => {
      const from = new Date(ms);
      const moved = new Date(shiftNow(ms, by, 'month', 'UTC'));
      const months = (at: Date) => at.getUTCFullYear() * 12 + at.getUTCMonth();
      strictEqual(months(moved) - months(from), by);
      const lastDay = new Date(Date.UTC(moved.getUTCFullYear(), moved.getUTCMonth() + 1, 0)).getUTCDate();
      strictEqual(moved.getUTCDate(), Math.min(from.getUTCDate(), lastDay));
      strictEqual(moved.toISOString().slice(-14), from.toISOString().slice(-14), 'the same time of day');
      strictEqual(shiftNow(ms, by, 'year', 'UTC'), shiftNow(ms, by * 12, 'month', 'UTC'));
    }),
  );
});

test('ISO 8601 with milliseconds and a zone is the same instant again, in every zone', () => {
  fc.assert(
    fc.property(time, zone, (ms, where) => {
      strictEqual(Date.parse(compileDateFormat("yyyy-MM-dd'T'HH:mm:ss.SSSXXX", where)(ms)), ms);
      strictEqual(compileDateFormat("yyyy-MM-dd'T'HH:mm:ss.SSS'Z'", 'UTC')(ms), new Date(ms).toISOString());
      strictEqual(compileDateFormat('epoch_millis', where)(ms), String(ms));
    }),
  );
});

test('what stands in quotes comes out as it is', () => {
  fc.assert(
    fc.property(fc.string(), time, (text, ms) => {
      fc.pre(text.trim() !== '');
      strictEqual(compileDateFormat(`'${text.replaceAll("'", "''")}'`, 'UTC')(ms), text);
    }),
  );
});

test('any pattern is written, or refused with a position and a hint', () => {
  const letters = fc.tuple(
    fc.constantFrom(..."abcdefghiklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ-:/' []{}#"),
    fc.integer({ min: 1, max: 6 }),
  );
  fc.assert(
    fc.property(fc.array(letters, { minLength: 1, maxLength: 6 }), time, (runs, ms) => {
      const pattern = runs.map(([letter, count]) => letter.repeat(count)).join('');
      try {
        strictEqual(typeof compileDateFormat(pattern, 'Asia/Kolkata')(ms), 'string');
      } catch (thrown) {
        ok(thrown instanceof TextFault && thrown.position <= pattern.length && (thrown.hint ?? '') !== '', pattern);
      }
    }),
    { numRuns: 2_000 },
  );
  for (const letter of 'kKnANWFecOBpvqTt') throws(() => compileDateFormat(letter, 'UTC'), { code: 'macro.bad_format' });
});
