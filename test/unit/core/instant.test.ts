import { strictEqual } from 'node:assert/strict';
import { test } from 'node:test';
import { instantMs } from '../../../src/core/instant.ts';

test('a date is its first moment in UTC, an instant has its zone', () => {
  strictEqual(instantMs('2026-01-31'), Date.UTC(2026, 0, 31));
  strictEqual(instantMs('2026-01-31T08:00+02:00'), Date.UTC(2026, 0, 31, 6));
  strictEqual(instantMs('2026-01-31T08:00:01.5Z'), Date.UTC(2026, 0, 31, 8, 0, 1, 500));
  strictEqual(instantMs('2024-02-29'), Date.UTC(2024, 1, 29));
});

test('what has no zone, is no day or is anything else is none', () => {
  for (const text of [
    '2026-01-31T08:00:00',
    '2026-02-30',
    '2026-02-29T10:00Z',
    '2026-13-01',
    '2026-01-31T25:00Z',
    'now',
    '',
  ])
    strictEqual(instantMs(text), undefined, text);
});
