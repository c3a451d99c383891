import { deepEqual } from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { checkRuns } from './check-runs.ts';
import { runScript } from './run.ts';
import { type Script, STORM } from './script.ts';

test('P1 to P6: where only commits fail, the fast rhythms find everything without the whole history', async (t) => {
  await checkRuns(t, 'calm', 0.2);
});

test('the same script makes the same log, event by event', async () => {
  const scripts = fc.sample(STORM, { numRuns: 10, seed: 1 });
  for (const script of scripts) deepEqual(await runScript(script), await runScript(script));
});

/** The smallest of what once deleted an entry that another rhythm had seen since (seed 505775024). */
const LATE_READ: Script = {
  seed: 14,
  place: { workspaces: 1, users: 2, days: 0, timeZone: 'UTC', firstPage: 0, deletionDelayMs: 0 },
  setup: {
    rate: { requests: 60, windowMs: 60_000, burst: 5 },
    requestsPerUnit: 4,
    pageSize: 2,
    sources: [],
    everyUnits: 2,
    listUnits: 1.5,
    runningUnits: 1.75,
    changesUnits: undefined,
    recentMs: 86_400_000,
    reconcileUnits: 3,
    windowMs: 86_400_000,
    isPlain: false,
    isCalm: false,
  },
  steps: [
    { thenUnits: 2.75, does: 'fault', fault: 'late', path: '/time-entries/[0-9a-f]{24}', skip: 0, times: 1 },
    { thenUnits: 1.25, does: 'wait' },
    { thenUnits: 0, does: 'mutate', kind: 'deleteEntry', picks: [0, 0, 0, 0] },
    { thenUnits: 1.25, does: 'mutate', kind: 'startTimer', picks: [0, 0, 0, 0] },
    { thenUnits: 0, does: 'mutate', kind: 'restoreEntry', picks: [0, 0, 0, 0] },
    { thenUnits: 0, does: 'fault', fault: '500', path: '/users\\?', skip: 0, times: 1 },
  ],
};

test('P4: a read by id that answers late deletes nobody who was seen since it was asked', async () => {
  await runScript(LATE_READ);
});
