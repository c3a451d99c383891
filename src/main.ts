#!/usr/bin/env node
import { once } from 'node:events';

const NEEDED = 24;
if (Number.parseInt(process.versions.node, 10) < NEEDED) {
  process.stderr.write(`clockify-kafka needs Node ${NEEDED} or later; this is ${process.versions.node}\n`);
  process.exit(3);
}
// Only now: an older Node would fail in what this loads, and not say why.
const { keepHeapSmall } = await import('./worker/small-heap.ts');
keepHeapSmall();
const { createScrubber } = await import('./core/scrubber.ts');
const { watchCrashes } = await import('./cli/crash.ts');
const { program } = await import('./cli/program.ts');

const secrets = createScrubber();
watchCrashes(secrets);

/** Argv in, exit code out. The first SIGINT or SIGTERM stops in order, the second at once. */
const stop = new AbortController();

/** A Ctrl-C under `npm start` comes twice at once: from the terminal, and from npm. That is one wish. */
const SAME_WISH_MS = 500;
let stoppedAtMs = 0;

for (const [signal, code] of [
  ['SIGINT', 130],
  ['SIGTERM', 143],
] as const) {
  process.on(signal, () => {
    if (!stop.signal.aborted) stoppedAtMs = performance.now();
    else if (performance.now() - stoppedAtMs > SAME_WISH_MS) process.exit(code);
    stop.abort();
  });
}

// A reader that has gone (`| head`) is no fault of ours: nothing more to say.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code === 'EPIPE') process.exit(0);
  process.stderr.write(`clockify-kafka: standard output cannot be written to: ${error.message}\n`);
  process.exit(3);
});

const surroundings = {
  out: async (line: string) => {
    if (!process.stdout.write(`${line}\n`)) await once(process.stdout, 'drain');
  },
  err: (line: string) => void process.stderr.write(`${line}\n`),
  env: process.env,
  signal: stop.signal,
  isScreen: process.stdout.isTTY === true,
};
const code = await program(process.argv.slice(2), surroundings, secrets);
process.exit(code);
