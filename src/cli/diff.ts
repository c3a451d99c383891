import { createLogger } from '../telemetry/logger.ts';
import { type DryChange, type DryRun, dryRun } from '../worker/try-diff.ts';
import { narrowed, sourceNamed } from '../worker/try-source.ts';
import { type Command, EXIT, exitCodeOf, type Invocation, number, type Terminal, usageError } from './command.ts';
import { CONFIG_OPTIONS, readConfig, SINK_OPTIONS } from './config-options.ts';
import * as takes from './option-formats.ts';
import { CHOICE_OPTIONS, choiceOf, countOf, errorJson, JSON_OPTION, section, untilStopped } from './try-options.ts';

const LIMIT = 100;

export const diff: Command = {
  name: 'diff',
  summary: 'A dry run: reads a source, compares it with the real state, and shows what would be published',
  usage: 'diff SOURCE [--limit N] [--sink kafka|stdout|file] [--workspace ID] [--user ID] [--json] [--config FILE]',
  examples: [
    'clockify-kafka diff projects                  # beside a running worker, which does not notice',
    'clockify-kafka diff time-entries --user 64a687e29ae1f428e7ebe303 --json | jq .counts',
  ],
  options: {
    limit: {
      type: 'string',
      value: 'N',
      says: `show so many changes (default ${LIMIT}); all are counted`,
      reads: takes.wholeNumber,
    },
    sink: { ...SINK_OPTIONS.sink, type: 'string', says: 'whose state to compare with (default kafka)' },
    ...CHOICE_OPTIONS,
    ...JSON_OPTION,
    ...CONFIG_OPTIONS,
  },
  run: (call, terminal) => untilStopped(terminal, () => runDiff(call, terminal)),
};

async function runDiff(call: Invocation, terminal: Terminal): Promise<number> {
  const name = call.positionals[0];
  if (name === undefined) throw usageError(diff, 'diff needs the name of a source');
  const limit = number(call, 'limit', LIMIT);
  const config = readConfig(call, terminal);
  const source = narrowed(sourceNamed(config, name), choiceOf(call));
  const logger = createLogger({ level: 'warn', format: config.log.format, secrets: terminal.secrets });
  const { signal } = terminal;
  const onRetry = (error: Error, waitMs: number) => terminal.err(`${error.message}; again in ${waitMs} ms`);
  const found = await dryRun({ config, source, limit, logger, onRetry, signal });
  await terminal.out(call.flags.json === true ? JSON.stringify(asJson(name, found)) : asText(name, found).join('\n'));
  return outcome(found, terminal);
}

function outcome({ partial }: DryRun, terminal: Terminal): number {
  for (const { message, code } of partial) terminal.err(`not read to its end: ${message} [${code}]`);
  const [first] = partial;
  return first === undefined ? EXIT.ok : exitCodeOf(first);
}

function asJson(source: string, { changes, counts, slices, notes, partial }: DryRun): object {
  return { source, counts, slices, changes, notes, partial: partial.map(errorJson) };
}

const WORDS: Readonly<Record<DryChange['op'], string>> = {
  r: 'first reads',
  c: 'creates',
  u: 'updates',
  d: 'deletes',
  'dead-letter': 'dead letters',
};

function asText(source: string, { changes, counts, slices, notes }: DryRun): readonly string[] {
  const told = Object.entries(counts).filter(([, count]) => count > 0);
  const sum = told.reduce((all, [, count]) => all + count, 0);
  const by = told.map(([op, count]) => `${count} ${WORDS[op as DryChange['op']]}`).join(', ');
  return [
    `${source}: ${sum === 0 ? 'nothing would be published' : `${by} would be published`} (${countOf(slices, 'slice')} read)`,
    ...section('notes', notes),
    ...changes.flatMap(changeText),
    ...(sum > changes.length ? ['', `and ${sum - changes.length} more; --limit shows more`] : []),
  ];
}

function changeText({ op, topic, key, before, after, changed, reason }: DryChange): readonly string[] {
  const head = `${op} ${topic} ${JSON.stringify(key)}`;
  if (op === 'u' && changed.length > 0) {
    const show = (value: unknown) => JSON.stringify(value) ?? 'nothing';
    return section(
      head,
      changed.map((name) => `${name}: ${show(before?.[name])} → ${show(after?.[name])}`),
    );
  }
  return section(head, [
    ...(reason === undefined ? [] : [`reason ${reason}`]),
    ...(before === null ? [] : [`before ${JSON.stringify(before)}`]),
    ...(after === null ? [] : [`after  ${JSON.stringify(after)}`]),
  ]);
}
