import { deepEqual, equal, match, ok } from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { after, before, describe, test } from 'node:test';
import { EXPENSES, openTryPlace, type TryPlace, template } from './try-place.ts';

interface SuggestJson {
  readonly data: readonly { readonly path: string; readonly count: number; readonly first: unknown }[];
  readonly metadata: readonly { readonly path: string }[];
  readonly keys: readonly { readonly path: string }[];
  readonly choice: { readonly data_path: string; readonly metadata_path: string | null; readonly key: string | null };
  readonly written: string | null;
}

describe('suggest', { concurrency: 4 }, () => {
  let place: TryPlace;
  before(async () => {
    place = await openTryPlace();
  });
  after(() => place.close());

  const asJson = async (...args: string[]): Promise<SuggestJson> => {
    const { code, out, err } = await place.run(['suggest', ...args, '--json']);
    equal(code, 0, err);
    return JSON.parse(out) as SuggestJson;
  };

  test('N13: data paths come from the real answer, ranked, each with its count and a first record', async () => {
    const file = place.configure('ranked', EXPENSES);
    const { data, metadata, keys, choice, written } = await asJson('expenses', '-c', file);
    equal(data[0]?.path, '$.expenses.expenses[*]');
    ok((data[0]?.count ?? 0) > 1 && data[0]?.first !== null);
    ok(metadata.some(({ path }) => path === '$.dailyTotals'));
    equal(keys[0]?.path, '$.id');
    deepEqual(choice, { data_path: '$.expenses.expenses[*]', metadata_path: null, key: null });
    equal(written, null);
    const { out } = await place.run(['suggest', 'expenses', '-c', file]);
    match(out, /1\. \$\.expenses\.expenses\[\*\]\s+\d+ rows, the first: \{/);
    match(out, /metadata_path: what stands beside/);
    ok(!out.includes(place.simulator.apiKey));
  });

  test('N13: the choice fills the data path in the file, its comments stay, and it can be edited by a flag', async () => {
    const file = place.configure('written', EXPENSES);
    const before = readFileSync(file, 'utf8');
    const args = ['--write', '--key', '$.id', '--metadata-path', '$.dailyTotals', '-c', file];
    const { written } = await asJson('expenses', ...args);
    equal(written, file);
    const after = readFileSync(file, 'utf8');
    const expected = before
      .replace('data_path: $ #', 'data_path: $.expenses.expenses[*] #')
      .replace('key: hash #', 'key: $.id #')
      .replace('is an envelope\n', 'is an envelope\n      metadata_path: $.dailyTotals\n');
    equal(after, expected);
    equal((await place.run(['lint', file])).code, 0);
    await asJson('expenses', '--write', '--data-path', '$.weeklyTotals[*]', '-c', file);
    ok(readFileSync(file, 'utf8').includes('data_path: $.weeklyTotals[*] # to be found out'));
    equal((await place.run(['sample', 'expenses', '-c', file])).code, 0);
  });

  test('N13: another candidate is taken by its number', async () => {
    const file = place.configure('chosen', EXPENSES);
    const { data, choice } = await asJson('expenses', '--choose', '2', '-c', file);
    equal(choice.data_path, data[1]?.path);
    equal((await place.run(['suggest', 'expenses', '--choose', '99', '-c', file])).code, 2);
  });

  test('what would not be a right configuration is not written', async () => {
    const file = place.configure('kept', EXPENSES);
    const before = readFileSync(file, 'utf8');
    const { code, err } = await place.run(['suggest', 'expenses', '--write', '--key', 'nonsense[', '-c', file]);
    equal(code, 2);
    match(err, /the path cannot be read/);
    equal(readFileSync(file, 'utf8'), before);
  });

  test('a path that not every row has, or that two have alike, is refused as the key, and hash is not', async () => {
    const file = place.configure('no-key', EXPENSES);
    const before = readFileSync(file, 'utf8');
    for (const path of ['$.nowhere', '$.userId']) {
      const { code, err } = await place.run(['suggest', 'expenses', '--write', '--key', path, '-c', file]);
      equal(code, 2);
      match(err, /is no key of these \d+ rows/);
    }
    equal(readFileSync(file, 'utf8'), before);
    equal((await asJson('expenses', '--key', 'hash', '-c', file)).choice.key, 'hash');
  });

  test('a URL becomes a new source, with the paging that the answer shows', async () => {
    const file = place.configure('url', [template('users'), '  # the last word']);
    const url = '/workspaces/{workspace_id}/approval-requests?start={now-30}';
    await asJson(url, '--write', '-c', file);
    const text = readFileSync(file, 'utf8');
    match(text, /- name: approval-requests\n {4}credential: acme/);
    match(text, /last_page_header: last-page/);
    match(text, /# the last word/);
    equal((await place.run(['lint', file])).code, 0);
    equal((await place.run(['sample', 'approval-requests', '-c', file])).code, 0);
  });

  test('a URL must be on a host of the credential, whoever else asks for its key', async () => {
    const file = place.configure('host', [template('users')]);
    const { code, err } = await place.run(['suggest', 'https://evil.example/v1/x', '-c', file]);
    equal(code, 2);
    match(err, /the URL cannot be used.*not a host that this credential's key may go to/);
  });

  test('a template has paths of its own: they are shown and not written', async () => {
    const file = place.configure('template', [template('projects')]);
    equal((await asJson('projects', '-c', file)).data[0]?.path, '$[*]');
    equal((await place.run(['suggest', 'projects', '--write', '-c', file])).code, 2);
  });

  test('a bad key ends with 2 and is not shown', async () => {
    const file = place.configure('bad', EXPENSES);
    const { code, out, err } = await place.run(['suggest', 'expenses', '-c', file], { KEY: 'no-such-key-77' });
    equal(code, 2);
    ok(!`${out}${err}`.includes('no-such-key-77'));
  });
});
