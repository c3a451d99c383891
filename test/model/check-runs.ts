import { ok } from 'node:assert/strict';
import type { TestContext } from 'node:test';
import fc from 'fast-check';
import { type RunReport, runScript } from './run.ts';
import type { Script } from './script.ts';

/** All runs of both kinds together; `npm run test:long` asks for 20,000. */
const RUNS = Number(process.env.CLOCKIFY_KAFKA_RUNS ?? 2_000);

/** As it is printed: a seed, and where a run has failed, the path to its smallest script. */
function replayed(): { readonly seed: number; readonly path?: string } {
  const [seed, ...path] = (process.env.CLOCKIFY_KAFKA_SEED ?? String(Date.now() % 0x7fff_ffff)).split(':');
  return path.length === 0 ? { seed: Number(seed) } : { seed: Number(seed), path: path.join(':') };
}

/** So many runs of scripts of one kind, a share of all; says its seed whether they pass or not. */
export async function checkRuns(t: TestContext, scripts: fc.Arbitrary<Script>, share: number): Promise<void> {
  const numRuns = Math.max(1, Math.round(RUNS * share));
  const { seed, path } = replayed();
  const total = { requests: 0, published: 0, virtualMs: 0 };
  const startedAtMs = performance.now();
  const property = fc.asyncProperty(scripts, async (script) => add(total, await runScript(script)));
  const details = await fc.check(property, { numRuns, seed, ...(path === undefined ? {} : { path }) });
  const tookS = ((performance.now() - startedAtMs) / 1_000).toFixed(1);
  const days = (total.virtualMs / 86_400_000).toFixed(1);
  t.diagnostic(
    `seed ${seed}: ${details.numRuns} runs in ${tookS} s, ${days} days, ${total.requests} requests, ${total.published} records`,
  );
  if (details.failed) throw new Error(failureOf(details), { cause: details.errorInstance });
  ok(path !== undefined || total.published > 3 * numRuns, 'the laws are of something');
}

function add(total: { -readonly [K in keyof Omit<RunReport, 'log' | 'timers'>]: number }, run: RunReport): void {
  total.requests += run.requests;
  total.published += run.published;
  total.virtualMs += run.virtualMs;
}

function failureOf({
  seed,
  counterexamplePath,
  counterexample,
  numShrinks,
  errorInstance,
}: fc.RunDetails<[Script]>): string {
  const said = errorInstance instanceof Error ? errorInstance.message : String(errorInstance);
  return [
    said,
    `replay with CLOCKIFY_KAFKA_SEED=${seed}:${counterexamplePath} (after ${numShrinks} shrinks)`,
    JSON.stringify(counterexample?.[0]),
  ].join('\n');
}
