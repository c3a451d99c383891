import { readFileSync } from 'node:fs';
import { templates } from '../clockify/templates/catalogue.ts';
import type { Config, SinkName } from '../config/config.ts';
import { type LintResult, type LoadOptions, lintConfig, loadConfig } from '../config/load-config.ts';
import { secretsOf } from '../config/secrets.ts';
import { judges } from '../worker/judges.ts';
import { type Invocation, type Option, type Terminal, text } from './command.ts';
import * as takes from './option-formats.ts';

/** Options of every command that reads the configuration. */
export const CONFIG_OPTIONS: Readonly<Record<string, Option>> = {
  config: { type: 'string', short: 'c', value: 'FILE', says: 'the configuration (default clockify-kafka.yaml)' },
};

export const SINK_OPTIONS: Readonly<Record<string, Option>> = {
  sink: {
    type: 'string',
    value: 'kafka|stdout|file',
    says: 'where changes go (default kafka); stdout and file need no broker',
    reads: takes.sink,
  },
  shards: {
    type: 'string',
    value: 'LIST',
    says: 'take these shards, as 0-7,12, instead of asking the group',
    reads: takes.shards,
  },
};

export const LOG_OPTIONS: Readonly<Record<string, Option>> = {
  'log-format': {
    type: 'string',
    value: 'json|pretty',
    says: 'JSON lines (default), or lines for people',
    reads: takes.logFormat,
  },
  'log-level': {
    type: 'string',
    value: 'LEVEL',
    says: 'trace, debug, info (default), warn or error',
    reads: takes.logLevel,
  },
};

/** @throws {ConfigError} `config.invalid` with all problems */
export function readConfig(call: Invocation, terminal: Terminal): Config {
  const config = loadConfig(loadOptions(call, terminal));
  terminal.secrets.learn(secretsOf(config));
  return config;
}

/** Where a configuration comes from. */
export function loadOptions(call: Invocation, { env }: Terminal): LoadOptions {
  return { file: fileOf(call), env, templates, judges, overrides: overridesOf(call) };
}

export function lintFile(file: string, terminal: Pick<Terminal, 'env' | 'secrets'>): LintResult {
  return learned(lintConfig({ file, env: terminal.env, templates, judges }), terminal);
}

export function fileOf(call: Invocation): string {
  return text(call, 'config') ?? 'clockify-kafka.yaml';
}

function overridesOf(call: Invocation) {
  return {
    sink: text(call, 'sink') as SinkName | undefined,
    shards: text(call, 'shards'),
    logLevel: text(call, 'log-level'),
    logFormat: text(call, 'log-format'),
  };
}

/** The configuration as it would be with another text in its file. */
export function lintText(file: string, content: string, terminal: Terminal): LintResult {
  const readFile = (path: string): string => (path === file ? content : readFileSync(path, 'utf8'));
  return learned(lintConfig({ file, env: terminal.env, templates, readFile }), terminal);
}

function learned(result: LintResult, { secrets }: Pick<Terminal, 'secrets'>): LintResult {
  if (result.config !== undefined) secrets.learn(secretsOf(result.config));
  return result;
}
