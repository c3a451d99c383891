import { deepStrictEqual, ok } from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';

const root = new URL('../../', import.meta.url);

test('the README has a row for each of N1 to N29, and each test it names carries the number in a name', () => {
  const readme = readFileSync(new URL('README.md', root), 'utf8');
  const rows = [...readme.matchAll(/^\| (N\d+) \|.*\| ([^|]+) \|$/gm)];
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
