import { deepEqual, equal, match } from 'node:assert/strict';
import { test } from 'node:test';
import { lint } from './support.ts';

const DAY_MS = 86_400_000;

const file = (keys: string, template = 'time-entries') => `
credentials:
  acme: { api_key: key-of-acme-123456789 }
sources:
  - { name: s, template: ${template}, credential: acme${keys} }
`;

const rhythmsOf = (keys: string) => lint(file(keys)).config?.sources[0]?.rhythms;

test('without any of the keys there are no rhythms', () => {
  equal(rhythmsOf(', every: 30s'), undefined);
});

test('all of them', () => {
  const keys =
    ', running: 15s, changes: 30s, every: 60s, recent: 3d, reconcile: 12h, reconcile_window: 10d, reconcile_since: 2020-01-01';
  deepEqual(rhythmsOf(keys), {
    runningMs: 15_000,
    changesMs: 30_000,
    recentMs: 3 * DAY_MS,
    reconcile: { everyMs: DAY_MS / 2, windowMs: 10 * DAY_MS, sinceMs: Date.UTC(2020, 0, 1) },
  });
});

test('one key is enough: then the sliding window and the history are read as well, unless they are off', () => {
  const reconcile = { everyMs: DAY_MS, windowMs: 30 * DAY_MS, sinceMs: undefined };
  const expected = { runningMs: 15_000, changesMs: undefined, recentMs: 7 * DAY_MS, reconcile };
  deepEqual(rhythmsOf(', running: 15s'), expected);
  deepEqual(rhythmsOf(', running: 15s, changes: off, recent: off'), { ...expected, recentMs: undefined });
  deepEqual(rhythmsOf(', running: 15s, reconcile: off'), { ...expected, reconcile: undefined });
});

const WRONG: Readonly<Record<string, RegExp>> = {
  ', recent: 12h': /recent.*out of range/s,
  ', running: fast': /running.*not a duration/s,
  ', reconcile_window: 1d': /reconcile_window.*out of range/s,
  ', reconcile_since: 2020-02-30': /reconcile_since.*not a date/s,
  ', reconcile_since: yesterday': /reconcile_since.*not a date/s,
  ', running: 15s, tags: t1': /running.*cannot stand beside the filter tags/s,
  ', changes: 15s, tags: t1': /changes.*cannot stand beside the filter tags/s,
  ', recent: off, reconcile: off': /recent.*leaves no rhythm/s,
};
for (const [keys, told] of Object.entries(WRONG)) {
  test(`refused:${keys}`, () => {
    match(
      lint(file(keys))
        .problems.map(({ path, message }) => `${path} ${message}`)
        .join('\n'),
      told,
    );
  });
}

test('filters and the rhythms that read a list of one user go together', () => {
  deepEqual(lint(file(', recent: 7d, tags: t1')).problems, []);
});

test('other templates have no rhythms', () => {
  match(lint(file(', recent: 7d', 'users')).problems[0]?.message ?? '', /not a known key/);
});
