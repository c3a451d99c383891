import { deepStrictEqual, ok, strictEqual, throws } from 'node:assert/strict';
import { test } from 'node:test';
import { type Command, EXIT, exitCodeOf, number, parse, text } from '../../../src/cli/command.ts';
import { decimalNumber, wholeNumber } from '../../../src/cli/option-formats.ts';
import { type FailureKind, WorkerError } from '../../../src/core/errors.ts';
import { runHere } from '../../support/program-here.ts';

const command: Command = {
  name: 'try',
  summary: 'Tries',
  usage: 'try [--count N]',
  examples: [],
  options: {
    count: { type: 'string', value: 'N', says: 'how many', reads: wholeNumber },
    pace: { type: 'string', value: 'N', says: 'how fast', multiple: true, reads: decimalNumber },
    loud: { type: 'boolean', short: 'l', says: 'loudly' },
  },
  run: async () => 0,
};
const isUsage = (error: unknown): boolean =>
  error instanceof WorkerError && error.code === 'cli.usage' && (error.hint ?? '').includes('try [--count N]');

test('the exit code says whose fault it was', () => {
  const table: readonly [FailureKind, string, number][] = [
    ['config', 'config.invalid', EXIT.usage],
    ['config', 'clockify.unauthorized', EXIT.usage],
    ['transient', 'kafka.unavailable', EXIT.environment],
    ['config', 'registry.unavailable', EXIT.environment],
    ['transient', 'clockify.unreachable', EXIT.environment],
    ['fatal', 'state.corrupt', EXIT.failure],
    ['fatal', 'internal.unexpected', EXIT.failure],
  ];
  for (const [kind, code, exit] of table) strictEqual(exitCodeOf(new WorkerError(kind, code, '')), exit, code);
});

test('an option that is not there, has no value, or is no option is refused with the usage', () => {
  for (const args of [['--nothing'], ['--count'], ['-x'], ['--loud=yes']]) throws(() => parse(command, args), isUsage);
});

test('options and what is not an option are told apart', () => {
  const call = parse({ ...command, takes: 2 }, ['--count', '3', 'a', '-l', 'b']);
  deepStrictEqual(call.positionals, ['a', 'b']);
  deepStrictEqual([text(call, 'count'), text(call, 'loud'), call.flags.loud], ['3', undefined, true]);
});

test('a word too many is refused, not ignored', () => {
  throws(() => parse(command, ['a', 'b']), isUsage);
  throws(() => parse({ ...command, takes: 0 }, ['a']), isUsage);
});

test('numbers are numbers, or refused, each of several', () => {
  strictEqual(number(parse(command, ['--count=12']), 'count', 1), 12);
  strictEqual(number(parse(command, []), 'count', 7), 7);
  deepStrictEqual(parse(command, ['--pace=0.5', '--pace', '7']).flags.pace, ['0.5', '7']);
  for (const count of ['', '-1', '1.5', '1e3', 'x', '0x1', '9999999999'])
    throws(() => parse(command, [`--count=${count}`]), isUsage, count);
  for (const pace of ['', '-1', '1.', '.5', '1e3', 'Infinity', 'NaN'])
    throws(() => parse(command, ['--pace=1', `--pace=${pace}`]), isUsage, pace);
});

test('help goes to the data side where it was asked for, and to the other where a command is missing', async () => {
  for (const [args, code, side] of [
    [['--help'], EXIT.ok, 'out'],
    [['help'], EXIT.ok, 'out'],
    [['run', '--help'], EXIT.ok, 'out'],
    [['--version'], EXIT.ok, 'out'],
    [[], EXIT.usage, 'err'],
    [['nothing'], EXIT.usage, 'err'],
    [['run', '--nothing'], EXIT.usage, 'err'],
  ] as const) {
    const { code: given, out, err } = await runHere(...args);
    strictEqual(given, code, args.join(' '));
    deepStrictEqual([out.length > 0, err.length > 0], [side === 'out', side === 'err'], args.join(' '));
  }
});

test('a configuration that is not there is usage, and says what is missing', async () => {
  const { code, err } = await runHere('run', '--config', '/nowhere/at-all.yaml');
  strictEqual(code, EXIT.usage);
  ok(err.join('\n').includes('/nowhere/at-all.yaml'));
});
