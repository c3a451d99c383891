import { deepEqual, equal, match, ok } from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { EXPENSES, openTryPlace, type TryPlace, template } from './try-place.ts';

const READY = EXPENSES.map((line) =>
  line.replace('data_path: $ #', 'data_path: $.expenses.expenses[*] #').replace('key: hash', 'key: $.id'),
);

describe('schema infer', () => {
  let place: TryPlace;
  before(async () => {
    place = await openTryPlace();
  });
  after(() => place.close());

  test('what it writes can be declared, and then gives the same records', async () => {
    const file = place.configure('infer', READY);
    const out = join(place.folder, 'expenses.avsc');
    const { code, err } = await place.run(['schema', 'infer', 'expenses', '--out', out, '-c', file]);
    equal(code, 0, err);
    const inferred = await place.run(['sample', 'expenses', '--json', '-n', '9', '-c', file]);
    const text = readFileSync(file, 'utf8').replace('    every: 10m', '    schema: ./expenses.avsc\n    every: 10m');
    writeFileSync(file, text);
    equal((await place.run(['lint', file])).code, 0);
    const declared = await place.run(['sample', 'expenses', '--json', '-n', '9', '-c', file]);
    equal(declared.code, 0, declared.err);
    deepEqual(keysAndRows(declared.out), keysAndRows(inferred.out));
  });

  test('without a file the schema goes to stdout, and nothing else does', async () => {
    const { code, out } = await place.run(['schema', 'infer', 'expenses', '-c', place.configure('out', READY)]);
    equal(code, 0);
    const { type, name, fields } = JSON.parse(out) as { type: string; name: string; fields: { name: string }[] };
    deepEqual([type, name, fields.at(-1)?.name], ['record', 'Expenses', '__ts_ms']);
  });

  test('of a template it is the one that is committed', async () => {
    const file = place.configure('template', [template('tags')]);
    const { out } = await place.run(['schema', 'infer', 'tags', '--json', '-c', file]);
    const { from, valueSchema } = JSON.parse(out) as { from: string; valueSchema: unknown };
    equal(from, 'template');
    const committed = new URL('../../avro/tags-value.avsc', import.meta.url);
    deepEqual(valueSchema, JSON.parse(readFileSync(committed, 'utf8')));
  });

  test('what it cannot do it says with 2', async () => {
    const file = place.configure('usage', READY);
    for (const args of [
      ['schema'],
      ['schema', 'draw', 'expenses'],
      ['schema', 'infer'],
      ['schema', 'infer', 'nobody'],
    ]) {
      const { code, err } = await place.run([...args, '-c', file]);
      equal(code, 2, args.join(' '));
      match(err, /infer|no source/);
    }
    const bad = await place.run(['schema', 'infer', 'expenses', '-c', file], { KEY: 'no-such-key-77' });
    equal(bad.code, 2);
    ok(!bad.err.includes('no-such-key-77'));
  });
});

function keysAndRows(out: string): unknown {
  const { records } = JSON.parse(out) as { records: { key: object; value: Record<string, unknown> }[] };
  return records.map(({ key, value }) => {
    const { __source_ts_ms: _, __ts_ms: __, ...row } = value;
    return { key, row };
  });
}
