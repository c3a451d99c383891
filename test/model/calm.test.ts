import { deepEqual } from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { checkRuns } from './check-runs.ts';
import { runScript } from './run.ts';
import { STORM } from './script.ts';

test('P1 to P6: where only commits fail, the fast rhythms find everything without the whole history', async (t) => {
  await checkRuns(t, 'calm', 0.2);
});

test('the same script makes the same log, event by event', async () => {
  const scripts = fc.sample(STORM, { numRuns: 10, seed: 1 });
  for (const script of scripts) deepEqual(await runScript(script), await runScript(script));
});
