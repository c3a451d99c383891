import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

const MAIN = fileURLToPath(new URL('../../src/main.ts', import.meta.url));

/** Of the console: many run at once. */
const ANY_PORT = { CLOCKIFY_KAFKA_CONSOLE_PORT: '0' };

export interface Ended {
  /** Exit code; null where a signal ended it. */
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}

export interface RunOptions {
  readonly cwd?: string;
  readonly env?: Readonly<Record<string, string>>;
  /** Ends the program with SIGKILL if it takes longer; 60 s unless told. */
  readonly limitMs?: number;
  /** Told of each piece of stderr, to act on what it says. */
  readonly onErr?: (text: string, kill: (signal: NodeJS.Signals) => void) => void;
}

/** Runs the program as a black box. */
export async function runProgram(args: readonly string[], options: RunOptions = {}): Promise<Ended> {
  const { cwd, env = {}, limitMs = 60_000, onErr } = options;
  const child = spawn(process.execPath, [MAIN, ...args], {
    ...(cwd === undefined ? {} : { cwd }),
    env: { ...process.env, ...ANY_PORT, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let out = '';
  let err = '';
  child.stdout.on('data', (chunk) => (out += chunk));
  child.stderr.on('data', (chunk) => {
    err += chunk;
    onErr?.(err, (signal) => child.kill(signal));
  });
  const limit = setTimeout(() => child.kill('SIGKILL'), limitMs);
  const [code] = (await once(child, 'close')) as [number | null];
  clearTimeout(limit);
  return { code, out, err };
}
