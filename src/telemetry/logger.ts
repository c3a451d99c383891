/**
 * The log. Data in: fields and a sentence. Data out: one line each on stderr (stdout is for data), with an `event` code
 * that stays, and without any known secret, wherever in the line it stands (P7).
 */
import { destination as fileDestination, pino, stdSerializers, stdTimeFunctions } from 'pino';
import { createScrubber, type Scrubber } from '../core/scrubber.ts';
import { prettyLine } from './pretty.ts';

export type LogLevel = 'trace' | 'debug' | 'info' | 'warn' | 'error';
type LogFields = Readonly<Record<string, unknown>>;

/** Log fields first, then a sentence: `log.info({ event: 'worker.started' }, 'The worker has started')`. */
export interface Logger {
  trace(fields: LogFields, message?: string): void;
  debug(fields: LogFields, message?: string): void;
  info(fields: LogFields, message?: string): void;
  warn(fields: LogFields, message?: string): void;
  error(fields: LogFields, message?: string): void;
  /** A logger that adds these fields to every line. */
  child(fields: LogFields): Logger;
}

/** The logger that all others come from. */
export interface RootLogger extends Logger {
  /** For this one and all that came from it. */
  setLevel(level: LogLevel): void;
}

export interface LoggerOptions {
  readonly level: LogLevel;
  readonly format: 'json' | 'pretty';
  /** Taken out of every line. */
  readonly secrets: readonly string[] | Scrubber;
  /** Takes whole lines; stderr by default. */
  readonly destination?: { write(line: string): unknown } | undefined;
  /** Of `pretty`; false by default. */
  readonly colour?: boolean | undefined;
}

/** An error belongs under `err`, where its cause and its code are written too. */
export function createLogger({ level, format, secrets, destination, colour = false }: LoggerOptions): RootLogger {
  const target = destination ?? fileDestination({ fd: 2, sync: true });
  const scrub = typeof secrets === 'function' ? secrets : createScrubber(secrets);
  const write = (line: string): void => {
    const safe = scrub.json(line);
    target.write(format === 'pretty' ? prettyLine(safe, colour) : safe);
  };
  const all: { level: string }[] = [];
  const root = pino(
    {
      level,
      base: null,
      onChild: (child) => void all.push(child),
      timestamp: stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
      serializers: { err: stdSerializers.errWithCause, error: stdSerializers.errWithCause },
    },
    { write },
  );
  all.push(root);
  const setLevel = (next: LogLevel) => {
    for (const logger of all) logger.level = next;
  };
  return Object.assign(root, { setLevel });
}
