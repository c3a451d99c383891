import { deepStrictEqual, match, ok, strictEqual } from 'node:assert/strict';
import { test } from 'node:test';
import type { Command } from '../../../src/cli/command.ts';
import { COMMANDS } from '../../../src/cli/commands.ts';
import { runHere } from '../../support/program-here.ts';

/** Names of files, of which any may be there; and what is refused whatever it is. */
const FREE = ['config', 'out', 'api-key'];
const WRONG = ['not this!', '', '\u0000', '$[['];

const OPTIONS = COMMANDS.flatMap((command) =>
  Object.entries(command.options).map(([name, option]) => ({ command, name, option })),
);
const VALUED = OPTIONS.filter(({ name, option }) => option.type === 'string' && !FREE.includes(name));

/** A call that would be right but for what follows it. Nothing it names is there: it is not looked for. */
function callOf({ name, takes = 1 }: Command): readonly string[] {
  const verbs: Readonly<Record<string, string>> = { dlq: 'list', state: 'show', schema: 'infer', topics: 'plan' };
  const verb = verbs[name];
  const words = takes === 0 ? [] : verb === undefined ? ['something'] : [verb];
  return [name, ...words, ...(name === 'simulate' ? [] : ['--config', '/nowhere/at-all.yaml'])];
}

test('every option that takes a value says what it takes, but for names of files', () => {
  deepStrictEqual(
    OPTIONS.filter(({ option }) => option.type === 'string' && option.reads === undefined)
      .map(({ name }) => name)
      .filter((name) => !FREE.includes(name)),
    [],
  );
  ok(VALUED.length > 40);
});

test('a value that an option does not take ends every command with 2, before anything else, and says what is right', async () => {
  for (const { command, name } of VALUED) {
    for (const wrong of WRONG) {
      const { code, out, err } = await runHere(...callOf(command), `--${name}=${wrong}`);
      const call = `${command.name} --${name}=${wrong}: ${err.join('\n')}`;
      deepStrictEqual([code, out, err.length], [2, [], 1], call);
      const [first = '', hint = '', ...more] = (err[0] ?? '').split('\n');
      match(first, new RegExp(`^clockify-kafka: --${name} .+ \\[cli\\.usage\\]$`), call);
      match(hint, /^ {2}\S.+ Usage: clockify-kafka /, call);
      deepStrictEqual(more, [], call);
    }
  }
});

test('a word that is not among those of an option is told with those that are', async () => {
  for (const args of [
    ['run', '--sink', 'kafak'],
    ['init', '--region', 'mars'],
    ['init', '--plan', 'golden'],
  ]) {
    const { code, err } = await runHere(...args);
    strictEqual(code, 2);
    match(err.join('\n'), /One of |Did you mean /);
  }
});

test('an option that is not there is told in one line, whatever stands after it', async () => {
  for (const args of [
    ['run', '--log-colour', 'red'],
    ['plan', '--users', '-1'],
    ['dlq', 'list', '--since'],
  ]) {
    const { code, err } = await runHere(...args);
    strictEqual(code, 2);
    match(err.join('\n'), /^clockify-kafka: [^\n]+ \[cli\.usage\]\n {2}Usage: [^\n]+$/, args.join(' '));
  }
});

test('what a verb is about is looked at before anything is reached', async () => {
  for (const words of [
    ['show'],
    ['show', 'x'],
    ['show', '0:'],
    ['replay', 'x'],
    ['export'],
    ['list', 'x'],
    ['drop'],
    [],
  ]) {
    const { code, err } = await runHere('dlq', ...words, '--config', '/nowhere/at-all.yaml');
    strictEqual(code, 2);
    match(err.join('\n'), /\[cli\.usage\]/, words.join(' '));
  }
});

test('what is right goes on to the configuration', async () => {
  const right: Readonly<Record<string, readonly string[]>> = {
    resync: ['--workspace=64a687e29ae1f428e7ebe303', '--from=2026-01-31', '--to=2026-01-31T08:00:00.5+02:00'],
    dlq: ['--since=24h', '--code=extract.wrong_type', '--source=time-entries'],
    suggest: ['--choose=2', '--data-path=$.a[*]', '--metadata-path=$.meta', '--key=hash', '--step=a_b', '--name=n'],
    plan: ['--users=0', '--days=365'],
    run: ['--sink=file', '--shards=0-7,12'],
    diff: ['--limit=5', '--user=64a687e29ae1f428e7ebe303'],
  };
  for (const command of COMMANDS.filter(({ name }) => name in right)) {
    const { code, err } = await runHere(...callOf(command), ...(right[command.name] ?? []));
    strictEqual(code, 2);
    match(err.join('\n'), /at-all\.yaml: the file cannot be read/, command.name);
  }
});
