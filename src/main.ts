#!/usr/bin/env node
import { once } from 'node:events';
import { program } from './cli/program.ts';

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
    if (!stop.signal.aborted) stoppedAtMs = Date.now();
    else if (Date.now() - stoppedAtMs > SAME_WISH_MS) process.exit(code);
    stop.abort();
  });
}

// A reader that has gone (`| head`) is no fault of ours: nothing more to say.
process.stdout.on('error', (error: NodeJS.ErrnoException) => process.exit(error.code === 'EPIPE' ? 0 : 1));

const code = await program(process.argv.slice(2), {
  out: async (line) => {
    if (!process.stdout.write(`${line}\n`)) await once(process.stdout, 'drain');
  },
  err: (line) => void process.stderr.write(`${line}\n`),
  env: process.env,
  signal: stop.signal,
});
process.exit(code);
