import { inspect } from 'node:util';
import { parentPort, workerData } from 'node:worker_threads';
import fc from 'fast-check';
import { type RunReport, runScript } from './run.ts';
import { CALM, type Script, STORM } from './script.ts';

const SCRIPTS = { calm: CALM, storm: STORM } as const;

/** What the thread is given. */
export interface Runs {
  readonly scripts: keyof typeof SCRIPTS;
  readonly numRuns: number;
  readonly seed: number;
  /** To one script of the seed. */
  readonly path?: string;
}

/** What it answers. */
export interface RunsReport extends Totals {
  readonly numRuns: number;
  readonly tookMs: number;
  /** Which law was broken, by which smallest script. */
  readonly failure: string | undefined;
}

type Totals = { -readonly [K in keyof Omit<RunReport, 'log' | 'timers'>]: number };

async function check({ scripts, ...parameters }: Runs): Promise<RunsReport> {
  const totals: Totals = { requests: 0, published: 0, virtualMs: 0 };
  const beganMs = performance.now();
  const property = fc.asyncProperty(SCRIPTS[scripts], async (script) => add(totals, await runScript(script)));
  const details = await fc.check(property, parameters);
  const tookMs = performance.now() - beganMs;
  return { ...totals, numRuns: details.numRuns, tookMs, failure: details.failed ? failureOf(details) : undefined };
}

function add(totals: Totals, run: RunReport): void {
  totals.requests += run.requests;
  totals.published += run.published;
  totals.virtualMs += run.virtualMs;
}

function failureOf({
  seed,
  counterexamplePath,
  counterexample,
  numShrinks,
  errorInstance,
}: fc.RunDetails<[Script]>): string {
  return [
    errorInstance instanceof Error ? errorInstance.message : String(errorInstance),
    `replay with CLOCKIFY_KAFKA_SEED=${seed}:${counterexamplePath} (after ${numShrinks} shrinks)`,
    JSON.stringify(counterexample?.[0]),
    inspect(errorInstance),
  ].join('\n');
}

parentPort?.postMessage(await check(workerData as Runs));
