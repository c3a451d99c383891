import { pino } from 'pino';

export type LogLevel = 'trace' | 'debug' | 'info' | 'warn' | 'error';
export type LogFields = Readonly<Record<string, unknown>>;

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

export interface LoggerOptions {
  readonly level: LogLevel;
  readonly format: 'json' | 'pretty';
  readonly secrets: readonly string[];
  readonly destination?: { write(line: string): unknown } | undefined;
}

export function createLogger({ level }: LoggerOptions): Logger {
  return pino({ level });
}
