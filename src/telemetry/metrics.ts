/**
 * Every metric of the worker. Base units, instants instead of ages, and labels from closed sets only: the configured
 * sources, ops and results; never a workspace, a slice or an entity, so that the number of series does not grow with
 * the account. The label is `source` and not `resource`, since two sources may poll one resource, each at its own pace.
 */
import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';

const OPS = ['r', 'c', 'u', 'd'] as const;
const RESULTS = ['success', 'error', 'rate_limited'] as const;

export type PollResult = (typeof RESULTS)[number];

export interface MetricsOptions {
  readonly version: string;
  readonly sources: readonly { readonly name: string; readonly everyMs: number }[];
  /** Brings the gauges up to date, when somebody asks. */
  readonly refresh: () => void;
}

export type Metrics = ReturnType<typeof createMetrics>;

export function createMetrics({ version, sources, refresh }: MetricsOptions) {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  const metrics = {
    ...recordMetrics(registry),
    ...pollMetrics(registry),
    ...freshnessMetrics(registry),
    ...workerMetrics(registry),
  };
  const info = gauge(registry, 'build_info', 'Always 1; what runs is in the labels.', ['version', 'node']);
  info.set({ version, node: process.version }, 1);
  for (const { name, everyMs } of sources) begin(metrics, name, everyMs);
  const text = async () => {
    refresh();
    return { contentType: registry.contentType, text: await registry.metrics() };
  };
  return { ...metrics, text };
}

/** What became of the records: read = unchanged + superseded + repeated + dead-lettered + published other than `d` (P1). */
function recordMetrics(registry: Registry) {
  const of = (name: string, help: string) => counter(registry, name, help, ['source']);
  return {
    read: of('records_read_total', 'Records extracted from committed pages.'),
    unchanged: of('records_unchanged_total', 'Records that were as they had last been published.'),
    superseded: of('records_superseded_total', 'Records that a later one of the same entity stood in for.'),
    repeated: of('records_repeated_total', 'Records that are in the dead letters already, and still the same.'),
    deadLettered: of('dlq_records_total', 'Records that went to the dead letters.'),
    published: counter(
      registry,
      'records_published_total',
      'Changes published: r read, c create, u update, d delete.',
      ['source', 'op'],
    ),
    unknownFields: of('unknown_fields_total', 'Values seen in fields that no column takes.'),
  };
}

function pollMetrics(registry: Registry) {
  return {
    polls: counter(registry, 'polls_total', 'Sweeps that ended.', ['source', 'result']),
    pollDuration: new Histogram({
      name: 'clockify_poll_duration_seconds',
      help: 'How long a sweep took, first request to last commit.',
      labelNames: ['source'],
      buckets: [0.1, 0.3, 1, 3, 10, 30, 100, 300],
      registers: [registry],
    }),
    pageRetries: counter(registry, 'page_retries_total', 'Pages that were asked for or committed again.', ['source']),
    sourceStopped: gauge(registry, 'source_stopped', '1 where the source has stopped for good.', ['source']),
  };
}

function freshnessMetrics(registry: Registry) {
  const of = (name: string, help: string) => gauge(registry, name, help, ['source']);
  return {
    interval: of('poll_interval_seconds', 'The configured time between two sweeps.'),
    lastAttempt: of('last_attempt_timestamp_seconds', 'When a sweep was last begun; 0 before the first.'),
    lastSuccess: of('last_success_timestamp_seconds', 'Since when every slice was read to its end; 0: not yet.'),
    nextPoll: of('next_poll_timestamp_seconds', 'When the next sweep is due; 0 while none is.'),
    firstLoad: of('backfill_progress_ratio', 'How much of the first load is done, 0 to 1.'),
    firstLoadRemaining: of('backfill_remaining_seconds', 'What the first load will still take; NaN: not known.'),
    reconcile: of('reconcile_progress_ratio', 'How much of the history this pass has read; NaN: there is no pass.'),
    guarded: of('guarded_deletes', 'Deletes that are held back until a person agrees.'),
  };
}

function workerMetrics(registry: Registry) {
  const of = (name: string, help: string) => gauge(registry, name, help, []);
  return {
    ready: of('ready', '1 while every assigned shard is restored.'),
    shardsAssigned: of('shards_assigned', 'Shards that the group has given to this worker.'),
    shardsOpen: of('shards_open', 'Shards that are restored and polled.'),
    shardFailures: counter(registry, 'shard_failures_total', 'Tries to take a shard that failed, or shards lost.', []),
    budgetLeft: of(
      'api_rate_limit_remaining',
      'Requests that the tightest budget would let go at once; NaN: none yet.',
    ),
  };
}

type SourceMetrics = ReturnType<typeof recordMetrics> &
  ReturnType<typeof pollMetrics> &
  ReturnType<typeof freshnessMetrics>;

/** Series that are known are there from the start, so that the first increase is seen. */
function begin(metrics: SourceMetrics, source: string, everyMs: number): void {
  const { read, unchanged, superseded, repeated, deadLettered, unknownFields, pageRetries } = metrics;
  for (const each of [read, unchanged, superseded, repeated, deadLettered, unknownFields, pageRetries]) {
    each.inc({ source }, 0);
  }
  for (const op of OPS) metrics.published.inc({ source, op }, 0);
  for (const result of RESULTS) metrics.polls.inc({ source, result }, 0);
  metrics.pollDuration.zero({ source });
  for (const each of [metrics.lastAttempt, metrics.lastSuccess, metrics.nextPoll, metrics.sourceStopped]) {
    each.set({ source }, 0);
  }
  metrics.interval.set({ source }, everyMs / 1_000);
}

function counter<T extends string>(registry: Registry, name: string, help: string, labelNames: T[]): Counter<T> {
  return new Counter({ name: `clockify_${name}`, help, labelNames, registers: [registry] });
}

function gauge<T extends string>(registry: Registry, name: string, help: string, labelNames: T[]): Gauge<T> {
  return new Gauge({ name: `clockify_${name}`, help, labelNames, registers: [registry] });
}
