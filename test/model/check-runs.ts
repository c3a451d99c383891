import { ok } from 'node:assert/strict';
import { once } from 'node:events';
import type { TestContext } from 'node:test';
import { Worker } from 'node:worker_threads';
import type { Runs, RunsReport } from './runs-thread.ts';

/** All runs of both kinds together; `npm run test:long` asks for 20,000. */
const RUNS = Number(process.env.CLOCKIFY_KAFKA_RUNS ?? 2_000);
const THREAD = new URL('./runs-thread.ts', import.meta.url);

/** As it is printed: a seed, and where a run has failed, the path to its smallest script. */
function replayed(): { readonly seed: number; readonly path?: string } {
  const [seed, ...path] = (process.env.CLOCKIFY_KAFKA_SEED ?? String(Date.now() % 0x7fff_ffff)).split(':');
  return path.length === 0 ? { seed: Number(seed) } : { seed: Number(seed), path: path.join(':') };
}

/**
 * So many runs of scripts of one kind, a share of all; says its seed whether they pass or not.
 *
 * In a thread of their own, which the test runner does not follow: its hooks on every promise cost them a third more.
 */
export async function checkRuns(t: TestContext, scripts: Runs['scripts'], share: number): Promise<void> {
  const runs: Runs = { scripts, numRuns: Math.max(1, Math.round(RUNS * share)), ...replayed() };
  const [report] = (await once(new Worker(THREAD, { workerData: runs }), 'message')) as [RunsReport];
  const tookS = (report.tookMs / 1_000).toFixed(1);
  const days = (report.virtualMs / 86_400_000).toFixed(1);
  t.diagnostic(
    `seed ${runs.seed}: ${report.numRuns} runs in ${tookS} s, ${days} days, ${report.requests} requests, ${report.published} records`,
  );
  if (report.failure !== undefined) throw new Error(report.failure);
  ok(runs.path !== undefined || report.published > 3 * runs.numRuns, 'the laws are of something');
}
