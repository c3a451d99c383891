import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createWriteStream, existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const MAIN = fileURLToPath(new URL('../../src/main.ts', import.meta.url));
export const DEMO_CONFIG = fileURLToPath(new URL('../../config/demo.yaml', import.meta.url));
export const HOUR_CONFIG = fileURLToPath(new URL('../demo/hour.yaml', import.meta.url));
export const ALL_CONFIG = fileURLToPath(new URL('../../config/all.yaml', import.meta.url));
const WHOLE_LISTS_CONFIG = fileURLToPath(new URL('./whole-lists.yaml', import.meta.url));

/** Where the system has it, the worker dies with its owner, however that ends. */
const hasSetpriv =
  process.platform === 'linux' &&
  (process.env.PATH ?? '').split(delimiter).some((folder) => folder !== '' && existsSync(join(folder, 'setpriv')));
const LEASH = hasSetpriv ? ['setpriv', '--pdeathsig', 'KILL', '--'] : [];

export interface WorkerEnvironment {
  readonly clockifyUrl: string;
  /** Only where the configuration has reports. */
  readonly reportsUrl?: string;
  readonly apiKey: string;
  readonly brokers: readonly string[];
  readonly registryUrl: string;
  readonly logFile: string;
  /** Path of the configuration; whole lists, no rhythms, unless told. */
  readonly config?: string;
  readonly args?: readonly string[];
  /** Over the process's own environment. */
  readonly env?: Readonly<Record<string, string>>;
}

/** The worker as people run it: a process of its own. */
export interface WorkerProcess {
  readonly child: ChildProcess;
  /** Its exit code, or 128 and the signal's number. */
  readonly exited: Promise<number>;
  /** Signals it and waits for its end. */
  end(signal: 'SIGTERM' | 'SIGKILL'): Promise<number>;
}

export function startWorker(options: WorkerEnvironment): WorkerProcess {
  const { logFile, config = WHOLE_LISTS_CONFIG, args = [] } = options;
  const log = createWriteStream(logFile, { flags: 'a' });
  const [command, ...words] = [...LEASH, process.execPath, MAIN, 'run', '--config', config, ...args];
  const child = spawn(command as string, words, {
    stdio: ['ignore', 'ignore', 'pipe'],
    // Out of reach of the terminal's Ctrl-C: whoever started it ends it.
    detached: true,
    env: environmentOf(options),
  });
  child.stderr?.pipe(log);
  const exited = once(child, 'exit').then(
    ([code, signal]) => (code as number | null) ?? (signal === 'SIGKILL' ? 137 : 143),
  );
  const end = (signal: 'SIGTERM' | 'SIGKILL') => {
    child.kill(signal);
    return exited;
  };
  return { child, exited, end };
}

/** What a configuration finds in its environment. */
export function environmentOf(options: WorkerEnvironment): NodeJS.ProcessEnv {
  const { clockifyUrl, reportsUrl = '', apiKey, brokers, registryUrl, env = {} } = options;
  return {
    ...process.env,
    CLOCKIFY_KAFKA_CONSOLE_PORT: '0',
    CLOCKIFY_API_KEY: apiKey,
    CLOCKIFY_URL: clockifyUrl,
    CLOCKIFY_REPORTS_URL: reportsUrl,
    KAFKA_BROKERS: brokers.join(','),
    REGISTRY_URL: registryUrl,
    ...env,
  };
}
