import { deepStrictEqual, match, ok, strictEqual } from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { WorkerError } from '../../../src/core/errors.ts';
import { type Counts, NO_COUNTS } from '../../../src/pipeline/counts.ts';
import type { WorkerEvent } from '../../../src/worker/events.ts';
import { createMeasure } from '../../../src/worker/measure.ts';
import { createStatus } from '../../../src/worker/status.ts';

function measured() {
  const sources = [
    { name: 'things', topic: 't', everyMs: 30_000 },
    { name: 'other', topic: 'o', everyMs: 60_000 },
  ];
  const status = createStatus({ app: 'a', version: '1', shardCount: 4, sources, now: () => 5_000 });
  const { measure, text } = createMeasure({ version: '1.2.3', sources, status, now: () => 5_000 });
  const report = (event: WorkerEvent) => {
    status.report(event);
    measure(event);
  };
  const lines = async () => (await text()).text.split('\n').filter((line) => line.startsWith('clockify_'));
  return { report, lines };
}

/** The value of one series, exactly as it is named. */
const valueIn = (lines: readonly string[], series: string) =>
  Number(
    lines
      .find((line) => line.startsWith(`clockify_${series} `))
      ?.split(' ')
      .at(-1),
  );

const sliceOf = (workspace: string) => ({ id: `things/${workspace}`, params: { workspace } });
const slice = sliceOf('w');
const page = (counts: Counts, of = slice): WorkerEvent => ({ type: 'page', slice: of, number: 1, last: true, counts });
const partial = (code: string): WorkerEvent => ({
  type: 'sweep',
  slice,
  outcome: 'partial',
  tookMs: 2_000,
  error: new WorkerError('transient', code, 'says'),
});

test('P1: what was read is what was unchanged, superseded, repeated, dead-lettered or published, over any pages', async () => {
  const some = fc.nat({ max: 1_000 });
  const counts = fc
    .record({
      unchanged: some,
      superseded: some,
      deadLettered: some,
      repeated: some,
      r: some,
      c: some,
      u: some,
      d: some,
    })
    .map(({ r, c, u, d, ...rest }): Counts => {
      const extracted = rest.unchanged + rest.superseded + rest.deadLettered + rest.repeated + r + c + u;
      return { ...NO_COUNTS, ...rest, extracted, published: { r, c, u, d } };
    });
  await fc.assert(
    fc.asyncProperty(fc.array(counts, { minLength: 1, maxLength: 5 }), async (pages) => {
      const { report, lines } = measured();
      for (const each of pages) report(page(each));
      const now = await lines();
      const of = (name: string) => valueIn(now, `${name}{source="things"}`);
      const published = (op: string) => valueIn(now, `records_published_total{source="things",op="${op}"}`);
      const became = [
        'records_unchanged_total',
        'records_superseded_total',
        'records_repeated_total',
        'dlq_records_total',
      ];
      const sum = became.reduce((all, name) => all + of(name), published('r') + published('c') + published('u'));
      strictEqual(of('records_read_total'), sum);
      strictEqual(
        of('records_read_total'),
        pages.reduce((all, { extracted }) => all + extracted, 0),
      );
      strictEqual(
        published('d'),
        pages.reduce((all, { published: { d } }) => all + d, 0),
      );
    }),
    { numRuns: 30 },
  );
});

test('series that are known are 0 from the start, for every source', async () => {
  const now = await measured().lines();
  for (const source of ['things', 'other']) {
    strictEqual(valueIn(now, `records_read_total{source="${source}"}`), 0);
    strictEqual(valueIn(now, `polls_total{source="${source}",result="rate_limited"}`), 0);
    strictEqual(valueIn(now, `last_success_timestamp_seconds{source="${source}"}`), 0);
  }
  strictEqual(valueIn(now, 'poll_interval_seconds{source="other"}'), 60);
  match(now.find((line) => line.startsWith('clockify_build_info')) ?? '', /version="1.2.3"/);
});

test('a sweep is counted by how it ended, and told in seconds and instants', async () => {
  const { report, lines } = measured();
  report({ type: 'slice-begun', slice });
  report({ type: 'sweep', slice, outcome: 'complete', tookMs: 1_500 });
  report(partial('clockify.rate_limited'));
  report(partial('clockify.timeout'));
  const now = await lines();
  const polls = (result: string) => valueIn(now, `polls_total{source="things",result="${result}"}`);
  deepStrictEqual(['success', 'rate_limited', 'error'].map(polls), [1, 1, 1]);
  strictEqual(valueIn(now, 'poll_duration_seconds_sum{source="things"}'), 5.5);
  strictEqual(valueIn(now, 'last_attempt_timestamp_seconds{source="things"}'), 5);
  strictEqual(valueIn(now, 'last_success_timestamp_seconds{source="things"}'), 5);
});

test('what stops a source or keeps a shard away shows', async () => {
  const { report, lines } = measured();
  const error = new WorkerError('config', 'x.y', 'says');
  report({ type: 'source-stopped', source: 'other', error });
  report({ type: 'shard-failed', shard: 1, error, waitMs: 1 });
  const now = await lines();
  strictEqual(valueIn(now, 'source_stopped{source="other"}'), 1);
  strictEqual(valueIn(now, 'source_stopped{source="things"}'), 0);
  strictEqual(valueIn(now, 'shard_failures_total'), 1);
});

test('P8: fifty workspaces, and names that no source has, make no series', async () => {
  const { report, lines } = measured();
  const series = async () => (await lines()).map((line) => line.slice(0, line.lastIndexOf(' '))).sort();
  report(page({ ...NO_COUNTS, extracted: 1, unchanged: 1 }));
  const before = await series();
  for (let n = 0; n < 50; n += 1) {
    const counts = { ...NO_COUNTS, unknownFields: new Map([[`field${n}`, 1]]) };
    report({ type: 'slice-begun', slice: sliceOf(`w${n}`) });
    report(page(counts, sliceOf(`w${n}`)));
    report({ type: 'sweep', slice: sliceOf(`w${n}`), outcome: 'complete', tookMs: 1 });
    report(page(counts, { id: `unknown${n}/w`, params: { workspace: 'w' } }));
  }
  deepStrictEqual(await series(), before);
  ok(before.length < 100, `${before.length} series for two sources`);
  strictEqual(valueIn(await lines(), 'unknown_fields_total{source="things"}'), 50);
});
