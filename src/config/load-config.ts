import type { Config, SinkName, TemplateInfo } from './config.ts';
import { ConfigError, type ConfigProblem } from './problem.ts';

export interface LoadOptions {
  readonly file: string;
  /** `process.env`, or less. */
  readonly env: Readonly<Record<string, string | undefined>>;
  /** From flags: they win over the environment, which wins over the file. */
  readonly overrides?: { readonly sink?: SinkName | undefined; readonly shards?: string | undefined } | undefined;
  readonly templates: readonly TemplateInfo[];
  /** Text of a file, for the file itself, `${file:…}` and `*_FILE`. */
  readonly readFile?: ((path: string) => string) | undefined;
}

export interface LintResult {
  /** Undefined where there is a problem. */
  readonly config: Config | undefined;
  readonly problems: readonly ConfigProblem[];
  readonly warnings: readonly ConfigProblem[];
}

/**
 * The configuration, complete.
 *
 * @throws {ConfigError} `config.invalid` with all problems
 */
export function loadConfig(options: LoadOptions): Config {
  const { config, problems } = lintConfig(options);
  if (config === undefined) throw new ConfigError(problems);
  return config;
}

/** The same, told instead of thrown, with warnings: what works but should not be so. */
export function lintConfig(_options: LoadOptions): LintResult {
  throw new Error('not yet');
}
