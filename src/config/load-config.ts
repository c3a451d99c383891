import { readFileSync } from 'node:fs';
import type { Config, SinkName } from './config.ts';
import { readCredentials } from './credentials.ts';
import { readDocument } from './document.ts';
import { type Judges, LENIENT } from './judges.ts';
import { ConfigError, type ConfigProblem } from './problem.ts';
import { processConfig } from './process-config.ts';
import { type Flags, readSettings } from './process-settings.ts';
import { type Outside, reasonOf } from './references.ts';
import { createReport, type Report } from './report.ts';
import { checkTogether } from './settings-together.ts';
import { readSources } from './sources.ts';
import type { Hosts } from './step-url.ts';
import type { TemplateInfo } from './template-info.ts';
import { type MapNode, NOWHERE, type Node, some } from './tree.ts';

/** Settings that a command line gives, as text. */
interface Overrides {
  readonly sink?: SinkName | undefined;
  readonly shards?: string | undefined;
  readonly logLevel?: string | undefined;
  readonly logFormat?: string | undefined;
}

export interface LoadOptions {
  readonly file: string;
  /** `process.env`, or less. */
  readonly env: Readonly<Record<string, string | undefined>>;
  /** From flags: they win over the environment, which wins over the file. */
  readonly overrides?: Overrides | undefined;
  readonly templates: readonly TemplateInfo[];
  /** Left out: what they would say shows when the source is polled. */
  readonly judges?: Partial<Judges> | undefined;
  /** Text of a file, for the configuration itself, `${file:…}` and `*_FILE`. Throws where there is none. */
  readonly readFile?: ((path: string) => string) | undefined;
}

export interface LintResult {
  /** Undefined where there is a problem. */
  readonly config: Config | undefined;
  readonly problems: readonly ConfigProblem[];
  /** What works but should not be so. */
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

/** The same, told instead of thrown, with warnings. */
export function lintConfig(options: LoadOptions): LintResult {
  const outside: Outside = { env: options.env, readFile: options.readFile ?? readText };
  const report = createReport(options.file);
  const text = readConfigFile(options.file, outside, report);
  const root = text === undefined ? undefined : readDocument(text, options.file, outside, report);
  const config = root === undefined ? undefined : assemble(root, options, outside, report);
  const { problems, warnings } = report;
  return {
    config: problems.length === 0 ? config : undefined,
    problems: inOrder(problems),
    warnings: inOrder(warnings),
  };
}

function assemble(root: MapNode, options: LoadOptions, outside: Outside, report: Report): Config {
  const settings = readSettings(root, outside, flagsOf(options), report);
  if (report.problems.length === 0) checkTogether(settings, report);
  const credentials = readCredentials(root, report);
  const process = processConfig(settings.get);
  const declared = root.entries.get('credentials')?.value;
  const sources = readSources(
    root,
    {
      templates: options.templates,
      credentials: declared?.kind === 'map' ? [...declared.entries.keys()] : [],
      hostsOf: (name) => hostsOf(credentials, name, declared),
      judges: { ...LENIENT, ...options.judges },
      file: options.file,
      outside,
      topics: process.topics,
      reserved: [process.topics.deadLetters, `__clockify-kafka.${process.app}.state`],
    },
    report,
  );
  const hashes = sources.find(({ mask }) => mask?.some(({ how }) => how === 'hash') === true);
  if (hashes !== undefined && process.mask.key === undefined) {
    const hint = `Write mask: { key: \${MASK_KEY} } at the top: a hash without a key can be guessed.`;
    report.problem(NOWHERE, 'mask.key', `is missing, and ${hashes.name} has a hash`, hint);
  }
  return { ...process, credentials, sources };
}

function hostsOf(credentials: Config['credentials'], name: string, declared: Node | undefined): Hosts | undefined {
  const credential = Object.hasOwn(credentials, name) ? credentials[name] : undefined;
  if (credential === undefined) return undefined;
  const node = declared?.kind === 'map' ? declared.entries.get(name)?.value : undefined;
  const addresses = node?.kind === 'map' ? [...node.entries].filter(([key]) => key !== 'api_key') : [];
  const mayBeShown = !addresses.some(([, { value }]) => some(value, ({ fromReference }) => fromReference));
  return { ...credential, mayBeShown };
}

function flagsOf({ overrides }: LoadOptions): Flags {
  const { sink, shards, logLevel, logFormat } = overrides ?? {};
  return {
    ...(sink === undefined ? {} : { sink: { flag: '--sink', value: sink } }),
    ...(shards === undefined ? {} : { 'kafka.static_shards': { flag: '--shards', value: shards } }),
    ...(logLevel === undefined ? {} : { 'log.level': { flag: '--log-level', value: logLevel } }),
    ...(logFormat === undefined ? {} : { 'log.format': { flag: '--log-format', value: logFormat } }),
  };
}

function readConfigFile(file: string, { readFile }: Outside, report: Report): string | undefined {
  try {
    return readFile(file);
  } catch (error) {
    const hint = 'Check the path and the rights, or start from config/example.yaml.';
    report.problem(NOWHERE, '', `the file cannot be read (${reasonOf(error)})`, hint);
    return undefined;
  }
}

function readText(path: string): string {
  return readFileSync(path, 'utf8');
}

/** By line; what is from outside the file comes first. */
function inOrder(problems: readonly ConfigProblem[]): readonly ConfigProblem[] {
  return [...problems].sort((one, other) => one.line - other.line || one.column - other.column);
}
