import { WorkerError } from '../core/errors.ts';

/** One thing that is wrong in the configuration, and what would be right. Never holds a secret. */
export interface ConfigProblem {
  /** The file; for a setting from elsewhere, `environment variable X` or `flag --x`. */
  readonly file: string;
  /** From 1; 0 where there is no line (an environment variable, an unreadable file). */
  readonly line: number;
  readonly column: number;
  /** `sources[1].every`; empty for the file as a whole. */
  readonly path: string;
  readonly message: string;
  /** What would be right, one sentence; empty where the message says all. */
  readonly hint: string;
}

/** The configuration cannot be used. Code `config.invalid`; names every problem, not only the first. */
export class ConfigError extends WorkerError {
  override readonly name: string = 'ConfigError';
  readonly problems: readonly ConfigProblem[];

  constructor(problems: readonly ConfigProblem[]) {
    super('config', 'config.invalid', describe(problems));
    this.problems = problems;
  }
}

/** `file:12:3: sources[1].every: …`, with the hint on a line of its own. */
export function formatProblem({ file, line, column, path, message, hint }: ConfigProblem): string {
  const place = line === 0 ? file : `${file}:${line}:${column}`;
  const subject = path === '' ? '' : `${path}: `;
  return `${place}: ${subject}${message}${hint === '' ? '' : `\n    ${hint}`}`;
}

function describe(problems: readonly ConfigProblem[]): string {
  const count = problems.length === 1 ? '1 problem' : `${problems.length} problems`;
  return `The configuration has ${count}:\n${problems.map((problem) => `  ${formatProblem(problem)}`).join('\n')}`;
}
