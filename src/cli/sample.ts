import type { SourceConfig } from '../config/source-config.ts';
import { type Sample, type SampledRecord, takeSample } from '../worker/try-sample.ts';
import { narrowed, sourceNamed } from '../worker/try-source.ts';
import { type Command, EXIT, exitCodeOf, type Invocation, number, type Terminal, usageError } from './command.ts';
import { CONFIG_OPTIONS, readConfig } from './config-options.ts';
import { exchangeJson, exchangeText } from './exchange-text.ts';
import * as takes from './option-formats.ts';
import {
  CHOICE_OPTIONS,
  choiceOf,
  countOf,
  errorJson,
  JSON_OPTION,
  pretty,
  section,
  untilStopped,
} from './try-options.ts';

const RECORDS = 5;

export const sample: Command = {
  name: 'sample',
  summary: 'Calls a source once and shows the request, the answer, and the records it becomes; needs no Kafka',
  usage: 'sample SOURCE [-n 5] [--workspace ID] [--user ID] [--project ID] [--json] [--config FILE]',
  examples: [
    'clockify-kafka sample time-entries -n 3',
    'clockify-kafka sample approvals --json | jq .records[0].value',
  ],
  options: {
    number: {
      type: 'string',
      short: 'n',
      value: 'N',
      says: `so many records (default ${RECORDS})`,
      reads: takes.wholeNumber,
    },
    ...CHOICE_OPTIONS,
    ...JSON_OPTION,
    ...CONFIG_OPTIONS,
  },
  run: (call, terminal) => untilStopped(terminal, () => runSample(call, terminal)),
};

async function runSample(call: Invocation, terminal: Terminal): Promise<number> {
  const name = call.positionals[0];
  if (name === undefined) throw usageError(sample, 'sample needs the name of a source');
  const count = number(call, 'number', RECORDS);
  const config = readConfig(call, terminal);
  const source = narrowed(sourceNamed(config, name), choiceOf(call));
  const taken = await takeSample(config, source, count, terminal.signal);
  if (call.flags.json === true) return tellJson(source, taken, terminal);
  await terminal.out(textOf(source, taken).join('\n'));
  if (taken.error !== undefined) throw taken.error;
  return EXIT.ok;
}

async function tellJson(source: SourceConfig, taken: Sample, terminal: Terminal): Promise<number> {
  const { params, exchanges, items, records, unmapped, error } = taken;
  await terminal.out(
    JSON.stringify({
      source: source.name,
      settings: settingsOf(source),
      params,
      exchanges: exchanges.map(exchangeJson),
      items,
      records: records.map(({ raw, key, value, reject }) =>
        reject === undefined ? { raw, key, value } : { raw, reject: errorJson(reject) },
      ),
      unmapped: [...unmapped].map(([path, count]) => ({ path, count })),
      error: error === undefined ? null : errorJson(error),
    }),
  );
  return error === undefined ? EXIT.ok : exitCodeOf(error);
}

function textOf(source: SourceConfig, { params, exchanges, items, records, unmapped }: Sample): readonly string[] {
  const shown = Object.entries({ ...settingsOf(source), ...params });
  return [
    `source ${source.name}`,
    ...shown.map(([name, value]) => `  ${name}: ${typeof value === 'string' ? value : JSON.stringify(value)}`),
    ...exchanges.flatMap((each, at) => section(`request ${at + 1}`, exchangeText(each))),
    '',
    `${countOf(items, 'item')} in the answer, ${records.length} shown`,
    ...records.flatMap(recordText),
    ...section(
      'not mapped (path, in how many items)',
      [...unmapped].map(([path, count]) => `${path}  ${count}`),
    ),
  ];
}

function recordText({ raw, key, value, reject }: SampledRecord, at: number): readonly string[] {
  const becomes =
    reject === undefined
      ? section('becomes', [`key ${JSON.stringify(key)}`, ...pretty(value)])
      : section('goes to the dead letters', [`${reject.message} [${reject.code}]`]);
  return [...section(`record ${at + 1}`, pretty(raw)), ...becomes];
}

/** What decides how the answer is read; shown beside it. */
function settingsOf(source: SourceConfig): Readonly<Record<string, unknown>> {
  const { template, topic, endpoint, filters, ignoreChanges } = source;
  if (endpoint === undefined)
    return { template, topic, ...filters, ...(ignoreChanges && { ignore_changes: ignoreChanges }) };
  const steps = endpoint.steps.map(({ name, method, url, dataPath, metadataPath }) => ({
    step: name,
    method,
    url,
    data_path: dataPath,
    ...(metadataPath === undefined ? {} : { metadata_path: metadataPath }),
  }));
  const key = endpoint.key.type === 'hash' ? 'hash' : endpoint.key.paths.join(', ');
  return { topic, ...(steps.length === 1 ? steps[0] : { steps, output: endpoint.output }), key };
}
