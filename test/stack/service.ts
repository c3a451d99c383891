/** A JVM of the stack that can be paused, resumed, killed and started again on the same ports and data. */
import { readFile } from 'node:fs/promises';
import type { ProcessGroup, Program } from './process-group.ts';
import { waitUntil } from './readiness.ts';
import type { ProgramSpec } from './supervisor.ts';

/** What a test may do to a broker or registry. Each call returns when it is done and can be repeated. */
export interface Service {
  /** Stops it where it is: connections stay open, nothing is answered. */
  pause(): Promise<void>;
  /** Lets it go on, and returns when it answers. */
  resume(): Promise<void>;
  /** Ends it without a chance to write anything more. */
  kill(): Promise<void>;
  /** Starts it again where it was, and returns when it answers. */
  start(): Promise<void>;
}

const startMs = 60_000;
const shownLogLines = 25;

/** The program could not be started: `log` has its last lines. */
export class ServiceStartError extends Error {
  readonly log: string;

  constructor(message: string, log: string, options?: ErrorOptions) {
    super(log === '' ? message : `${message}; its last lines:\n${log}`, options);
    this.name = 'ServiceStartError';
    this.log = log;
  }
}

/** A service out of a program of the group; not started yet. */
export function jvmService(
  group: ProcessGroup,
  name: string,
  spec: ProgramSpec,
  ready: () => Promise<boolean>,
): Service {
  let program: Program | undefined;

  async function answers(signal?: AbortSignal): Promise<void> {
    try {
      await waitUntil(ready, { withinMs: startMs, what: name, ...(signal && { signal }) });
    } catch (error) {
      throw new ServiceStartError(error instanceof Error ? error.message : String(error), await logTail(spec.logFile), {
        cause: error,
      });
    }
  }

  return {
    async start() {
      if (program) return;
      const started = await group.spawn(spec);
      program = started;
      const died = new AbortController();
      void started.exited.then(({ code, signal }) => {
        if (program === started) program = undefined;
        died.abort(new Error(`${name} ended while it started (${signal ?? `exit ${code}`})`));
      });
      await answers(died.signal);
    },
    async pause() {
      await program?.signal('SIGSTOP');
    },
    async resume() {
      if (!program) return;
      await program.signal('SIGCONT');
      await answers();
    },
    async kill() {
      const killed = program;
      if (!killed) return;
      await killed.signal('SIGKILL');
      await killed.ended();
      program = undefined;
    },
  };
}

/** The last lines of a log file; empty when there is none. */
export async function logTail(file: string): Promise<string> {
  const text = await readFile(file, 'utf8').catch(() => '');
  return text.trimEnd().split('\n').slice(-shownLogLines).join('\n');
}
