import { deepStrictEqual, match, ok, strictEqual } from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { WorkerError } from '../../../src/core/errors.ts';
import { type Counts, NO_COUNTS } from '../../../src/pipeline/counts.ts';
import { createMetrics } from '../../../src/telemetry/metrics.ts';
import type { WorkerEvent } from '../../../src/worker/events.ts';
import { measureEvents, measureExchanges, measureTarget } from '../../../src/worker/measure.ts';
import { measureState } from '../../../src/worker/measure-state.ts';
import { createStatus } from '../../../src/worker/status.ts';

function measured() {
  const sources = ['things', 'other'].map((name) => ({ name, topic: name }));
  const now = () => 5_000;
  const status = createStatus({ app: 'a', version: '1', shardCount: 4, sources, now });
  const rhythmsOf = (intervalSeconds: number) => [{ rhythm: 'list', intervalSeconds }];
  const metrics = createMetrics({
    version: '1.2.3',
    node: 'v24',
    shards: 4,
    sources: [
      { source: 'things', rhythms: rhythmsOf(30) },
      { source: 'other', rhythms: rhythmsOf(60) },
    ],
  });
  const measure = measureEvents(metrics, sources, now);
  const report = (event: WorkerEvent) => {
    status.report(event);
    measure(event);
  };
  const lines = async () => {
    measureState(metrics, status.snapshot(0), status.freshness());
    return (await metrics.registry.metrics()).split('\n').filter((line) => line.startsWith('clockify_'));
  };
  return { metrics, report, lines };
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
      extract: some,
      encode: some,
      repeated: some,
      r: some,
      c: some,
      u: some,
      d: some,
    })
    .map(({ r, c, u, d, extract, encode, ...rest }): Counts => {
      const deadLettered = extract + encode;
      const extracted = rest.unchanged + rest.superseded + deadLettered + rest.repeated + r + c + u;
      const deadLettersAt = { extract, encode };
      return { ...NO_COUNTS, ...rest, deadLettered, deadLettersAt, extracted, published: { r, c, u, d } };
    });
  await fc.assert(
    fc.asyncProperty(fc.array(counts, { minLength: 1, maxLength: 5 }), async (pages) => {
      const { report, lines } = measured();
      for (const each of pages) report(page(each));
      const now = await lines();
      const of = (name: string) => valueIn(now, `${name}{source="things"}`);
      const published = (op: string) => valueIn(now, `records_published_total{source="things",op="${op}"}`);
      const letters = (stage: string) => valueIn(now, `dlq_records_total{source="things",stage="${stage}"}`);
      const became = ['records_unchanged_total', 'records_superseded_total', 'records_repeated_total'];
      const sent = published('r') + published('c') + published('u') + letters('extract') + letters('encode');
      const sum = became.reduce((all, name) => all + of(name), sent);
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
    strictEqual(valueIn(now, `polls_total{source="${source}",rhythm="list",result="rate_limited"}`), 0);
    strictEqual(valueIn(now, `dlq_records_total{source="${source}",stage="encode"}`), 0);
    strictEqual(valueIn(now, `source_running{source="${source}"}`), 0);
  }
  strictEqual(valueIn(now, 'poll_interval_seconds{source="other",rhythm="list"}'), 60);
  match(now.find((line) => line.startsWith('clockify_build_info')) ?? '', /version="1.2.3"/);
});

test('a sweep is counted by how it ended, and told in seconds and instants', async () => {
  const { report, lines } = measured();
  report({ type: 'slice-begun', slice });
  report({ type: 'sweep', slice, outcome: 'complete', tookMs: 1_500 });
  report(partial('clockify.rate_limited'));
  report(partial('clockify.timeout'));
  const now = await lines();
  const polls = (result: string) => valueIn(now, `polls_total{source="things",rhythm="list",result="${result}"}`);
  deepStrictEqual(['success', 'rate_limited', 'error'].map(polls), [1, 1, 1]);
  strictEqual(valueIn(now, 'poll_duration_seconds_sum{source="things"}'), 5.5);
  strictEqual(valueIn(now, 'last_attempt_timestamp_seconds{source="things",rhythm="list"}'), 5);
  strictEqual(valueIn(now, 'last_success_timestamp_seconds{source="things",rhythm="list"}'), 5);
});

test('what stops a source or keeps a shard away shows', async () => {
  const { report, lines } = measured();
  const error = new WorkerError('config', 'x.y', 'says');
  report({ type: 'source-started', source: 'things', topic: 't' });
  report({ type: 'source-started', source: 'other', topic: 't' });
  report({ type: 'source-stopped', source: 'other', error });
  report({ type: 'shard-failed', shard: 1, error, waitMs: 1 });
  const now = await lines();
  strictEqual(valueIn(now, 'source_running{source="other"}'), 0);
  strictEqual(valueIn(now, 'source_running{source="things"}'), 1);
  strictEqual(valueIn(now, 'faults_total{source="other",event="source",code="x.y"}'), 1);
  strictEqual(valueIn(now, 'faults_total{source="",event="shard",code="x.y"}'), 1);
  strictEqual(valueIn(now, 'shard_failures_total'), 1);
});

test('P8: fifty workspaces, and names that no source has, make no series', async () => {
  const { report, lines } = measured();
  const series = async () => (await lines()).map((line) => line.slice(0, line.lastIndexOf(' '))).sort();
  report({ type: 'slice-begun', slice });
  report(page({ ...NO_COUNTS, extracted: 1, unchanged: 1 }));
  const before = await series();
  for (let n = 0; n < 50; n += 1) {
    const drift = { counted: { new: 1, missing: 2, changed: 0 }, told: [] };
    report({ type: 'slice-begun', slice: sliceOf(`w${n}`) });
    report(page(NO_COUNTS, sliceOf(`w${n}`)));
    report({ type: 'drift', slice: sliceOf(`w${n}`), drift });
    report({ type: 'drift', slice: { id: `unknown${n}/w`, params: {} }, drift });
    report({ type: 'sweep', slice: sliceOf(`w${n}`), outcome: 'complete', tookMs: 1 });
    report(page(NO_COUNTS, { id: `unknown${n}/w`, params: { workspace: 'w' } }));
  }
  deepStrictEqual(await series(), before);
  ok(before.length < 150, `${before.length} series for two sources`);
  const drifts = ['new', 'missing', 'changed'].map((kind) => `shape_drift_total{source="things",kind="${kind}"}`);
  const told = await lines();
  deepStrictEqual(
    drifts.map((series) => valueIn(told, series)),
    [50, 100, 0],
  );
});

test('a request is counted by the template of its path and the class of its status, and so is its wait', async () => {
  const { metrics, lines } = measured();
  const tell = measureExchanges(metrics);
  const one = { method: 'GET', host: 'api', waitedMs: 2_000, tookMs: 100 } as const;
  const id = (n: number) => n.toString(16).padStart(24, '0');
  for (let n = 0; n < 50; n += 1)
    tell({ ...one, label: `/workspaces/${id(n)}/user/${id(n)}/time-entries`, status: 200 });
  tell({ ...one, label: '/user', status: 429 });
  tell({ ...one, label: '/user', status: 503 });
  tell({ ...one, label: '/user', status: undefined });
  const now = await lines();
  const endpoint = '/workspaces/{id}/user/{id}/time-entries';
  strictEqual(valueIn(now, `api_requests_total{endpoint="${endpoint}",method="GET",code="2xx"}`), 50);
  for (const code of ['429', '5xx', 'error'])
    strictEqual(valueIn(now, `api_requests_total{endpoint="/user",method="GET",code="${code}"}`), 1);
  strictEqual(valueIn(now, 'api_throttle_seconds_total{host="api"}'), 106);
  strictEqual(valueIn(now, `api_request_duration_seconds_count{endpoint="${endpoint}"}`), 50);
});

test('P8: however many steps a configuration has, the endpoints are bounded', async () => {
  const { metrics, lines } = measured();
  const tell = measureExchanges(metrics);
  for (let n = 0; n < 500; n += 1)
    tell({ label: `step ${n}`, method: 'GET', host: 'api', waitedMs: 0, tookMs: 1, status: 200 });
  const requests = (await lines()).filter((line) => line.startsWith('clockify_api_requests_total'));
  strictEqual(requests.length, 101 * 8);
});

test('a transaction is counted by how it ended, and Kafka is away until one goes well again', async () => {
  const { metrics, lines } = measured();
  let failure: WorkerError | undefined;
  let mayCommit = true;
  const writer = {
    async commit() {
      if (failure !== undefined) throw failure;
    },
    async close() {},
  };
  const sink = { fence: async () => writer, async close() {} };
  const membership = { run: async () => {}, mayCommit: () => mayCommit, nextHeartbeat: async () => {} };
  const registry = {
    register: async () => 1,
    fetchSchema: async () => '',
    check: () => Promise.reject(new WorkerError('transient', 'registry.unavailable', 'says')),
    latest: async () => undefined,
  };
  const target = {
    sink,
    membership,
    registry,
    reader: { restore: () => Promise.reject(new Error()) },
    async close() {},
  };
  const measuredTarget = measureTarget(metrics, target, () => 7_000);
  const measuredWriter = await measuredTarget.sink.fence(0, new AbortController().signal);
  const transaction = { records: [], state: [{ key: 'a', value: null }] };
  await measuredWriter.commit({ records: [], state: [] });
  await measuredWriter.commit(transaction);
  const of = async (series: string) => valueIn(await lines(), series);
  strictEqual(await of('kafka_connected'), 1);
  failure = new WorkerError('transient', 'sink.outcome_unknown', 'says');
  await measuredWriter.commit(transaction).catch(() => undefined);
  strictEqual(await of('kafka_connected'), 0);
  failure = new WorkerError('transient', 'sink.fenced', 'says');
  await measuredWriter.commit(transaction).catch(() => undefined);
  failure = undefined;
  await measuredWriter.commit(transaction);
  strictEqual(await of('kafka_connected'), 1);
  mayCommit = false;
  strictEqual(await of('kafka_connected'), 0);
  const results = ['committed', 'outcome_unknown', 'fenced', 'refused'];
  const ended = await Promise.all(results.map((result) => of(`kafka_transactions_total{result="${result}"}`)));
  deepStrictEqual(ended, [2, 1, 1, 0]);
  strictEqual(await of('kafka_messages_total'), 2);
  await measuredTarget.registry.check('s', '{}').catch(() => undefined);
  strictEqual(await of('schema_registry_requests_total{operation="check",result="error"}'), 1);
  strictEqual(await of('kafka_last_commit_timestamp_seconds'), 7);
});
