import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { globSync } from 'node:fs';
import { resolve } from 'node:path';
import { run } from 'node:test';
import { spec } from 'node:test/reporters';
import { startStack } from '../stack/stack.ts';

/**
 * Runs the whole suite: one Kafka and registry for all test files, each file in a process of its own, three at a time.
 * Arguments are file patterns; without any, everything but what is run by hand.
 */
const ALL = ['test/{unit,property,conformance,model,integration,e2e,chaos}/**/*.test.ts'];

/**
 * The random histories, which only compute, run beside what mostly waits for brokers; what is short is left for the end.
 * `node --test` would sort by name, and for minutes at either end one core would have nothing to do.
 */
const ORDER = [/\/model\/storm/, /\/(integration|chaos)\//, /\/(e2e|model)\//];
/** On two cores: one of three waits most of the time. */
const CONCURRENCY = 3;

const TELL_EVERY_MS = 30_000;
/** Results come in the order of the files, the longest of which takes four minutes: after so long one hangs. */
const HANGS_AFTER_MS = 8 * 60_000;

const rankOf = (file: string): number => {
  const rank = ORDER.findIndex((pattern) => pattern.test(file));
  return rank < 0 ? ORDER.length : rank;
};

const patterns = process.argv.slice(2);
const files = globSync(patterns.length > 0 ? patterns : ALL)
  .sort()
  .sort((a, b) => rankOf(a) - rankOf(b));
if (files.length === 0) {
  process.stderr.write(`no test file matches ${patterns.join(' ')}\n`);
  process.exit(2);
}

// The modules of a worker are kept compiled where one ends by itself, which those that are killed do not.
const compiled = once(spawn(process.execPath, ['src/main.ts', '--version'], { stdio: 'ignore' }), 'exit');
const [stack] = await Promise.all([startStack({ log: (line) => process.stderr.write(`${line}\n`) }), compiled]);
process.env.CLOCKIFY_KAFKA_TEST_BROKERS = stack.brokers.join(',');
process.env.CLOCKIFY_KAFKA_TEST_REGISTRY = stack.registryUrl;

const stop = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => stop.abort());
const beganMs = performance.now();
let toldMs = beganMs;
const left = new Set(files.map((file) => resolve(file)));
let passed = false;
const events = run({ files, concurrency: CONCURRENCY, signal: stop.signal });
events.on('test:summary', ({ file, success }) => {
  if (file === undefined) {
    passed = success;
    return;
  }
  left.delete(file);
  toldMs = performance.now();
});
const teller = setInterval(() => {
  const nowMs = performance.now();
  const seconds = Math.round((nowMs - beganMs) / 1_000);
  process.stderr.write(`${seconds} s: results of ${files.length - left.size} of ${files.length} test files\n`);
  if (nowMs - toldMs <= HANGS_AFTER_MS || stop.signal.aborted) return;
  process.stderr.write(`no results for ${HANGS_AFTER_MS / 1_000} s; left: ${[...left].join(', ')}\n`);
  stop.abort();
}, TELL_EVERY_MS);
events.compose(new spec()).pipe(process.stdout);
await once(events, 'end');
clearInterval(teller);
await stack.stop();
process.exitCode = passed ? 0 : 1;
