import { deepStrictEqual, ok, strictEqual } from 'node:assert/strict';
import { test } from 'node:test';
import type { DriftKind } from '../../../src/core/drift.ts';
import { WorkerError } from '../../../src/core/errors.ts';
import { type Counts, NO_COUNTS } from '../../../src/pipeline/counts.ts';
import type { WorkerEvent } from '../../../src/worker/events.ts';
import { type EventLog, reportTo } from '../../../src/worker/report.ts';

interface Line {
  readonly level: keyof EventLog;
  readonly fields: Readonly<Record<string, unknown>>;
  readonly message: string;
}

function recording() {
  const lines: Line[] = [];
  const at = (level: keyof EventLog) => (fields: object, message: string) =>
    void lines.push({ level, fields: fields as Line['fields'], message });
  const log: EventLog = { debug: at('debug'), info: at('info'), warn: at('warn'), error: at('error') };
  const said = () => lines.map(({ level, fields }) => `${level} ${fields.event}`);
  return { report: reportTo(log), lines, said };
}

const slice = { id: 'things/w', params: {} };
const counts = (over: Partial<Counts>): Counts => ({ ...NO_COUNTS, ...over });
const page = (over: Partial<Counts>): WorkerEvent => ({
  type: 'page',
  slice,
  number: 1,
  last: true,
  counts: counts(over),
});
const complete: WorkerEvent = { type: 'sweep', slice, outcome: 'complete', tookMs: 3 };
const partial = (code = 'x.y', kind: 'transient' | 'config' = 'transient'): WorkerEvent => ({
  type: 'sweep',
  slice,
  outcome: 'partial',
  tookMs: 3,
  error: new WorkerError(kind, code, 'says'),
});
const settlement = { missing: 2, gone: 1, alive: 1, open: 0, guarded: false };

test('a sweep with changes is info and adds up its pages and its settling, one without is debug', () => {
  const { report, lines, said } = recording();
  report(page({ extracted: 2, published: { r: 0, c: 1, u: 1, d: 0 } }));
  report(page({ extracted: 3, unchanged: 3 }));
  report({ type: 'settled', slice, settlement, counts: counts({ published: { r: 0, c: 0, u: 0, d: 1 } }) });
  report(complete);
  report(complete);
  report(page({ unchanged: 1 }));
  report(complete);
  deepStrictEqual(said(), [
    'debug page.committed',
    'debug page.committed',
    'info sweep.complete',
    'debug page.committed',
    'debug sweep.complete',
  ]);
  const { fields } = lines[2] as Line;
  deepStrictEqual([fields.extracted, fields.published], [5, { r: 0, c: 1, u: 1, d: 1 }]);
});

test('a fault that goes on is told once, then each time its count has doubled', () => {
  const { report, lines } = recording();
  for (let times = 0; times < 20; times++) report(partial());
  deepStrictEqual(
    lines.map(({ fields }) => fields.count),
    [1, 2, 4, 8, 16],
  );
});

test('a fault that is over is told from the start when it comes again', () => {
  const error = new WorkerError('transient', 'a.b', 'says');
  const ends: readonly [WorkerEvent, WorkerEvent][] = [
    [partial(), complete],
    [
      { type: 'discovery-failed', source: 'acme', parameter: 'user', error },
      { type: 'discovered', source: 'acme', parameter: 'user', count: 1 },
    ],
    [
      { type: 'source-waiting', source: 'things', error, waitMs: 1 },
      { type: 'source-started', source: 'things', topic: 't' },
    ],
    [
      { type: 'shard-failed', shard: 1, error, waitMs: 1 },
      { type: 'shard-opened', shard: 1, records: 0, bytes: 0, tookMs: 1 },
    ],
  ];
  for (const [fault, over] of ends) {
    const { report, said } = recording();
    for (const event of [fault, fault, over, fault]) report(event);
    strictEqual(said().filter((line) => line === 'warn fault').length, 3, fault.type);
  }
});

test('the end of one fault is not the end of another', () => {
  const { report, said } = recording();
  const error = new WorkerError('transient', 'a.b', 'says');
  const failed = (shard: number): WorkerEvent => ({ type: 'shard-failed', shard, error, waitMs: 1 });
  for (let times = 0; times < 2; times++) report(failed(12));
  report({ type: 'shard-opened', shard: 1, records: 0, bytes: 0, tookMs: 1 });
  report(failed(12));
  strictEqual(said().filter((line) => line === 'warn fault').length, 2);
});

test('what passes by itself is warn, what needs a person is error, and says what can be done', () => {
  const { report, lines, said } = recording();
  const hint = 'do this';
  report(partial());
  report(partial('z.z', 'config'));
  report({ type: 'source-stopped', source: 'things', error: new WorkerError('config', 'a.b', 'says', { hint }) });
  report({ type: 'settled', slice, settlement: { ...settlement, guarded: true }, counts: NO_COUNTS });
  report(page({ deadLettered: 2 }));
  report({
    type: 'retry',
    slice,
    error: new WorkerError('transient', 'a.b', 'says', { cause: new Error('why') }),
    waitMs: 5,
  });
  deepStrictEqual(said(), [
    'warn fault',
    'error fault',
    'error source.stopped',
    'error deletes.guarded',
    'debug page.committed',
    'warn record.dead_lettered',
    'warn page.retried',
  ]);
  strictEqual(lines[2]?.fields.hint, hint);
  ok(String(lines[3]?.fields.hint).includes('clockify-kafka confirm-deletes'));
  strictEqual(lines[6]?.fields.cause, 'why');
});

test('every event of a worker has its line', () => {
  const { report, lines } = recording();
  report({ type: 'shards-assigned', shards: [1, 2] });
  report({ type: 'shard-closed', shard: 1 });
  report({ type: 'source-reset', source: 'things', shard: 1, dropped: 9 });
  deepStrictEqual(
    lines.map(({ fields }) => fields.event),
    ['shards.assigned', 'shard.closed', 'source.reset'],
  );
});

const SAMPLE = 'a value that is nobody’s business';
const drift = (id: string, kind: DriftKind, ...paths: string[]): WorkerEvent => ({
  type: 'drift',
  slice: { id, params: {} },
  drift: {
    counted: { new: 0, missing: 0, changed: 0, [kind]: paths.length },
    told: paths.map((path) => ({
      kind,
      path,
      count: 1,
      expected: kind === 'new' ? undefined : 'string',
      seen: 'object',
      sample: SAMPLE,
    })),
  },
});

test('N26: each drift is told once for its source and kind, only so many of them, and P7: never its sample', () => {
  const { report, lines } = recording();
  report(drift('things/w1', 'new', 'a', 'b'));
  report(drift('things/w2', 'new', 'b', 'a'));
  report(drift('others/w1', 'new', 'a'));
  report(drift('things/w1', 'changed', 'a'));
  report(drift('things/w1', 'new', 'c', 'a'));
  report(drift('things/w1', 'missing', 'a'));
  report(drift('things/w1', 'changed', 'a'));
  deepStrictEqual(
    lines.map(({ level, fields }) => [level, fields.event, fields.source, fields.kind, fields.fields, fields.types]),
    [
      ['info', 'shape.changed', 'things', 'new', ['a', 'b'], ['object', 'object']],
      ['info', 'shape.changed', 'others', 'new', ['a'], ['object']],
      ['warn', 'shape.changed', 'things', 'changed', ['a'], ['string, now object']],
      ['info', 'shape.changed', 'things', 'new', ['c'], ['object']],
      ['warn', 'shape.changed', 'things', 'missing', ['a'], ['string, now object']],
    ],
  );
  for (let at = 0; at < 200; at++) report(drift('things/w1', 'new', `field${at}`));
  const told = lines.filter(({ fields }) => fields.source === 'things').flatMap(({ fields }) => fields.fields);
  strictEqual(told.length, 100);
  ok(!JSON.stringify(lines).includes(SAMPLE));
});

test('a retry is told once for its source, then counted, and from the start after ten sweeps that went well', () => {
  const { report, lines } = recording();
  const told = () => lines.filter(({ fields }) => fields.event === 'page.retried').map(({ fields }) => fields.count);
  const retry = (id: string): WorkerEvent => ({
    type: 'retry',
    slice: { id, params: {} },
    error: new WorkerError('transient', 'clockify.timeout', 'says'),
    waitMs: 5,
  });
  for (let at = 0; at < 1_000; at++) report(retry(`things/w${at}`));
  deepStrictEqual(told(), [1, 2, 4, 8, 16, 32, 64, 128, 256, 512]);
  for (let at = 0; at < 9; at++) report(complete);
  report(retry('things/w1'));
  strictEqual(told().length, 10);
  for (let at = 0; at < 10; at++) report(complete);
  report(retry('things/w1'));
  strictEqual(told().at(-1), 1);
});

test('one fault of a thousand slices is told of eight, then counted, and anew when it was over for all', () => {
  const { report, lines } = recording();
  const of = (at: number) => ({ id: `things/w${at}`, params: { workspace: `w${at}` } });
  const error = new WorkerError('transient', 'clockify.timeout', 'says', { hint: 'wait' });
  const ended = (at: number, fails: boolean): WorkerEvent =>
    fails
      ? { type: 'sweep', slice: of(at), outcome: 'partial', tookMs: 1, error }
      : { type: 'sweep', slice: of(at), outcome: 'complete', tookMs: 1 };
  for (const fails of [true, false, true]) for (let at = 0; at < 1_000; at++) report(ended(at, fails));
  const faults = lines.filter(({ fields }) => fields.event === 'fault').map(({ fields }) => fields);
  const once = [1, 2, 3, 4, 5, 6, 7, 8, 16, 32, 64, 128, 256, 512];
  deepStrictEqual(
    faults.map(({ slices }) => slices),
    [...once, ...once],
  );
  const { source, workspace, stage, code, hint } = faults[2] ?? {};
  deepStrictEqual([source, workspace, stage, code, hint], ['things', 'w2', 'poll', 'clockify.timeout', 'wait']);
});
