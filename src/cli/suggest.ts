import { readFileSync } from 'node:fs';
import type { Config } from '../config/config.ts';
import { stepName } from '../config/endpoint-shape.ts';
import { identity } from '../config/format.ts';
import { dataPath, fieldPath } from '../config/path-format.ts';
import { ConfigError, type ConfigProblem } from '../config/problem.ts';
import type { SourceConfig } from '../config/source-config.ts';
import { WorkerError } from '../core/errors.ts';
import { draftLines, draftName, pagingOf } from '../worker/try-draft.ts';
import { narrowed, sourceNamed } from '../worker/try-source.ts';
import { type Suggestions, suggestFor } from '../worker/try-suggest.ts';
import { type PathSettings, withPaths, withSource } from '../worker/try-write.ts';
import { type Command, EXIT, type Invocation, number, type Terminal, text, usageError } from './command.ts';
import { CONFIG_OPTIONS, fileOf, lintText, readConfig } from './config-options.ts';
import * as takes from './option-formats.ts';
import { suggestionsJson, suggestionsText } from './suggest-text.ts';
import { CHOICE_OPTIONS, choiceOf, JSON_OPTION, untilStopped } from './try-options.ts';
import { writeText } from './write-file.ts';

export const suggest: Command = {
  name: 'suggest',
  summary: 'Asks an endpoint and suggests where its data, its metadata and its key are; needs no Kafka',
  usage: 'suggest SOURCE|URL [--choose N] [--data-path PATH] [--metadata-path PATH] [--key PATH] [--write] [--json]',
  examples: [
    'clockify-kafka suggest approvals',
    'clockify-kafka suggest approvals --choose 2 --write      # fills data_path and key in the file',
    "clockify-kafka suggest '/workspaces/{workspace_id}/holidays' --name holidays --write   # a new source",
  ],
  options: {
    choose: { type: 'string', value: 'N', says: 'take the N-th data path (default 1)', reads: takes.countFromOne },
    'data-path': { type: 'string', value: 'PATH', says: 'take this data path instead', reads: dataPath },
    'metadata-path': { type: 'string', value: 'PATH', says: 'merge what is there into every row', reads: fieldPath },
    key: {
      type: 'string',
      value: 'PATH|hash',
      says: 'take this key instead of the likeliest',
      reads: takes.keyOrHash,
    },
    step: {
      type: 'string',
      value: 'NAME',
      says: 'of a chain, the step to look at (default the last)',
      reads: stepName,
    },
    write: { type: 'boolean', says: 'put the choice into the configuration; its comments stay' },
    name: { type: 'string', value: 'NAME', says: 'of the new source, for a URL', reads: identity },
    credential: {
      type: 'string',
      value: 'NAME',
      says: 'whose key to use for a URL (default the only one)',
      reads: identity,
    },
    ...CHOICE_OPTIONS,
    ...JSON_OPTION,
    ...CONFIG_OPTIONS,
  },
  run: (call, terminal) => untilStopped(terminal, () => runSuggest(call, terminal)),
};

async function runSuggest(call: Invocation, terminal: Terminal): Promise<number> {
  const about = call.positionals[0];
  if (about === undefined) throw usageError(suggest, 'suggest needs the name of a source, or a URL');
  const config = readConfig(call, terminal);
  const subject = isUrl(about) ? draftOf(about, config, call, terminal) : sourceNamed(config, about);
  const source = narrowed(subject, choiceOf(call));
  refuseTemplate(source, call);
  const found = await suggestFor(config, source, wishOf(call), terminal.signal);
  const settings = settingsFor(source, found, call, isUrl(about));
  if (call.flags.write === true) write(about, source, found, settings, call, terminal);
  const told = { source: source.name, found, settings, file: call.flags.write === true ? fileOf(call) : undefined };
  await terminal.out(
    call.flags.json === true ? JSON.stringify(suggestionsJson(told)) : suggestionsText(told).join('\n'),
  );
  return EXIT.ok;
}

function isUrl(about: string): boolean {
  return /^(?:\/|reports:\/|[a-z]+:\/\/)/i.test(about);
}

function wishOf(call: Invocation) {
  const choose = number(call, 'choose', 1);
  const key = text(call, 'key');
  return { step: text(call, 'step'), choose, dataPath: text(call, 'data-path'), key: key === 'hash' ? undefined : key };
}

function refuseTemplate({ name, endpoint, template }: SourceConfig, call: Invocation): void {
  if (endpoint !== undefined || call.flags.write !== true) return;
  throw new WorkerError(
    'config',
    'try.not_writable',
    `${name} is of the template ${template}, which has its own paths`,
    {
      hint: 'Only a manual endpoint has a data_path.',
    },
  );
}

/** The source that the URL would be, read by the rules of the file: its address has to be one of the credential's. */
function draftOf(url: string, config: Config, call: Invocation, terminal: Terminal): SourceConfig {
  const credential = text(call, 'credential') ?? onlyCredential(config);
  const name =
    text(call, 'name') ??
    draftName(
      url,
      config.sources.map((source) => source.name),
    );
  const draft = { name, credential, url, dataPath: '$', metadataPath: undefined, key: 'hash', paging: undefined };
  const file = fileOf(call);
  const linted = lintText(file, withSource(readFileSync(file, 'utf8'), draftLines(draft)), terminal);
  const found = linted.config?.sources.at(-1);
  if (found === undefined) throw refused(linted.problems);
  return found;
}

/** The place of a problem would be a line that the file does not have. */
function refused(problems: readonly ConfigProblem[]): WorkerError {
  const own = problems.find(({ path }) => path.endsWith('.endpoint.url'));
  if (own === undefined) return new ConfigError(problems);
  return new WorkerError('config', 'try.url_refused', `the URL cannot be used: ${own.message}`, { hint: own.hint });
}

function onlyCredential({ credentials }: Config): string {
  const names = Object.keys(credentials);
  if (names.length === 1) return names[0] ?? '';
  throw usageError(suggest, `a URL needs --credential, one of ${names.join(', ')}`);
}

/** A key that is there and still fits stays; the choice of a person counts more than either. */
function settingsFor(source: SourceConfig, found: Suggestions, call: Invocation, isNew: boolean): PathSettings {
  const { endpoint } = source;
  const current = endpoint?.key.type === 'paths' ? endpoint.key.paths : ['hash'];
  const fits = !isNew && current.every((path) => path === 'hash' || found.keys.some((key) => key.path === path));
  const isLast = found.step === endpoint?.steps.at(-1)?.name;
  return {
    dataPath: found.dataPath ?? '$',
    metadataPath: text(call, 'metadata-path'),
    key: text(call, 'key') ?? (fits || !isLast ? undefined : (found.keys[0]?.path ?? 'hash')),
  };
}

/** What would be no right configuration is not written. */
function write(
  about: string,
  source: SourceConfig,
  found: Suggestions,
  settings: PathSettings,
  call: Invocation,
  terminal: Terminal,
): void {
  const file = fileOf(call);
  const before = readFileSync(file, 'utf8');
  const { name, credential } = source;
  const draft = {
    name,
    credential,
    url: about,
    ...settings,
    key: settings.key ?? 'hash',
    paging: pagingOf(found.exchange),
  };
  const after = isUrl(about) ? withSource(before, draftLines(draft)) : withPaths(before, name, found.step, settings);
  const { problems } = lintText(file, after, terminal);
  if (problems.length > 0) throw new ConfigError(problems);
  writeText(file, after);
}
