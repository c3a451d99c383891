import { match, strictEqual, throws } from 'node:assert/strict';
import { test } from 'node:test';
import { compileDateFormat, shiftNow, type TimeUnit } from '../../../src/clockify/macros.ts';
import type { WorkerError } from '../../../src/core/errors.ts';

const AT = Date.parse('2024-03-31T08:05:09.123Z');
const format = (pattern: string, zone = 'UTC') => compileDateFormat(pattern, zone)(AT);
const shift = (from: string, offset: number, unit: TimeUnit, zone = 'UTC') =>
  new Date(shiftNow(Date.parse(from), offset, unit, zone)).toISOString();

test("Java's patterns are written as Java writes them", () => {
  const cases: readonly [string, string, string?][] = [
    ["yyyy-MM-dd'T'HH:mm:ss'Z'", '2024-03-31T08:05:09Z'],
    ["yyyy-MM-dd'T'HH:mm:ss.SSSXXX", '2024-03-31T08:05:09.123Z'],
    ["yyyy-MM-dd'T'HH:mm:ssXXX", '2024-03-31T13:35:09+05:30', 'Asia/Kolkata'],
    ['X XX XXX', 'Z Z Z'],
    ['X XX XXX', '+0530 +0530 +05:30', 'Asia/Kolkata'],
    ['X XX XXX', '+02 +0200 +02:00', 'Europe/Berlin'],
    ['x xx xxx Z', '+00 +0000 +00:00 +0000'],
    ['Z', '+0530', 'Asia/Kolkata'],
    ['VV', 'Europe/Berlin', 'Europe/Berlin'],
    ['YYYY ww', '2024 13'],
    ['D DD DDD', '91 91 091'],
    ['u', '7'],
    ['E EEE EEEE', 'Sun Sun Sunday'],
    ['d MMM yy, MMMM', '31 Mar 24, March'],
    ['h:mm a', '8:05 AM'],
    ['S SS SSS', '1 12 123'],
    ["''yy 'o''clock'", "'24 o'clock"],
    ['uuuu/Q/QQ', '2024/1/01'],
    ['epoch_seconds', '1711872309'],
    ['epoch_millis', '1711872309123'],
  ];
  for (const [pattern, text, zone] of cases) strictEqual(format(pattern, zone), text, pattern);
});

test('a letter that cannot be translated is refused, named, with what could be used', () => {
  const cases: readonly [string, number, RegExp, RegExp][] = [
    ['yyyy-MM-ddTHH', 11, /"T"/, /'T'/],
    ['SSSSSS', 1, /"SSSSSS"/, /SSS/],
    ['kk:mm', 1, /"kk"/, /HH/],
    ['K', 1, /"K"/, /hh/],
    ['n', 1, /"n"/, /SSS/],
    ['A', 1, /"A"/, /epoch_millis/],
    ['yyyyy', 1, /"yyyyy"/, /yyyy/],
    ['dd W', 4, /"W"/, /ww/],
    ['HHH', 1, /"HHH"/, /HH/],
    ['O', 1, /"O"/, /XXX/],
    ['[yyyy]', 1, /"\["/, /quotes/],
    ["yyyy'", 5, /quote/, /''/],
    [' ', 1, /empty/, /epoch_millis/],
  ];
  for (const [pattern, position, message, hint] of cases) {
    throws(
      () => format(pattern),
      (error: WorkerError & { position: number }) => {
        match(error.message, message);
        match(error.hint ?? '', hint);
        return error.kind === 'config' && error.code === 'macro.bad_format' && error.position === position;
      },
      pattern,
    );
  }
});

test('units are calendar arithmetic', () => {
  strictEqual(shift('2024-03-31T08:05:09.123Z', -1, 'month'), '2024-02-29T08:05:09.123Z');
  strictEqual(shift('2023-03-31T00:00:00.000Z', -1, 'month'), '2023-02-28T00:00:00.000Z');
  strictEqual(shift('2024-02-29T00:00:00.000Z', 1, 'year'), '2025-02-28T00:00:00.000Z');
  strictEqual(shift('2024-12-31T23:59:59.999Z', 1, 'second'), '2025-01-01T00:00:00.999Z');
  strictEqual(shift('2024-01-01T00:00:00.000Z', -1, 'week'), '2023-12-25T00:00:00.000Z');
  strictEqual(shift('2024-01-01T00:00:00.000Z', 90, 'minute'), '2024-01-01T01:30:00.000Z');
  strictEqual(shift('2024-01-01T00:00:00.000Z', 0, 'day'), '2024-01-01T00:00:00.000Z');
});

test('a day is the same time of the next day in the zone, 24 hours are 24 hours', () => {
  strictEqual(shift('2024-03-30T12:00:00.000Z', 1, 'day'), '2024-03-31T12:00:00.000Z');
  strictEqual(shift('2024-03-30T12:00:00.000Z', 1, 'day', 'Europe/Berlin'), '2024-03-31T11:00:00.000Z');
  strictEqual(shift('2024-03-30T12:00:00.000Z', 24, 'hour', 'Europe/Berlin'), '2024-03-31T12:00:00.000Z');
});

test('what is no date, and a zone that depends on where we run, are refused', () => {
  for (const offset of [1e15, -9_999, 9_999]) {
    throws(() => shiftNow(AT, offset, 'year', 'UTC'), { kind: 'config', code: 'macro.out_of_range' });
  }
  for (const zone of ['local', 'System', '', 'Mars/Base']) {
    throws(() => shiftNow(AT, 0, 'day', zone), { kind: 'config', code: 'macro.bad_zone' });
    throws(() => compileDateFormat('yyyy', zone), { kind: 'config', code: 'macro.bad_zone' });
  }
});
