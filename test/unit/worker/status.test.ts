import { deepStrictEqual, ok, strictEqual } from 'node:assert/strict';
import { test } from 'node:test';
import { WorkerError } from '../../../src/core/errors.ts';
import { createScrubber } from '../../../src/core/scrubber.ts';
import { NO_COUNTS } from '../../../src/pipeline/counts.ts';
import type { WorkerEvent } from '../../../src/worker/events.ts';
import { createStatus } from '../../../src/worker/status.ts';

const slice = { id: 'things/w/u', params: { workspace: 'w', user: 'u' } };
const error = new WorkerError('transient', 'clockify.unavailable', 'no answer', { hint: 'Wait.' });

const SOURCES = [{ name: 'things', topic: 'clockify.things' }];

function statusAfter(...events: WorkerEvent[]) {
  const status = createStatus({ app: 'a', version: '1', shardCount: 4, sources: SOURCES, now: () => 1_000 });
  for (const event of events) status.report(event);
  return status;
}

test('P7: a message is cut after its secrets are taken out, so that no beginning of one is left', () => {
  const secrets = createScrubber(['planted-secret']);
  const status = createStatus({ app: 'a', version: '1', shardCount: 4, sources: SOURCES, now: () => 1_000, secrets });
  const long = new WorkerError('config', 'registry.refused', `${'x'.repeat(492)}planted-secret`);
  status.report({ type: 'source-stopped', source: 'things', error: long });
  strictEqual(status.snapshot(1).sources[0]?.lastError?.message, `${'x'.repeat(492)}[redacte`);
});

const sourceAfter = (...events: WorkerEvent[]) => statusAfter(...events).snapshot(10).sources[0];

test('a worker is started once it has been given shards, and ready once each one it wants is restored', () => {
  strictEqual(statusAfter().isStarted(), false);
  ok(/has not given out/.test(statusAfter().readiness().reasons[0] ?? ''));
  const assigned: WorkerEvent = { type: 'shards-assigned', shards: [0, 1] };
  const opening: WorkerEvent = { type: 'shard-opening', shard: 1 };
  const opened: WorkerEvent = { type: 'shard-opened', shard: 1, records: 1, bytes: 1, tookMs: 1 };
  const failed: WorkerEvent = { type: 'shard-failed', shard: 1, error, waitMs: 1 };
  strictEqual(statusAfter(assigned).readiness().ready, true);
  deepStrictEqual(statusAfter(assigned, opening).readiness().reasons, ['shard 1 is being restored']);
  deepStrictEqual(statusAfter(assigned, opening, opened).readiness(), { ready: true, reasons: [] });
  const broken = statusAfter(assigned, opening, opened, failed);
  deepStrictEqual(broken.readiness().reasons, ['shard 1 cannot be taken: clockify.unavailable']);
  broken.report({ type: 'shards-assigned', shards: [0] });
  strictEqual(broken.readiness().ready, true, 'another worker has it now');
  deepStrictEqual(statusAfter(assigned, opening, opened).snapshot(1).shards, {
    count: 4,
    assigned: [0, 1],
    open: [1],
    opening: [],
    stateBytes: 0,
  });
});

test('a slice waits, sweeps, and idles; what it published is counted for it and for its source', () => {
  const begun: WorkerEvent[] = [
    { type: 'source-started', source: 'things', topic: 'clockify.things' },
    { type: 'slice-due', slice, atMs: 500 },
  ];
  deepStrictEqual([sourceAfter()?.state, sourceAfter(...begun)?.state], ['starting', 'waiting']);
  strictEqual(sourceAfter(...begun)?.nextPollAtMs, 500);
  const counts = { ...NO_COUNTS, published: { r: 3, c: 2, u: 1, d: 0 }, deadLettered: 4 };
  const page: WorkerEvent = { type: 'page', slice, number: 7, last: false, counts };
  const sweeping = sourceAfter(...begun, { type: 'slice-begun', slice }, page);
  deepStrictEqual([sweeping?.state, sweeping?.slices[0]?.pages, sweeping?.deadLettered], ['sweeping', 7, 4]);
  deepStrictEqual(sweeping?.published, counts.published);
  deepStrictEqual(sweeping?.slices[0]?.published, counts.published);
  const end: WorkerEvent = { type: 'sweep', slice, outcome: 'complete', tookMs: 1 };
  const idle = sourceAfter(...begun, { type: 'slice-begun', slice }, page, end);
  deepStrictEqual([idle?.state, idle?.lastCompleteAtMs, idle?.slices[0]?.pages], ['idle', 1_000, undefined]);
});

test('the last error has its code and hint, is current until a sweep goes well, and stays to be read', () => {
  const due: WorkerEvent = { type: 'slice-due', slice, atMs: 1 };
  const started: WorkerEvent = { type: 'source-started', source: 'things', topic: 't' };
  const partial: WorkerEvent = { type: 'sweep', slice, outcome: 'partial', error, tookMs: 1 };
  const failing = sourceAfter(started, due, partial);
  const shown = { code: 'clockify.unavailable', message: 'no answer', hint: 'Wait.', atMs: 1_000, current: true };
  deepStrictEqual([failing?.state, failing?.lastError, failing?.slices[0]?.lastError], ['failing', shown, shown]);
  const healed = sourceAfter(started, due, partial, { type: 'sweep', slice, outcome: 'complete', tookMs: 1 });
  deepStrictEqual([healed?.state, healed?.lastError], ['idle', { ...shown, current: false }]);
  strictEqual(sourceAfter({ type: 'source-stopped', source: 'things', error })?.state, 'stopped');
});

const drift = (path: string, count: number, sample?: string): WorkerEvent => ({
  type: 'drift',
  slice,
  drift: {
    counted: { new: count, missing: 0, changed: 0 },
    told: [{ kind: 'new', path, count, expected: undefined, seen: 'string', sample }],
  },
});

test('N26: a drift is told with its count and its first sample, and P7: without that to who may not see values', () => {
  let nowMs = 1_000;
  const sources = [{ name: 'things', topic: 'clockify.things' }];
  const status = createStatus({ app: 'a', version: '1', shardCount: 4, sources, now: () => nowMs });
  status.report(drift('colour', 2, '"red"'));
  nowMs = 5_000;
  status.report(drift('colour', 3));
  const shown = { kind: 'new', path: 'colour', count: 5, expected: undefined, seen: 'string', sample: '"red"' };
  const times = { firstSeenAtMs: 1_000, lastSeenAtMs: 5_000 };
  deepStrictEqual(status.snapshot(1, true).sources[0]?.drift, [{ ...shown, ...times }]);
  deepStrictEqual(status.snapshot(1).sources[0]?.drift, [{ ...shown, sample: undefined, ...times }]);
  for (let at = 0; at < 150; at++) status.report(drift(`field${at}`, 1));
  const [source] = status.snapshot(1).sources;
  deepStrictEqual([source?.drift.length, source?.driftUnlisted], [100, 51], 'P8');
});

test('P8: slices that have ended are forgotten, and no more are told than were asked for', () => {
  const slices = Array.from({ length: 30 }, (_, at) => ({ id: `things/w/${at}`, params: {} }));
  const status = statusAfter(...slices.map((each): WorkerEvent => ({ type: 'slice-due', slice: each, atMs: 1 })));
  deepStrictEqual(
    status.snapshot(5).sources.map(({ slices: told, sliceCount }) => [told.length, sliceCount]),
    [[5, 30]],
  );
  for (const each of slices) status.report({ type: 'slice-left', slice: each });
  strictEqual(status.snapshot(5).sources[0]?.sliceCount, 0);
});

test('how fresh a source is is said by the rhythms that keep it fresh, not by the reading of its history', () => {
  const of = (name: string) => ({ id: `things/w/u/~${name}`, params: {}, rhythm: name });
  const due = (name: string): WorkerEvent => ({ type: 'slice-due', slice: of(name), atMs: 1 });
  const end = (name: string): WorkerEvent => ({ type: 'sweep', slice: of(name), outcome: 'complete', tookMs: 1 });
  const fresh = sourceAfter(due('recent'), due('reconcile'), end('recent'));
  strictEqual(fresh?.lastCompleteAtMs, 1_000);
  strictEqual(sourceAfter(due('recent'), due('reconcile'), end('reconcile'))?.lastCompleteAtMs, undefined);
  strictEqual(sourceAfter(due('reconcile'), end('reconcile'))?.lastCompleteAtMs, 1_000);
});
