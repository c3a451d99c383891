import type { Config } from '../config/config.ts';
import type { ConsolePort } from '../console/routes.ts';
import { type Console, openConsole } from '../console/server.ts';
import { WorkerError } from '../core/errors.ts';
import { instantMs } from '../core/instant.ts';
import type { Scrubber } from '../core/scrubber.ts';
import type { LogLevel, RootLogger } from '../telemetry/logger.ts';
import { createMetrics, type Metrics } from '../telemetry/metrics.ts';
import type { Control } from './control.ts';
import type { Report } from './events.ts';
import { measureEvents } from './measure.ts';
import { measuredOf, measureState } from './measure-state.ts';
import { createStatus, type StatusKeeper } from './status.ts';

/** What people see of a worker, and do with it, from before it is wired until it has ended. */
export interface Operations {
  readonly status: StatusKeeper;
  /** Called once, when there is something to command. */
  attach(control: Control, budgets: Parameters<StatusKeeper['attach']>[1]): void;
  readonly metrics: Metrics;
  /** Counts what happens. */
  readonly measure: Report;
}

export interface OperationsOptions {
  readonly config: Config;
  readonly logger: RootLogger;
  /** Knows every secret. */
  readonly secrets: Scrubber;
  readonly version: string;
  readonly signal: AbortSignal;
}

export type OpenOperations = Operations & Pick<Console, 'url' | 'close'>;

/** @throws {WorkerError} config `console.port` */
export async function openOperations(options: OperationsOptions): Promise<OpenOperations> {
  const { config, version, secrets } = options;
  const sources = config.sources.map(({ name, topic }) => ({ name, topic }));
  const { app, kafka } = config;
  const status = createStatus({ app, version, shardCount: kafka.shards, sources, now: Date.now, secrets });
  let control: Control | undefined;
  const metrics = createMetrics(measuredOf(config, version, Date.now()));
  const operations: Operations = {
    status,
    metrics,
    attach: (made, budgets) => {
      control = made;
      status.attach(made, budgets);
    },
    measure: measureEvents(metrics, config.sources, Date.now),
  };
  const port: ConsolePort = {
    version: () => ({ name: 'clockify-kafka', version, node: process.version }),
    isStarted: () => status.isStarted(),
    readiness: () => status.readiness(),
    status: (slices, samples) => status.snapshot(slices, samples),
    metrics: () => textOf(metrics, status),
    commands: COMMANDS,
    command: (name, given) => command(name, given, control, options),
  };
  const console = await openConsole(port, { ...config.console, scrub: secrets.json });
  options.logger.info({ event: 'console.listening', url: console.url }, `status and control on ${console.url}`);
  return Object.assign(operations, console);
}

async function textOf(metrics: Metrics, status: StatusKeeper) {
  measureState(metrics, status.snapshot(0), status.freshness());
  return { contentType: metrics.registry.contentType, text: await metrics.registry.metrics() };
}

const COMMANDS = {
  pause: ['source'],
  resume: ['source'],
  poll: ['source', 'workspace'],
  resync: ['source', 'workspace', 'from', 'to'],
  'confirm-deletes': ['source'],
  'log-level': ['level'],
} as const;

const LEVELS: readonly LogLevel[] = ['trace', 'debug', 'info', 'warn', 'error'];

async function command(
  name: string,
  given: Readonly<Record<string, string>>,
  control: Control | undefined,
  { logger, signal }: OperationsOptions,
): Promise<object> {
  logger.info({ event: 'control.command', command: name, given }, `${name} is asked for`);
  if (name === 'log-level') return setLevel(given.level ?? '', logger);
  if (control === undefined) {
    throw new WorkerError('transient', 'control.too_early', 'the worker is not ready to be commanded yet');
  }
  const { source = '', workspace } = given;
  switch (name) {
    case 'pause':
      return control.pause(source);
    case 'resume':
      return control.resume(source);
    case 'poll':
      return control.poll(source, workspace);
    case 'confirm-deletes':
      return control.confirmDeletes(source);
    default:
      return control.resync(source, { workspace, ...rangeOf(given) }, signal).catch((thrown: unknown) => {
        if (!signal.aborted) throw thrown;
        throw new WorkerError('transient', 'control.stopping', 'the worker stops; only a part was published', {
          hint: 'Say it again once it runs.',
        });
      });
  }
}

function setLevel(level: string, logger: RootLogger): object {
  const known = LEVELS.find((each) => each === level);
  if (known === undefined) {
    throw new WorkerError('config', 'control.no_level', `there is no log level ${level}`, { hint: LEVELS.join(', ') });
  }
  logger.setLevel(known);
  return { level: known };
}

function rangeOf({ from, to }: Readonly<Record<string, string>>) {
  const range = { fromMs: instantOf(from), toMs: instantOf(to) };
  if (range.fromMs !== undefined && range.toMs !== undefined && range.fromMs >= range.toMs) {
    throw new WorkerError('config', 'control.no_range', 'the range ends before it begins');
  }
  return range;
}

function instantOf(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const ms = instantMs(text);
  if (ms !== undefined) return ms;
  throw new WorkerError('config', 'control.no_instant', `${text} is no instant`, {
    hint: 'A date, as 2026-01-31, or an instant with its zone, as 2026-01-31T08:00:00Z.',
  });
}
