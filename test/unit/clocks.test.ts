import { deepStrictEqual } from 'node:assert/strict';
import { globSync, readFileSync } from 'node:fs';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const WALL_CLOCK = /\bDate\.now\b|\bnew Date\(\)/g;

/** Where the wall clock is looked at, how often, and why: a length of time is measured with `performance.now`. */
const ALLOWED: Readonly<Record<string, readonly [number, string]>> = {
  'src/cli/dlq.ts': [1, 'letters written since'],
  'src/cli/plan.ts': [1, 'what a window of days reaches back to'],
  'src/clockify/budgets.ts': [1, 'moments of requests, for the next process'],
  'src/kafka/kafkajs-clock.ts': [1, 'held against moments of kafkajs'],
  'src/kafka/kafkajs-patches.ts': [1, 'held against moments of kafkajs'],
  'src/kafka/oauth.ts': [2, 'a token also ages while the machine sleeps; the monotonic clock is looked at besides'],
  'src/local/state-lock.ts': [2, 'held against the time of a file'],
  'src/worker/dlq-replay.ts': [1, 'what is written down'],
  'src/worker/judges.ts': [1, 'macros of time'],
  'src/worker/manual-schema.ts': [1, 'macros of time'],
  'src/worker/operations.ts': [3, 'moments that are shown'],
  'src/worker/source-plan.ts': [1, 'moments of a schedule'],
  'src/worker/try-diff.ts': [1, 'what is written down'],
  'src/worker/try-sample.ts': [1, 'macros of time'],
  'src/worker/try-source.ts': [1, 'when an answer arrived'],
  'src/worker/try-suggest.ts': [1, 'macros of time'],
  'src/worker/wire.ts': [2, 'what is written down, moments that are shown'],
};

test('the wall clock, which may jump, is looked at only where a moment and not a length of time is wanted', () => {
  const files = globSync('src/**/*.ts', { cwd: ROOT, exclude: ['src/simulator/**'] }).sort();
  const found = files.flatMap((file): [string, number][] => {
    const uses = readFileSync(`${ROOT}/${file}`, 'utf8').match(WALL_CLOCK)?.length ?? 0;
    return uses === 0 ? [] : [[file, uses]];
  });
  const allowed = Object.entries(ALLOWED).map(([file, [uses]]) => [file, uses]);
  deepStrictEqual(Object.fromEntries(found), Object.fromEntries(allowed));
});
