import { ok, strictEqual, throws } from 'node:assert/strict';
import { test } from 'node:test';
import { WorkerError } from '../../../src/core/errors.ts';
import { draftLines, draftName, pagingOf } from '../../../src/worker/try-draft.ts';
import { withPaths, withSource } from '../../../src/worker/try-write.ts';

const BLOCK = `# top
credentials: { acme: { api_key: \${KEY} } } # in a flow map
sources:
  # first
  - name: one   # odd   spaces
    endpoint:
      url: /a?x=\${Y} # the url
      data_path: $ # what
    key:   $.old   # the key

  # second
  - { name: two, endpoint: { url: /b }, key: hash } # end of two
  - name: chain
    steps:
      - { name: first, url: /a }
      - name: last
        url: "/b/{first.id}"
    key: [$.a, $.b]

# bottom
kafka: { brokers: [localhost:9092] }
`;

const paths = (dataPath: string, key?: string, metadataPath?: string) => ({ dataPath, key, metadataPath });

test('only the characters of the value change', () => {
  const expected = BLOCK.replace('data_path: $ #', 'data_path: $.a.b[*] #').replace('$.old ', '$.id ');
  strictEqual(withPaths(BLOCK, 'one', undefined, paths('$.a.b[*]', '$.id')), expected);
});

test('a key that is not there yet stands behind the first one, with its indentation', () => {
  const expected = BLOCK.replace('# the url\n', '# the url\n      metadata_path: $.meta\n');
  strictEqual(withPaths(BLOCK, 'one', undefined, paths('$', undefined, '$.meta')), expected);
});

test('in a flow map what would be syntax is quoted', () => {
  const expected = BLOCK.replace('{ url: /b }', '{ url: /b, data_path: "$[*]" }');
  strictEqual(withPaths(BLOCK, 'two', undefined, paths('$[*]')), expected);
  ok(withPaths(BLOCK, 'one', undefined, paths("$['a b'][*]")).includes(`data_path: "$['a b'][*]" # what`));
});

test('of a chain the step is written, and a list of keys becomes one key', () => {
  const expected = BLOCK.replace('- name: last\n', '- name: last\n        data_path: $.x\n').replace(
    '[$.a, $.b]',
    '$.id',
  );
  strictEqual(withPaths(BLOCK, 'chain', 'last', paths('$.x', '$.id')), expected);
});

test('a new source stands at the end of the list, before what follows it', () => {
  const draft = { name: 'new', credential: 'acme', url: '/c?d={now}', dataPath: '$[*]', metadataPath: undefined };
  const text = withSource(BLOCK, draftLines({ ...draft, key: '$.id', paging: undefined }));
  ok(text.includes('key: [$.a, $.b]\n\n  - name: new\n    credential: acme\n    endpoint:\n      url: "/c?d={now}"\n'));
  ok(text.includes('every: 10m\n\n# bottom\n'));
  strictEqual(withSource('sources:\n- name: a # x', ['name: b']), 'sources:\n- name: a # x\n\n- name: b');
});

test('shapes that are not edited are said, and never guessed at', () => {
  const refused = (error: unknown) => error instanceof WorkerError && error.code === 'try.not_writable';
  throws(() => withPaths(BLOCK, 'nobody', undefined, paths('$')), refused);
  throws(() => withPaths(BLOCK, 'chain', 'nobody', paths('$')), refused);
  throws(() => withPaths('sources: no list', 'one', undefined, paths('$')), refused);
  throws(() => withSource('sources: [{ name: a }]', ['name: b']), refused);
  throws(() => withSource('sources: []', ['name: b']), refused);
});

test('a draft is named after the last word of its path', () => {
  strictEqual(draftName('/workspaces/{workspace_id}/approval-requests?start={now-7}', []), 'approval-requests');
  strictEqual(draftName('https://api.clockify.me/api/v1/user', ['user']), 'user-2');
  strictEqual(draftName('reports:/workspaces/{workspace_id}', []), 'workspaces');
  strictEqual(draftName('/{workspace_id}', []), 'endpoint');
});

test('paging is what the answer shows', () => {
  const exchange = { method: 'GET', url: '', requestHeaders: {}, requestBody: undefined, status: 200, bytes: 0 };
  ok(pagingOf({ ...exchange, headers: { 'last-page': 'true' } })?.includes('last_page_header: last-page'));
  strictEqual(pagingOf({ ...exchange, headers: { link: '<x>; rel="next"' } }), '{ type: link-header }');
  strictEqual(pagingOf({ ...exchange, headers: {} }), undefined);
  strictEqual(pagingOf(undefined), undefined);
});
