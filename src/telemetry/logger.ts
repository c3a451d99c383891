/**
 * The log. Data in: fields and a sentence. Data out: one line each on stderr (stdout is for data), with an `event` code
 * that stays, and without any known secret, wherever in the line it stands (P7).
 */
import { destination as fileDestination, pino, stdSerializers, stdTimeFunctions } from 'pino';
import { prettyLine } from './pretty.ts';
import { createScrubber, type Scrubber } from './scrubber.ts';

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
    const safe = scrubLine(line, scrub);
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

/** Through the parsed line, so that it stays JSON even where a secret is a number, a key or half an escape. */
function scrubLine(line: string, scrub: (text: string) => string): string {
  if (scrub(line) === line) return line;
  return `${JSON.stringify(scrubValue(JSON.parse(line), scrub))}\n`;
}

function scrubValue(value: unknown, scrub: (text: string) => string): unknown {
  if (typeof value === 'string') return scrub(value);
  if (typeof value === 'number') return scrub(String(value)) === String(value) ? value : scrub(String(value));
  if (Array.isArray(value)) return value.map((item) => scrubValue(item, scrub));
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).map(([key, item]) => [scrub(key), scrubValue(item, scrub)]);
  return Object.fromEntries(entries);
}
