import type { Config } from '../config/config.ts';
import type { SourceConfig } from '../config/source-config.ts';
import type { Metrics, MetricsOptions } from '../telemetry/metrics.ts';
import { intervalMs } from './next-run.ts';
import type { WorkerStatus } from './status.ts';
import { type Freshness, LIST_RHYTHM } from './status-freshness.ts';
import type { Progress } from './status-progress.ts';
import type { SourceStatus } from './status-source.ts';

/** What is a state and no event, read from the worker's status each time that somebody asks for the metrics. */
export function measureState(metrics: Metrics, status: WorkerStatus, freshness: readonly Freshness[]): void {
  metrics.ready.set(status.ready ? 1 : 0);
  metrics.shardsAssigned.set(status.shards.assigned?.length ?? 0);
  metrics.shardsOpen.set(status.shards.open.length);
  metrics.stateBytes.set(status.shards.stateBytes);
  for (const source of status.sources) measureSource(metrics, source);
  for (const gauge of [metrics.lastSuccess, metrics.nextPoll, metrics.slices, metrics.slicesSweeping]) gauge.reset();
  for (const each of status.sources) metrics.slices.set({ source: each.source }, each.sliceCount);
  for (const each of status.sources) metrics.slicesSweeping.set({ source: each.source }, 0);
  for (const each of freshness) measureFreshness(metrics, each);
  measureBudgets(metrics, status.budgets);
}

function measureSource(metrics: Metrics, { source, ...told }: SourceStatus): void {
  metrics.sourcePaused.set({ source }, told.paused ? 1 : 0);
  metrics.guardedDeletes.set({ source }, told.guarded);
  metrics.stateEntities.set({ source }, told.entities);
  measureProgress(metrics.loadRatio, metrics.loadRemaining, source, told.firstLoad);
  measureProgress(metrics.reconcileRatio, metrics.reconcileRemaining, source, told.reconcile);
}

type Gauges = Metrics['loadRatio'];

/** A series is there as long as there is something to say: no slice of the source may be this worker's. */
function measureProgress(ratio: Gauges, remaining: Gauges, source: string, progress: Progress | undefined): void {
  ratio.remove({ source });
  remaining.remove({ source });
  if (progress === undefined || progress.of === 0) return;
  ratio.set({ source }, progress.done / progress.of);
  const remainingMs = progress.isDone ? 0 : progress.remainingMs;
  if (remainingMs !== undefined) remaining.set({ source }, remainingMs / 1_000);
}

function measureFreshness(metrics: Metrics, { source, rhythm, behindMs, dueAtMs, sweeping }: Freshness): void {
  metrics.lastSuccess.set({ source, rhythm }, behindMs / 1_000);
  metrics.slicesSweeping.inc({ source }, sweeping);
  if (dueAtMs !== undefined) metrics.nextPoll.set({ source, rhythm }, dueAtMs / 1_000);
}

/** A workspace's budget is named by its id, which is no label: the tightest of each kind speaks for them. */
function measureBudgets({ budgetLeft, budgetLimit, budgetHeld }: Metrics, budgets: WorkerStatus['budgets']): void {
  const tightest = new Map<string, WorkerStatus['budgets'][number]>();
  const held = new Map<string, number>();
  for (const each of budgets) {
    const kind = each.budget.split('/', 1)[0] ?? '';
    const known = tightest.get(kind);
    if (known === undefined || each.left * known.limit < known.left * each.limit) tightest.set(kind, each);
    held.set(kind, Math.max(held.get(kind) ?? 0, each.heldForMs));
  }
  for (const [budget, { left, limit }] of tightest) {
    budgetLeft.set({ budget }, left);
    budgetLimit.set({ budget }, limit);
    budgetHeld.set({ budget }, (held.get(budget) ?? 0) / 1_000);
  }
}

/** The series that a configuration has from the start. */
export function measuredOf({ sources, kafka }: Config, version: string, nowMs: number): MetricsOptions {
  const measured = sources.map((source) => ({ source: source.name, rhythms: rhythmsOf(source, nowMs) }));
  return { version, node: process.version, shards: kafka.shards, sources: measured };
}

function rhythmsOf({ schedule, everyMs, rhythms }: SourceConfig, nowMs: number) {
  const own = schedule ?? { type: 'every', everyMs };
  const ownMs = own.type === 'once' ? undefined : intervalMs(own, nowMs);
  if (rhythms === undefined) return [{ rhythm: LIST_RHYTHM, intervalSeconds: secondsOf(ownMs) }];
  const { runningMs, changesMs, recentMs, reconcile } = rhythms;
  return [
    ...(runningMs === undefined ? [] : [{ rhythm: 'running', intervalSeconds: secondsOf(runningMs) }]),
    ...(changesMs === undefined ? [] : [{ rhythm: 'changes', intervalSeconds: secondsOf(changesMs) }]),
    ...(recentMs === undefined ? [] : [{ rhythm: 'recent', intervalSeconds: secondsOf(ownMs) }]),
    ...(reconcile === undefined ? [] : [{ rhythm: 'reconcile', intervalSeconds: secondsOf(reconcile.everyMs) }]),
  ];
}

function secondsOf(ms: number | undefined): number | undefined {
  return ms === undefined ? undefined : ms / 1_000;
}
