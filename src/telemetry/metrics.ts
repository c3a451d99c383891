/**
 * Every metric of the worker. Data in: what the worker counts, once a batch. Data out: Prometheus's text format.
 *
 * Names begin with `clockify_`, units are base units, instants are given as instants, not as ages. Labels are taken from
 * closed sets only: sources and their rhythms, ops, stages, error codes, classes of status codes, templates of paths. No
 * id of a workspace, a user or an entity is ever one, so that the number of series does not grow with the account.
 */
import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';
import { DRIFT_KINDS } from '../core/drift.ts';

export interface MetricsOptions {
  readonly version: string;
  readonly node: string;
  readonly shards: number;
  readonly sources: readonly MeasuredSource[];
}

/** A source as its series know it before anything has happened. */
interface MeasuredSource {
  readonly source: string;
  /** At least one. Undefined: it has no interval, for it is read once. */
  readonly rhythms: readonly { readonly rhythm: string; readonly intervalSeconds: number | undefined }[];
}

export type Metrics = ReturnType<typeof createMetrics>;

export function createMetrics(options: MetricsOptions) {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  const metrics = {
    registry,
    ...workerMetrics(registry),
    ...sourceMetrics(registry),
    ...freshnessMetrics(registry),
    ...recordMetrics(registry),
    ...apiMetrics(registry),
    ...farMetrics(registry),
  };
  metrics.buildInfo.set({ version: options.version, node: options.node }, 1);
  metrics.shards.set(options.shards);
  for (const source of options.sources) beginSource(metrics, source);
  for (const [operation, result] of pairs(REGISTRY_OPERATIONS, ['success', 'error']))
    metrics.registryRequests.inc({ operation, result }, 0);
  for (const result of TRANSACTION_RESULTS) metrics.transactions.inc({ result }, 0);
  for (const host of HOSTS) metrics.apiThrottleSeconds.inc({ host }, 0);
  return metrics;
}

const OPS = ['r', 'c', 'u', 'd'] as const;
const STAGES = ['extract', 'encode'] as const;
const HOSTS = ['api', 'reports'] as const;
const REGISTRY_OPERATIONS = ['register', 'fetch', 'check', 'latest'] as const;
const POLL_RESULTS = ['success', 'error', 'rate_limited'] as const;
const TRANSACTION_RESULTS = ['committed', 'not_committed', 'outcome_unknown', 'fenced', 'refused'] as const;

export type PollResult = (typeof POLL_RESULTS)[number];
export type TransactionResult = (typeof TRANSACTION_RESULTS)[number];
export type RegistryOperation = (typeof REGISTRY_OPERATIONS)[number];

function pairs<A, B>(left: readonly A[], right: readonly B[]): [A, B][] {
  return left.flatMap((one) => right.map((other): [A, B] => [one, other]));
}

/** Whatever may happen to a source is 0 before it does, so that its first time is an increase. */
function beginSource(metrics: Omit<Metrics, 'registry'>, { source, rhythms }: MeasuredSource): void {
  for (const { rhythm, intervalSeconds } of rhythms) {
    for (const result of POLL_RESULTS) metrics.polls.inc({ source, rhythm, result }, 0);
    if (intervalSeconds !== undefined && Number.isFinite(intervalSeconds))
      metrics.pollInterval.set({ source, rhythm }, intervalSeconds);
  }
  metrics.pollSeconds.zero({ source });
  metrics.sourceRunning.set({ source }, 0);
  const plain = [
    metrics.pages,
    metrics.pageRetries,
    metrics.recordsRead,
    metrics.recordsUnchanged,
    metrics.recordsSuperseded,
    metrics.recordsRepeated,
    metrics.recordsResynced,
  ];
  for (const counter of plain) counter.inc({ source }, 0);
  for (const op of OPS) metrics.recordsPublished.inc({ source, op }, 0);
  for (const kind of DRIFT_KINDS) metrics.shapeDrift.inc({ source, kind }, 0);
  for (const stage of STAGES) metrics.dlqRecords.inc({ source, stage }, 0);
  for (const verdict of ['gone', 'alive', 'open']) metrics.missing.inc({ source, verdict }, 0);
}

function workerMetrics(registry: Registry) {
  const { gauge, counter, histogram } = makers(registry);
  return {
    buildInfo: gauge('build_info', 'Always 1; says which version runs on which Node.', ['version', 'node']),
    ready: gauge('ready', '1 when every shard of this worker is restored, as /readyz says it.'),
    shards: gauge('shards', 'Shards that all workers of this application share.'),
    shardsAssigned: gauge('shards_assigned', 'Shards that the group has given to this worker.'),
    shardsOpen: gauge('shards_open', 'Shards that this worker has fenced and restored.'),
    stateBytes: gauge('state_bytes', 'Memory that the entities of this worker hold outside the heap.'),
    rebalances: counter('rebalances_total', 'Times that the group has told this worker its shards.'),
    shardFailures: counter('shard_failures_total', 'Shards that were lost or could not be taken, and are tried again.'),
    restoreSeconds: histogram(
      'shard_restore_duration_seconds',
      'From the fencing of a shard until its state was read.',
      [0.05, 0.1, 0.5, 1, 5, 10, 30, 60, 120, 300],
    ),
    faults: counter('faults_total', 'Errors by code; docs/errors.md says what each means.', [
      'source',
      'event',
      'code',
    ]),
  };
}

function sourceMetrics(registry: Registry) {
  const { gauge, counter, histogram } = makers(registry);
  return {
    sourceRunning: gauge('source_running', '1 while the source is polled, 0 while it waits or has stopped.', SOURCE),
    sourcePaused: gauge('source_paused', '1 while a person has paused the source.', SOURCE),
    slices: gauge('slices', 'Slices of the source that this worker polls.', SOURCE),
    slicesSweeping: gauge('slices_sweeping', 'Slices that are being swept; each has one page on its way.', SOURCE),
    polls: counter('polls_total', 'Sweeps that have ended.', [...SOURCE, 'rhythm', 'result']),
    pollSeconds: histogram(
      'poll_duration_seconds',
      'How long a sweep took, its waits for the budget included.',
      [0.1, 0.5, 1, 5, 15, 30, 60, 120, 300, 900],
      SOURCE,
    ),
    pages: counter('pages_total', 'Pages whose changes are committed.', SOURCE),
    pageRetries: counter('page_retries_total', 'Pages and writes that were tried again.', SOURCE),
    stateEntities: gauge('state_entities', 'Entities of the source in the state of this worker.', SOURCE),
    loadRatio: gauge('backfill_progress_ratio', 'Owners whose history was read to its end; 1 when all are.', SOURCE),
    loadRemaining: gauge('backfill_remaining_seconds', 'Until the first load ends, by the pace so far.', SOURCE),
    reconcileRatio: gauge('reconcile_progress_ratio', 'How much of the history this pass has read again.', SOURCE),
    reconcileRemaining: gauge('reconcile_remaining_seconds', 'Until this pass ends, by the pace so far.', SOURCE),
    guardedDeletes: gauge('guarded_deletes', 'Deletes that wait for a person, because they are too many.', SOURCE),
    missing: counter('missing_entities_total', 'Entities that a complete sweep did not show, by what was found.', [
      ...SOURCE,
      'verdict',
    ]),
  };
}

const SOURCE = ['source'];

function freshnessMetrics(registry: Registry) {
  const { gauge } = makers(registry);
  const labels = [...SOURCE, 'rhythm'];
  return {
    lastSuccess: gauge(
      'last_success_timestamp_seconds',
      'End of the last complete sweep of the slice that is furthest behind; when it began, where it had none yet.',
      labels,
    ),
    lastAttempt: gauge('last_attempt_timestamp_seconds', 'When a sweep was last begun.', labels),
    nextPoll: gauge('next_poll_timestamp_seconds', 'When the first of the waiting slices is due.', labels),
    pollInterval: gauge('poll_interval_seconds', 'As configured, from the start of a sweep to the next.', labels),
  };
}

function recordMetrics(registry: Registry) {
  const { counter } = makers(registry);
  return {
    recordsRead: counter('records_read_total', 'Items that were extracted from answers.', SOURCE),
    recordsUnchanged: counter('records_unchanged_total', 'Items that are as they were published last.', SOURCE),
    recordsSuperseded: counter(
      'records_superseded_total',
      'Items that a newer one of the same entity replaced.',
      SOURCE,
    ),
    recordsRepeated: counter(
      'records_repeated_total',
      'Items that are in the dead letters already, unchanged.',
      SOURCE,
    ),
    recordsPublished: counter('records_published_total', 'Changes that were committed to the topic.', [
      ...SOURCE,
      'op',
    ]),
    recordsResynced: counter('records_resynced_total', 'Rows that were published once more on request.', SOURCE),
    dlqRecords: counter('dlq_records_total', 'Items that were committed to the dead letters.', [...SOURCE, 'stage']),
    shapeDrift: counter(
      'shape_drift_total',
      'Values of fields that no column takes or of another type than is taken, and items that lack a field.',
      [...SOURCE, 'kind'],
    ),
  };
}

function apiMetrics(registry: Registry) {
  const { gauge, counter, histogram } = makers(registry);
  return {
    apiRequests: counter('api_requests_total', 'Requests to Clockify; code `error` is one without an answer.', [
      'endpoint',
      'method',
      'code',
    ]),
    apiSeconds: histogram(
      'api_request_duration_seconds',
      'From sending until the whole answer was there.',
      [0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30],
      ['endpoint'],
    ),
    apiThrottleSeconds: counter('api_throttle_seconds_total', 'Time that requests have waited for the budget.', [
      'host',
    ]),
    budgetLeft: gauge(
      'api_rate_limit_remaining',
      'Requests that could go at once, of the tightest budget of its kind.',
      ['budget'],
    ),
    budgetLimit: gauge('api_rate_limit_requests', 'The limit of that budget in its window.', ['budget']),
    budgetHeld: gauge('api_budget_held_seconds', 'How long a budget still lets nothing go; the longest.', ['budget']),
  };
}

function farMetrics(registry: Registry) {
  const { gauge, counter, histogram } = makers(registry);
  /** Asked whenever somebody asks for the metrics. */
  const kafka = { isConnected: () => false };
  return {
    kafka,
    kafkaConnected: gauge(
      'kafka_connected',
      '1 while the group answers and the last transaction was no failure.',
      [],
      () => (kafka.isConnected() ? 1 : 0),
    ),
    transactions: counter('kafka_transactions_total', 'Transactions by how they ended.', ['result']),
    transactionSeconds: histogram(
      'kafka_transaction_duration_seconds',
      'From the first message of a transaction until it was committed.',
      [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30],
    ),
    kafkaMessages: counter('kafka_messages_total', 'Messages in committed transactions, state included.'),
    lastCommit: gauge('kafka_last_commit_timestamp_seconds', 'When a transaction was committed last; 0: none yet.'),
    registryRequests: counter('schema_registry_requests_total', 'What the schema registry was asked for.', [
      'operation',
      'result',
    ]),
  };
}

function collecting(read: () => number) {
  return function collect(this: Gauge): void {
    this.set(read());
  };
}

function makers(registry: Registry) {
  const registers = [registry];
  const named = (name: string, help: string, labelNames: readonly string[] = []) => ({
    name: `clockify_${name}`,
    help,
    labelNames: [...labelNames],
    registers,
  });
  return {
    gauge: (name: string, help: string, labels?: readonly string[], read?: () => number) =>
      new Gauge({ ...named(name, help, labels), ...(read && { collect: collecting(read) }) }),
    counter: (name: string, help: string, labels?: readonly string[]) => new Counter(named(name, help, labels)),
    histogram: (name: string, help: string, buckets: number[], labels?: readonly string[]) =>
      new Histogram({ ...named(name, help, labels), buckets }),
  };
}
