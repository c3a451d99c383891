import type { Command } from './command.ts';

/** The help of the whole program: examples first, for that is what people look for. */
export function programHelp(commands: readonly Command[], version: string): string {
  return [
    `clockify-kafka ${version}: publishes every change in Clockify to Kafka, exactly once`,
    '',
    'Examples:',
    ...commands.flatMap(({ examples }) => examples.slice(0, 1)).map((example) => `  ${example}`),
    '',
    'Commands:',
    ...columns(commands.map(({ usage, summary }) => [usage, summary])),
    '',
    'Options:',
    ...columns([
      ['-h, --help', 'this text; after a command, its own'],
      ['--version', 'the version'],
    ]),
    '',
    'Exit codes: 0 stopped in order, 1 failure, 2 usage or configuration, 3 environment (Clockify, Kafka, registry, Java).',
  ].join('\n');
}

export function commandHelp({ usage, summary, examples, options }: Command): string {
  const rows = Object.entries(options).map(([name, { short, value, says }]): [string, string] => [
    `${short === undefined ? '' : `-${short}, `}--${name}${value === undefined ? '' : ` ${value}`}`,
    says,
  ]);
  const listed = rows.length === 0 ? [] : ['', 'Options:', ...columns(rows)];
  return [
    summary,
    '',
    'Examples:',
    ...examples.map((example) => `  ${example}`),
    '',
    `Usage: clockify-kafka ${usage}`,
    ...listed,
  ].join('\n');
}

function columns(rows: readonly (readonly [string, string])[]): string[] {
  const width = Math.max(...rows.map(([left]) => left.length)) + 2;
  return rows.map(([left, right]) => `  ${left.padEnd(width)}${right}`);
}
