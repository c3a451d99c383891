import type { Counts } from '../pipeline/counts.ts';
import type { Slice } from '../pipeline/ports.ts';
import type { SliceEvent } from '../pipeline/sweep.ts';
import { createMetrics, type Metrics, type PollResult } from '../telemetry/metrics.ts';
import type { Report, WorkerEvent } from './events.ts';
import type { SourceStatus, StatusKeeper, WorkerStatus } from './status.ts';

type SliceTold = Extract<WorkerEvent, { readonly slice: Slice }>;

interface MeasureOptions {
  readonly version: string;
  readonly sources: readonly { readonly name: string; readonly everyMs: number }[];
  readonly status: Pick<StatusKeeper, 'snapshot'>;
  readonly now: () => number;
}

/** Events as metrics: counters go up once a page, gauges are taken from the status when somebody asks. */
export function createMeasure({ version, sources, status, now }: MeasureOptions) {
  const refresh = () => take(metrics, status.snapshot(0));
  const metrics = createMetrics({ version, sources, refresh });
  const names = new Set(sources.map(({ name }) => name));
  const measure: Report = (event) => {
    if (event.type === 'shard-failed') metrics.shardFailures.inc();
    if (!('slice' in event)) return;
    const source = event.slice.id.split('/')[0] ?? '';
    if (names.has(source)) measureSlice(metrics, source, event, now);
  };
  return { measure, text: metrics.text };
}

function measureSlice(metrics: Metrics, source: string, event: SliceTold, now: () => number): void {
  switch (event.type) {
    case 'page':
    case 'settled':
      count(metrics, source, event.counts);
      break;
    case 'sweep':
      endSweep(metrics, source, event);
      break;
    case 'retry':
      metrics.pageRetries.inc({ source });
      break;
    case 'slice-begun':
      metrics.lastAttempt.set({ source }, now() / 1_000);
      break;
  }
}

function count(metrics: Metrics, source: string, counts: Counts): void {
  metrics.read.inc({ source }, counts.extracted);
  metrics.unchanged.inc({ source }, counts.unchanged);
  metrics.superseded.inc({ source }, counts.superseded);
  metrics.repeated.inc({ source }, counts.repeated);
  metrics.deadLettered.inc({ source }, counts.deadLettered);
  for (const op of ['r', 'c', 'u', 'd'] as const) metrics.published.inc({ source, op }, counts.published[op]);
  let unknown = 0;
  for (const seen of counts.unknownFields.values()) unknown += seen;
  metrics.unknownFields.inc({ source }, unknown);
}

function endSweep(metrics: Metrics, source: string, event: Extract<SliceEvent, { readonly type: 'sweep' }>): void {
  metrics.polls.inc({ source, result: resultOf(event) });
  metrics.pollDuration.observe({ source }, event.tookMs / 1_000);
}

function resultOf(event: Extract<SliceEvent, { readonly type: 'sweep' }>): PollResult {
  if (event.outcome === 'complete') return 'success';
  return event.error.code === 'clockify.rate_limited' ? 'rate_limited' : 'error';
}

function take(metrics: Metrics, { ready, shards, sources, budgets }: WorkerStatus): void {
  metrics.ready.set(ready ? 1 : 0);
  metrics.shardsAssigned.set(shards.assigned?.length ?? 0);
  metrics.shardsOpen.set(shards.open.length);
  const least = budgets.reduce((left, budget) => Math.min(left, budget.left), Number.POSITIVE_INFINITY);
  metrics.budgetLeft.set(budgets.length === 0 ? Number.NaN : least);
  for (const source of sources) takeSource(metrics, source);
}

function takeSource(metrics: Metrics, status: SourceStatus): void {
  const { source, firstLoad, reconcile } = status;
  metrics.sourceStopped.set({ source }, status.state === 'stopped' ? 1 : 0);
  metrics.lastSuccess.set({ source }, (status.lastCompleteAtMs ?? 0) / 1_000);
  metrics.nextPoll.set({ source }, (status.nextPollAtMs ?? 0) / 1_000);
  metrics.guarded.set({ source }, status.guarded);
  metrics.firstLoad.set({ source }, ratio(firstLoad));
  metrics.firstLoadRemaining.set({ source }, (firstLoad.remainingMs ?? Number.NaN) / 1_000);
  metrics.reconcile.set({ source }, reconcile === undefined ? Number.NaN : ratio(reconcile));
}

function ratio({ done, of }: { readonly done: number; readonly of: number }): number {
  return of === 0 ? 0 : done / of;
}
