import { type ParseArgsOptionsConfig, parseArgs } from 'node:util';
import type { Format } from '../config/format.ts';
import { WorkerError } from '../core/errors.ts';
import type { Scrubber } from '../core/scrubber.ts';

/** What the program has around it. Data goes to `out`, everything for people to `err`. */
export interface Surroundings {
  readonly out: (line: string) => void | Promise<void>;
  readonly err: (line: string) => void;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Aborts at the first SIGINT or SIGTERM. */
  readonly signal: AbortSignal;
  /** Asks a person; left out, the terminal itself is asked, where there is one. */
  readonly ask?: Ask | undefined;
  /** Whether `out` is a screen that a person looks at. */
  readonly isScreen?: boolean | undefined;
}

/** The same for a command: no secret passes `out` and `err` (P7), as soon as the configuration is read. */
export interface Terminal extends Surroundings {
  /** `out` as it is, for what holds no key because no answer does (`clockify/echo.ts`): the many lines of the records. */
  readonly data: Surroundings['out'];
  /** Whoever reads a secret tells it here. */
  readonly secrets: Scrubber;
}

/** One question, one line; empty for the default. */
export type Ask = (question: string) => Promise<string>;

/** One command of the program. */
export interface Command {
  readonly name: string;
  readonly summary: string;
  /** How it is called, without the program's name. */
  readonly usage: string;
  readonly examples: readonly string[];
  /** How many words may stand beside the options; one unless told. */
  readonly takes?: number;
  readonly options: Readonly<Record<string, Option>>;
  readonly run: (call: Invocation, terminal: Terminal) => Promise<number>;
}

export interface Option {
  readonly type: 'string' | 'boolean';
  readonly short?: string;
  /** May be given several times: its value is a list. */
  readonly multiple?: boolean;
  /** What stands for the value in the help. */
  readonly value?: string;
  readonly says: string;
  /** What a value has to be; left out, any text is one (a name of a file). Refused before the command begins. */
  readonly reads?: Format<unknown>;
}

export interface Invocation {
  readonly flags: Readonly<Record<string, string | boolean | readonly string[] | undefined>>;
  readonly positionals: readonly string[];
}

/** 0 stopped in order, 1 failure, 2 bad usage or configuration, 3 the environment. */
export const EXIT = { ok: 0, failure: 1, usage: 2, environment: 3 } as const;

const ENVIRONMENT_CODES = new Set(['discovery.empty', 'simulator.port', 'console.port']);

export function exitCodeOf(error: WorkerError): number {
  if (error.code.endsWith('.unavailable') || ENVIRONMENT_CODES.has(error.code)) return EXIT.environment;
  if (error.kind === 'config') return EXIT.usage;
  return error.code.startsWith('clockify.') ? EXIT.environment : EXIT.failure;
}

/** @throws {WorkerError} config `cli.usage` for an unknown or incomplete option, or a value that it does not take */
export function parse(command: Command, args: readonly string[]): Invocation {
  const options: ParseArgsOptionsConfig = { help: { type: 'boolean', short: 'h' } };
  for (const [name, { type, short, multiple = false }] of Object.entries(command.options)) {
    options[name] = short === undefined ? { type, multiple } : { type, multiple, short };
  }
  try {
    const { values, positionals } = parseArgs({ args: [...args], options, allowPositionals: true, strict: true });
    const surplus = positionals[command.takes ?? 1];
    if (surplus !== undefined) throw usageError(command, `${command.name} does not know what to do with "${surplus}"`);
    checkValues(command, values as Invocation['flags']);
    return { flags: values as Invocation['flags'], positionals };
  } catch (thrown) {
    if (thrown instanceof WorkerError) throw thrown;
    throw usageError(command, thrown instanceof Error ? thrown.message.split(/\.\s/)[0] : String(thrown));
  }
}

function checkValues(command: Command, flags: Invocation['flags']): void {
  for (const [name, { reads }] of Object.entries(command.options)) {
    for (const given of [flags[name] ?? []].flat()) {
      const refusal = reads?.read(given).refusal;
      if (refusal !== undefined) throw usageError(command, `--${name} ${refusal.message}`, refusal.hint);
    }
  }
}

/** @param hint what would be right, as sentences */
export function usageError(
  command: Pick<Command, 'name' | 'usage'>,
  message: string | undefined,
  hint?: string,
): WorkerError {
  const usage = `Usage: clockify-kafka ${command.usage}. More: clockify-kafka ${command.name} --help`;
  return new WorkerError('config', 'cli.usage', message ?? 'wrong usage', {
    hint: hint === undefined ? usage : `${hint} ${usage}`,
  });
}

/** A string option, if it was given. */
export function text({ flags }: Invocation, name: string): string | undefined {
  const value = flags[name];
  return typeof value === 'string' ? value : undefined;
}

/** A number whose option has a format that takes nothing else, or the default. */
export function number(call: Invocation, name: string, otherwise: number): number {
  const given = text(call, name);
  return given === undefined ? otherwise : Number(given);
}
