import { deepStrictEqual, ok } from 'node:assert/strict';
import { test } from 'node:test';
import { coloured, plain, statusText } from '../../../src/cli/status-text.ts';
import type { WorkerStatus } from '../../../src/worker/status.ts';
import type { SourceStatus } from '../../../src/worker/status-source.ts';

const NOW = 1_000_000_000;

const source = (over: Partial<SourceStatus> = {}): SourceStatus => ({
  source: 'users',
  topic: 'clockify.users',
  state: 'idle',
  published: { r: 5, c: 4, u: 3, d: 2 },
  deadLettered: 1,
  lastError: undefined,
  lastCompleteAtMs: NOW - 65_000,
  nextPollAtMs: NOW + 30_000,
  firstLoad: { done: 1, of: 1, isDone: true, remainingMs: undefined },
  reconcile: undefined,
  paused: false,
  entities: 3,
  guarded: 0,
  drift: [],
  driftUnlisted: 0,
  sliceCount: 1,
  slices: [],
  ...over,
});

const textOf = (over: Partial<SourceStatus> = {}, rest: Partial<WorkerStatus> = {}, paint = plain): string =>
  statusText(
    'http://w',
    {
      app: 'app',
      version: '1',
      startedAtMs: NOW - 3_600_000,
      nowMs: NOW,
      ready: true,
      reasons: [],
      shards: { count: 24, assigned: [0, 1], open: [1], opening: [], stateBytes: 65_536 },
      sources: [source(over)],
      budgets: [],
      ...rest,
    },
    paint,
  ).join('\n');

test('a table says of each source how fresh it is, when it is polled next, and what it published', () => {
  deepStrictEqual(textOf().split('\n'), [
    'app 1  http://w  up 1h  2 of 24 shards, 1 open  ready',
    '',
    'source  state  last complete  next    r  c  u  d  dead  slices',
    'users   idle   1m 5s ago      in 30s  5  4  3  2  1     1',
  ]);
});

test('a first load and a reconcile have a bar with the time that is left, as long as they go on', () => {
  const load = { done: 6, of: 24, isDone: false, remainingMs: 90_000 };
  const text = textOf({ firstLoad: load, reconcile: { ...load, done: 24, isDone: true } });
  ok(text.includes(`users: first load ${'█'.repeat(6)}${'░'.repeat(18)} 6 of 24, about 1m 30s left`), text);
  ok(!text.includes('reconcile'));
});

test('P4: deletes that wait for a person are shown with their numbers and the command that agrees to them', () => {
  const slice = { slice: 'users/w', guard: { held: 21, missing: 60, sinceMs: NOW - 5_000, confirmed: false } };
  const text = textOf({ state: 'guarded', slices: [slice as SourceStatus['slices'][number]] });
  ok(text.includes('clockify-kafka confirm-deletes users'));
  ok(text.includes('users/w: 21 proved gone, 60 not shown, for 5s'));
});

test('an error that goes on is shown with its code and hint, and cannot move the cursor', () => {
  const lastError = {
    code: 'clockify.forbidden',
    message: 'no\u001b[2J',
    hint: 'Ask.',
    atMs: NOW - 1_000,
    current: true,
  };
  const text = textOf({ lastError });
  ok(text.includes('users: no [2J [clockify.forbidden], 1s ago\n  Ask.'), text);
  ok(!textOf({ lastError: { ...lastError, current: false } }).includes('forbidden'));
});

test('colours come only where they are asked for', () => {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: an escape is what is looked for
  const escapes = /\u001b/;
  const budgets = [{ budget: 'workspace/w', left: 3, limit: 10, windowMs: 1_000, heldForMs: 2_000 }];
  ok(!escapes.test(textOf({}, { budgets })) && escapes.test(textOf({}, { budgets }, coloured)));
  ok(textOf({}, { budgets }).includes('budget workspace/w: 3 of 10 left in 1s, waits 2s'));
});
