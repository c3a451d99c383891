import type { SchemaRegistry } from '../avro/registry.ts';
import type { Exchange } from '../clockify/client.ts';
import { DRIFT_KINDS } from '../core/drift.ts';
import { toWorkerError, type WorkerError } from '../core/errors.ts';
import { sourceNameOf } from '../core/state.ts';
import type { Counts } from '../pipeline/counts.ts';
import type { Membership, ShardWriter, Slice, Transaction, TransactionalSink } from '../pipeline/ports.ts';
import type { SliceEvent } from '../pipeline/sweep.ts';
import type { Metrics, PollResult, RegistryOperation, TransactionResult } from '../telemetry/metrics.ts';
import type { Report, WorkerEvent } from './events.ts';
import type { Target } from './sinks.ts';
import { LIST_RHYTHM } from './status-freshness.ts';

/** Everything that is counted when it happens: events of the worker, requests, transactions. Once a batch, never an item. */

/** Events into counters, of these sources. What is a state and no event is read when somebody asks: `measure-state.ts`. */
export function measureEvents(metrics: Metrics, sources: readonly { name: string }[], now: () => number): Report {
  const names = new Set(sources.map(({ name }) => name));
  return (event) => {
    if ('slice' in event) {
      const source = sourceNameOf(event.slice.id);
      if (!names.has(source)) return;
      countSlice(metrics, source, event, now);
    } else countOther(metrics, event);
    if ('error' in event) countFault(metrics, event);
  };
}

function countOther(metrics: Metrics, event: Exclude<WorkerEvent, { readonly slice: Slice }>): void {
  switch (event.type) {
    case 'shards-assigned':
      metrics.rebalances.inc();
      break;
    case 'shard-opened':
      metrics.restoreSeconds.observe(event.tookMs / 1_000);
      break;
    case 'shard-failed':
      metrics.shardFailures.inc();
      break;
    case 'source-started':
      metrics.sourceRunning.set({ source: event.source }, 1);
      break;
    case 'source-waiting':
    case 'source-stopped':
      metrics.sourceRunning.set({ source: event.source }, 0);
      break;
    case 'resynced':
      metrics.recordsResynced.inc({ source: event.source }, event.published);
      break;
    default:
  }
}

type Faulty = Extract<WorkerEvent, { readonly error: WorkerError }>;

const FAULTS: Readonly<Record<Faulty['type'], string>> = {
  retry: 'retry',
  sweep: 'sweep',
  'source-waiting': 'source',
  'source-stopped': 'source',
  'shard-failed': 'shard',
  'shard-stopped': 'shard',
  'discovery-failed': 'discovery',
};

/** A shard, and a list of workspaces, are no source's: their label is empty. */
function countFault({ faults }: Metrics, event: Faulty): void {
  const isSources = event.type === 'source-waiting' || event.type === 'source-stopped';
  const source = 'slice' in event ? sourceNameOf(event.slice.id) : isSources ? event.source : '';
  faults.inc({ source, event: FAULTS[event.type], code: event.error.code });
}

function countSlice(
  metrics: Metrics,
  source: string,
  event: Extract<WorkerEvent, { readonly slice: Slice }>,
  now: () => number,
): void {
  switch (event.type) {
    case 'page':
      metrics.pages.inc({ source });
      countRecords(metrics, source, event.counts);
      break;
    case 'settled':
      countRecords(metrics, source, event.counts);
      for (const verdict of ['gone', 'alive', 'open'] as const)
        metrics.missing.inc({ source, verdict }, event.settlement[verdict]);
      break;
    case 'drift':
      for (const kind of DRIFT_KINDS) metrics.shapeDrift.inc({ source, kind }, event.drift.counted[kind]);
      break;
    case 'retry':
      metrics.pageRetries.inc({ source });
      break;
    case 'slice-begun':
      metrics.lastAttempt.set({ source, rhythm: event.slice.rhythm ?? LIST_RHYTHM }, now() / 1_000);
      break;
    case 'sweep':
      countSweep(metrics, source, event);
      break;
    default:
  }
}

type SweepEnd = Extract<SliceEvent, { readonly type: 'sweep' }>;

function countSweep(metrics: Metrics, source: string, event: SweepEnd): void {
  metrics.polls.inc({ source, rhythm: event.slice.rhythm ?? LIST_RHYTHM, result: resultOfSweep(event) });
  metrics.pollSeconds.observe({ source }, Math.max(0, event.tookMs) / 1_000);
}

function resultOfSweep(event: SweepEnd): PollResult {
  if (event.outcome === 'complete') return 'success';
  return event.error.code === 'clockify.rate_limited' ? 'rate_limited' : 'error';
}

/** P1: read = unchanged + superseded + published (without d) + dead letters + repeated. */
function countRecords(metrics: Metrics, source: string, counts: Counts): void {
  metrics.recordsRead.inc({ source }, counts.extracted);
  metrics.recordsUnchanged.inc({ source }, counts.unchanged);
  metrics.recordsSuperseded.inc({ source }, counts.superseded);
  metrics.recordsRepeated.inc({ source }, counts.repeated);
  for (const op of ['r', 'c', 'u', 'd'] as const)
    if (counts.published[op] > 0) metrics.recordsPublished.inc({ source, op }, counts.published[op]);
  for (const stage of ['extract', 'encode'] as const)
    if (counts.deadLettersAt[stage] > 0) metrics.dlqRecords.inc({ source, stage }, counts.deadLettersAt[stage]);
}

/** Endpoints that get series of their own; a configuration with more steps than that has the rest in one. */
const MOST_ENDPOINTS = 100;

/** Requests into counters. */
export function measureExchanges(metrics: Metrics): (exchange: Exchange) => void {
  const known = new Set<string>();
  const begun = new Set<string>();
  return ({ label, method, host, status, waitedMs, tookMs }) => {
    const template = templateOf(label);
    if (known.size < MOST_ENDPOINTS) known.add(template);
    const endpoint = known.has(template) ? template : 'other';
    beginEndpoint(metrics, begun, endpoint, method);
    metrics.apiThrottleSeconds.inc({ host }, waitedMs / 1_000);
    metrics.apiRequests.inc({ endpoint, method, code: codeClass(status) });
    metrics.apiSeconds.observe({ endpoint }, tookMs / 1_000);
  };
}

/** 0 before it happens, so that the first refusal is an increase. */
function beginEndpoint({ apiRequests }: Metrics, begun: Set<string>, endpoint: string, method: Exchange['method']) {
  const key = `${method} ${endpoint}`;
  if (begun.has(key)) return;
  begun.add(key);
  for (const code of ['2xx', '4xx', '5xx', 'error', ...TOLD_APART.map(String)])
    apiRequests.inc({ endpoint, method, code }, 0);
}

/** Ids in a path are what makes it long and many: `/workspaces/{id}/projects`. */
function templateOf(label: string): string {
  return label.replace(/[0-9a-f]{24}/gi, '{id}').slice(0, 120);
}

const TOLD_APART = [401, 403, 404, 429];

function codeClass(status: number | undefined): string {
  if (status === undefined) return 'error';
  return TOLD_APART.includes(status) ? String(status) : `${Math.floor(status / 100)}xx`;
}

/** The same target, each of whose transactions and registry requests is counted. */
export function measureTarget(metrics: Metrics, target: Target, now: () => number): Target {
  return {
    ...target,
    sink: measuredSink(metrics, target.sink, target.membership, now),
    registry: measuredRegistry(metrics, target.registry),
  };
}

function measuredSink(
  metrics: Metrics,
  sink: TransactionalSink,
  membership: Membership,
  now: () => number,
): TransactionalSink {
  let isWell = true;
  const noted = async <T>(work: Promise<T>): Promise<T> => {
    try {
      const done = await work;
      isWell = true;
      return done;
    } catch (thrown) {
      isWell &&= !isAway(toWorkerError(thrown));
      throw thrown;
    }
  };
  metrics.kafka.isConnected = () => isWell && membership.mayCommit();
  return {
    fence: async (shard, signal) => measuredWriter(metrics, await noted(sink.fence(shard, signal)), noted, now),
    close: () => sink.close(),
  };
}

/** Fenced, or refused for good, is an answer. */
function isAway({ code }: WorkerError): boolean {
  return ['sink.unavailable', 'sink.outcome_unknown', 'sink.not_committed'].includes(code);
}

function measuredWriter(
  metrics: Metrics,
  writer: ShardWriter,
  noted: <T>(work: Promise<T>) => Promise<T>,
  now: () => number,
): ShardWriter {
  const commit = async (transaction: Transaction): Promise<void> => {
    const messages = transaction.records.length + transaction.state.length;
    const beganMs = performance.now();
    try {
      await noted(writer.commit(transaction));
    } catch (thrown) {
      metrics.transactions.inc({ result: resultOf(toWorkerError(thrown)) });
      throw thrown;
    }
    // Nothing to say is no transaction.
    if (messages === 0) return;
    metrics.transactions.inc({ result: 'committed' });
    metrics.transactionSeconds.observe((performance.now() - beganMs) / 1_000);
    metrics.kafkaMessages.inc(messages);
    metrics.lastCommit.set(now() / 1_000);
  };
  return { commit, close: () => writer.close() };
}

function resultOf({ code }: WorkerError): TransactionResult {
  if (code === 'sink.fenced') return 'fenced';
  if (code === 'sink.not_committed') return 'not_committed';
  return code === 'sink.refused' ? 'refused' : 'outcome_unknown';
}

function measuredRegistry({ registryRequests }: Metrics, registry: SchemaRegistry): SchemaRegistry {
  const counted = async <T>(operation: RegistryOperation, asked: Promise<T>): Promise<T> => {
    try {
      const answer = await asked;
      registryRequests.inc({ operation, result: 'success' });
      return answer;
    } catch (thrown) {
      registryRequests.inc({ operation, result: 'error' });
      throw thrown;
    }
  };
  return {
    register: (subject, schema, options) => counted('register', registry.register(subject, schema, options)),
    fetchSchema: (id) => counted('fetch', registry.fetchSchema(id)),
    check: (subject, schema, signal) => counted('check', registry.check(subject, schema, signal)),
    latest: (subject, signal) => counted('latest', registry.latest(subject, signal)),
  };
}
