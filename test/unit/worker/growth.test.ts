import { deepStrictEqual, strictEqual } from 'node:assert/strict';
import { test } from 'node:test';
import type { DriftKind } from '../../../src/core/drift.ts';
import type { SliceEvent } from '../../../src/pipeline/sweep.ts';
import { createGrowth } from '../../../src/worker/growth.ts';

const slice = { id: 's', params: {} };
const drift = (kind: DriftKind, paths: readonly string[]): SliceEvent => {
  const told = paths.map((path) => ({ kind, path, count: 1, expected: undefined, seen: 'string', sample: undefined }));
  return { type: 'drift', slice, drift: { counted: { new: 0, missing: 0, changed: 0 }, told } };
};
const page = (...paths: string[]) => drift('new', paths);
const complete: SliceEvent = { type: 'sweep', slice, outcome: 'complete', tookMs: 1 };

test('a field that the schema lacks makes the source begin anew, at the end of that sweep and once', () => {
  const growth = createGrowth(true);
  deepStrictEqual([growth.isComplete(page('a')), growth.isComplete(complete), growth.isDue()], [false, true, true]);
  growth.grown();
  deepStrictEqual([growth.isComplete(page('a')), growth.isComplete(complete)], [false, false]);
  deepStrictEqual([growth.isComplete(page('a', 'b')), growth.isComplete(complete)], [false, true]);
});

test('what is missing or has changed its type is nothing to grow by', () => {
  const growth = createGrowth(true);
  for (const kind of ['missing', 'changed'] as const) growth.isComplete(drift(kind, ['a']));
  strictEqual(growth.isComplete(complete), false);
});

test('a source with a schema of its own never begins anew', () => {
  const growth = createGrowth(false);
  growth.isComplete(page('a'));
  strictEqual(growth.isComplete(complete), false);
});

test('the number of times is bounded, however many names an answer makes up', () => {
  const growth = createGrowth(true);
  let begun = 0;
  for (let at = 0; at < 3_000; at++) {
    growth.isComplete(page(`field${at}`));
    if (growth.isComplete(complete)) begun += 1;
    growth.grown();
  }
  strictEqual(begun, 1_000);
});
