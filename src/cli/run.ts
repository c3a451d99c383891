import type { Config } from '../config/config.ts';
import { type RotationWatch, watchSecrets } from '../config/rotation.ts';
import type { WorkerError } from '../core/errors.ts';
import type { Scrubber } from '../core/scrubber.ts';
import { createLogger, type Logger, type RootLogger } from '../telemetry/logger.ts';
import { type OpenOperations, openOperations } from '../worker/operations.ts';
import { type WireOptions, wire } from '../worker/wire.ts';
import { runWorker, type WorkerEnd } from '../worker/worker.ts';
import { type Command, EXIT, exitCodeOf, type Terminal } from './command.ts';
import { CONFIG_OPTIONS, LOG_OPTIONS, loadOptions, readConfig, SINK_OPTIONS } from './config-options.ts';
import { version } from './version.ts';

export const run: Command = {
  name: 'run',
  summary: 'Polls Clockify and publishes what changed, until it is stopped',
  usage: 'run [--once] [--config FILE] [--sink kafka|stdout|file] [--shards LIST] [--log-format json|pretty]',
  takes: 0,
  examples: [
    'clockify-kafka run --config clockify-kafka.yaml',
    'clockify-kafka run --once --sink stdout    # one sweep of everything, as JSON lines, without a broker',
    'clockify-kafka run --shards 0-11           # a fixed part of the work, for a StatefulSet',
  ],
  options: {
    ...CONFIG_OPTIONS,
    ...SINK_OPTIONS,
    ...LOG_OPTIONS,
    once: { type: 'boolean', says: 'end after one complete sweep of everything' },
  },
  run: async (call, terminal) => {
    const config = readConfig(call, terminal);
    const { secrets } = terminal;
    const logger = createLogger({ ...config.log, secrets });
    const { keyOf, access } = watchSecrets(loadOptions(call, terminal), config, watchOf(logger, secrets));
    return runUntilStopped({ config, logger, secrets, once: call.flags.once === true, keyOf, access }, terminal);
  },
};

/** So long may stopping take; what is unfinished then was never visible, and the next start knows. */
const STOP_WITHIN_MS = 9_000;

function watchOf(logger: Logger, secrets: Scrubber): RotationWatch {
  return {
    now: () => performance.now(),
    onRotated: ({ credentials, settings, secrets: all }) => {
      secrets.learn(all);
      const names = [...credentials.map((name) => `the API key of ${name}`), ...settings];
      logger.info({ event: 'secret.rotated', credentials, settings }, `replaced: ${names.join(', ')}`);
    },
    onFault: (message) =>
      logger.warn(
        { event: 'secret.not_rotated' },
        `a file with a secret has changed, and the old ones stay: ${message}`,
      ),
  };
}

interface Run extends Pick<WireOptions, 'config' | 'once' | 'keyOf' | 'access'> {
  readonly logger: RootLogger;
  readonly secrets: Scrubber;
}

async function runUntilStopped(run: Run, terminal: Terminal): Promise<number> {
  const { config, logger, once } = run;
  const { signal } = terminal;
  logger.info(
    { event: 'worker.starting', app: config.app, sink: config.sink, sources: config.sources.map(({ name }) => name) },
    'the worker starts',
  );
  signal.addEventListener('abort', () => endAnyway(logger), { once: true });
  const operations = once ? undefined : await openOperations({ ...run, version: version(), signal });
  try {
    const end = await runWired(run, terminal, operations);
    const code = end === undefined ? EXIT.ok : exitCodeAt(end, once, config);
    return code === EXIT.ok ? stoppedInOrder(logger) : code;
  } finally {
    await operations?.close();
  }
}

/** Undefined where it was stopped before it had begun. */
async function runWired(
  run: Run,
  { data, signal }: Terminal,
  operations: OpenOperations | undefined,
): Promise<WorkerEnd | undefined> {
  const parts = await wire({ ...run, out: data, signal, operations }).catch((error: unknown) => {
    if (!signal.aborted) throw error;
  });
  return parts === undefined ? undefined : runWorker(parts, signal);
}

function stoppedInOrder(logger: Logger): number {
  logger.info({ event: 'worker.stopped' }, 'the worker has stopped in order');
  return EXIT.ok;
}

function endAnyway(logger: Logger): void {
  setTimeout(() => {
    logger.warn(
      { event: 'worker.cut_short' },
      'stopping took too long; an open transaction is left for the broker to abort',
    );
    process.exit(EXIT.ok);
  }, STOP_WITHIN_MS).unref();
}

/** In order is 0; `once` answers for every slice, and a worker whose every source has stopped has failed. */
function exitCodeAt({ stopped, partial }: WorkerEnd, once: boolean, config: Config): number {
  const failed: readonly WorkerError[] = once ? [...stopped, ...partial] : stopped;
  const first = failed[0];
  if (first === undefined || (!once && stopped.length < config.sources.length)) return EXIT.ok;
  return exitCodeOf(first);
}
