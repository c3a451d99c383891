import { equal } from 'node:assert/strict';
import { test } from 'node:test';
import { isoDuration, isoSecond, isTimeZone, parseInstant, wallClockToInstant } from '../../../src/simulator/time.ts';

test('a duration has hours as its largest unit and leaves out what is zero', () => {
  const expected: readonly (readonly [number, string])[] = [
    [0, 'PT0S'],
    [20, 'PT20S'],
    [7200, 'PT2H'],
    [10_440, 'PT2H54M'],
    [169_965, 'PT47H12M45S'],
    [285_120, 'PT79H12M'],
  ];
  for (const [seconds, text] of expected) equal(isoDuration(seconds), text);
});

test('an instant is UTC and has whole seconds', () => {
  equal(isoSecond(Date.parse('2026-03-16T12:00:00.999Z')), '2026-03-16T12:00:00Z');
});

test('an instant needs a date, a time and a zone', () => {
  equal(parseInstant('2026-03-16T12:00:00Z'), Date.parse('2026-03-16T12:00:00Z'));
  equal(parseInstant('2026-03-16T12:00:00+02:00'), Date.parse('2026-03-16T10:00:00Z'));
  for (const text of ['2026-03-16', '2026-03-16T12:00:00', 'now', '2026-13-40T00:00:00Z']) {
    equal(parseInstant(text), undefined, text);
  }
});

test('a wall clock becomes the instant at which local clocks show it', () => {
  const instant = (wall: string, zone: string) => isoSecond(wallClockToInstant(Date.parse(wall), zone));
  equal(instant('2026-08-08T00:00:00Z', 'UTC'), '2026-08-08T00:00:00Z');
  equal(instant('2026-08-08T00:00:00Z', 'Europe/Berlin'), '2026-08-07T22:00:00Z');
  equal(instant('2026-01-08T00:00:00Z', 'Europe/Berlin'), '2026-01-07T23:00:00Z');
  equal(instant('2026-01-08T00:00:00Z', 'Asia/Kolkata'), '2026-01-07T18:30:00Z');
  equal(instant('2026-01-08T00:00:00Z', 'America/New_York'), '2026-01-08T05:00:00Z');
});

test('where clocks go forward the missing hour is read as one later, where they go back the first is meant', () => {
  const instant = (wall: string) => isoSecond(wallClockToInstant(Date.parse(wall), 'Europe/Berlin'));
  equal(instant('2026-03-29T01:59:59Z'), '2026-03-29T00:59:59Z');
  equal(instant('2026-03-29T02:30:00Z'), '2026-03-29T01:30:00Z');
  equal(instant('2026-03-29T03:00:00Z'), '2026-03-29T01:00:00Z');
  equal(instant('2026-10-25T02:30:00Z'), '2026-10-25T00:30:00Z');
  equal(instant('2026-10-25T03:00:00Z'), '2026-10-25T02:00:00Z');
});

test('a time zone is one that the machine knows', () => {
  equal(isTimeZone('Europe/Berlin'), true);
  equal(isTimeZone('Mars/Olympus'), false);
});
