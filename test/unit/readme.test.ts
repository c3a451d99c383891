import { deepStrictEqual, ok } from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { runProgram } from '../support/program.ts';

const root = new URL('../../', import.meta.url);
const README = readFileSync(new URL('README.md', root), 'utf8');

interface Recipe {
  readonly file: string;
  readonly args: readonly string[];
  readonly excerpt: string;
  readonly out: string;
}

/** An excerpt of a configuration, the command, and what that prints. */
const RECIPES: readonly Recipe[] = [
  ...README.matchAll(
    /```yaml\n([^`]+)```\n\n```sh\nclockify-kafka (plan --config (\S+)[^\n]*)\n```\n\n```text\n([^`]+)```/g,
  ),
].map(([, excerpt = '', command = '', file = '', out = '']) => ({ file, args: command.split(' '), excerpt, out }));

test('each recipe of the README is a file that stands there, and plan prints what the README shows', async () => {
  deepStrictEqual(
    RECIPES.map(({ file }) => file),
    ['config/free.yaml', 'config/team.yaml', 'config/enterprise.yaml'],
  );
  for (const { file, args, excerpt, out } of RECIPES) {
    ok(readFileSync(new URL(file, root), 'utf8').endsWith(excerpt), `the excerpt of ${file} is its end`);
    const ended = await runProgram(args, { cwd: fileURLToPath(root), env: { CLOCKIFY_API_KEY: 'a-key' } });
    deepStrictEqual({ code: ended.code, out: ended.out }, { code: 0, out });
  }
});

test('the README has a row for each of N1 to N29, and each test it names carries the number in a name', () => {
  const rows = [...README.matchAll(/^\| (N\d+) \|.*\| ([^|]+) \|$/gm)];
  deepStrictEqual(
    rows.map(([, number]) => number),
    Array.from({ length: 29 }, (_, index) => `N${index + 1}`),
  );
  for (const [, number, tests = ''] of rows) {
    const files = [...tests.matchAll(/\]\(([^)]+)\)/g)];
    ok(files.length > 0, `${number} names a test`);
    for (const [, file = ''] of files) {
      const text = readFileSync(new URL(file, root), 'utf8');
      ok(new RegExp(`['"\`](?:[NP]\\d+ )*${number}\\b`).test(text), `${file} has a test of ${number}`);
    }
  }
});
