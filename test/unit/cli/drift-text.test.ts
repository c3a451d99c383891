import { deepStrictEqual, ok } from 'node:assert/strict';
import { test } from 'node:test';
import { driftData, driftText } from '../../../src/cli/drift-text.ts';
import { plain } from '../../../src/cli/status-text.ts';
import type { WorkerStatus } from '../../../src/worker/status.ts';
import type { DriftStatus } from '../../../src/worker/status-drift.ts';

const NOW = 1_000_000_000;
const seenAt = { firstSeenAtMs: NOW - 60_000, lastSeenAtMs: NOW };
const fresh: DriftStatus = {
  kind: 'new',
  path: 'user.colour',
  count: 12,
  expected: undefined,
  seen: 'string',
  sample: '"\u001b[2Jred"',
  ...seenAt,
};
const gone: DriftStatus = {
  kind: 'missing',
  path: 'color',
  count: 3,
  expected: 'string',
  seen: 'absent',
  sample: undefined,
  ...seenAt,
};

const statusOf = (...drift: DriftStatus[]) => {
  const sources = [{ source: 'tags', drift, driftUnlisted: drift.length }];
  return { app: 'app', nowMs: NOW, sources } as unknown as WorkerStatus;
};

test('N26: drift is a table with both types and a sample, in which nothing from outside moves the cursor', () => {
  deepStrictEqual(driftText('http://w', statusOf(fresh, gone), plain), [
    'app  http://w',
    'source  kind     path         count  expected  seen    first seen  sample',
    'tags    new      user.colour  12     -         string  1m ago      " [2Jred"',
    'tags    missing  color        3      string    absent  1m ago      -',
    'tags: 2 more values, of others',
  ]);
  deepStrictEqual(driftText('http://w', statusOf(), plain), ['app  http://w', 'answers are as they are expected']);
});

test('N26: as data each drift names its source', () => {
  const data = driftData('http://w', statusOf(fresh)) as { drift: readonly object[]; unlisted: object };
  deepStrictEqual(data.drift, [{ source: 'tags', ...fresh }]);
  deepStrictEqual(data.unlisted, { tags: 1 });
  ok(!JSON.stringify(driftData('http://w', statusOf(gone))).includes('"sample"'));
});
