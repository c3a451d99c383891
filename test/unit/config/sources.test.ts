import { deepEqual, equal } from 'node:assert/strict';
import { test } from 'node:test';
import { hintsOf, lint, problemsOf } from './support.ts';

function withSources(...sources: readonly string[]) {
  const lines = [
    'credentials:',
    `  acme: { api_key: \${CLOCKIFY_API_KEY} }`,
    'sources:',
    ...sources.map((source) => `  - { ${source}, credential: acme }`),
  ];
  return lint(lines.join('\n'));
}

function first(source: string) {
  const result = withSources(`name: s, ${source}`);
  deepEqual(problemsOf(result), []);
  return result.config?.sources[0];
}

test('a parameter takes all, one id, or a list', () => {
  const parameters = (keys: string) => first(`template: time-entries${keys}`)?.parameters;
  deepEqual(parameters(''), { workspace: 'all', user: 'all' });
  deepEqual(parameters(', workspace: all, user: a1'), { workspace: 'all', user: ['a1'] });
  deepEqual(parameters(', workspace: [a, b, a], user: "c, d"'), { workspace: ['a', 'b'], user: ['c', 'd'] });
  deepEqual(problemsOf(withSources('name: s, template: users, workspace: [a, Acme Inc, all]')), [
    '4:48 sources[0].workspace[1]: "Acme Inc" is not an id',
  ]);
  deepEqual(problemsOf(withSources('name: s, template: users, workspace: []')), [
    '4:44 sources[0].workspace: is an empty list',
  ]);
  deepEqual(problemsOf(withSources('name: s, template: workspaces, workspace: a')), [
    '4:38 sources[0].workspace: is not a known key',
  ]);
});

test('an id that YAML would read as a number stays as it is written', () => {
  const ids = [
    '640000000000000000000001',
    '64000000000000000000001e',
    '123456789012345678e12345',
    '000000000000000000000001',
  ];
  deepEqual(first(`template: users, workspace: [${ids.join(', ')}]`)?.parameters.workspace, ids);
});

test('filters are those of the template, checked and typed', () => {
  deepEqual(first('template: users, status: ALL, include_roles: true, filter_name: Jo')?.filters, {
    status: 'ALL',
    include_roles: true,
    name: 'Jo',
  });
  deepEqual(first('template: workspaces, roles: [OWNER]')?.filters, { roles: ['OWNER'] });
  deepEqual(first('template: time-entries, tags: a')?.filters, { tags: ['a'] });
  const wrong = withSources('name: s, template: users, status: all, include_roles: 1');
  deepEqual(problemsOf(wrong), [
    '4:41 sources[0].status: "all" is not a value of this filter',
    '4:61 sources[0].include_roles: "1" is not true or false',
  ]);
  equal(hintsOf(wrong)[0], 'Did you mean "ALL"? One of ACTIVE, INACTIVE, ALL.');
  deepEqual(problemsOf(withSources('name: s, template: workspaces, status: ALL')), [
    '4:38 sources[0].status: is not a known key',
  ]);
});

test('topic, page size, interval and ignored fields are set by a source', () => {
  const source = first('template: users, topic: my.users, page_size: 50, every: 90s, ignore_changes: [email]');
  deepEqual(
    [source?.topic, source?.pageSize, source?.everyMs, source?.ignoreChanges],
    ['my.users', 50, 90_000, ['email']],
  );
  deepEqual(first('template: users, ignore_changes: []')?.ignoreChanges, []);
  for (const [keys, problem] of [
    ['topic: a b', '"a b" is not a topic name'],
    ['topic: ..', '".." is not a topic name'],
    [`topic: ${'x'.repeat(250)}`, `"${'x'.repeat(57)}..." is not a topic name`],
    ['page_size: 0', '"0" is not a whole number from 1 to 5000'],
    ['every: 500ms', '"500ms" is out of range'],
    ['ignore_changes: [nothing]', '"nothing" is not a field'],
  ]) {
    deepEqual(
      withSources(`name: s, template: users, ${keys}`).problems.map(({ message }) => message),
      [problem],
    );
  }
});

test('P2: two sources that would write the same keys to one topic are refused', () => {
  const conflict = withSources('name: a, template: users', 'name: b, template: users, workspace: [w1]');
  deepEqual(problemsOf(conflict), [
    '5:5 sources[1].topic: would write the same keys to clockify.users as "a" (line 4)',
  ]);
  const overlap = withSources(
    'name: a, template: users, workspace: [w1, w2]',
    'name: b, template: users, workspace: w2',
  );
  equal(overlap.problems.length, 1);
  const users = withSources(
    'name: a, template: time-entries, workspace: w1, user: u1',
    'name: b, template: time-entries, workspace: w1, user: u2',
  );
  equal(users.problems.length, 1);
});

test('two sources share a topic where their workspaces are disjoint, or have one each', () => {
  const apart = withSources(
    'name: a, template: users, workspace: [w1]',
    'name: b, template: users, workspace: [w2, w3]',
  );
  deepEqual(problemsOf(apart), []);
  deepEqual(problemsOf(withSources('name: a, template: users', 'name: b, template: users, topic: other')), []);
});

test('two credentials may fill one topic where no workspace is named by both', () => {
  const two = (one: string, other: string) =>
    problemsOf(
      lint(
        [
          'credentials:',
          `  acme: { api_key: \${CLOCKIFY_API_KEY} }`,
          `  beta: { api_key: \${CLOCKIFY_API_KEY} }`,
          'sources:',
          `  - { name: a, template: users, credential: acme${one} }`,
          `  - { name: b, template: users, credential: beta${other} }`,
        ].join('\n'),
      ),
    );
  deepEqual(two('', ''), []);
  deepEqual(two(', workspace: w1', ''), []);
  deepEqual(two(', workspace: w1', ', workspace: [w2]'), []);
  deepEqual(two(', workspace: w1', ', workspace: [w2, w1]'), [
    '6:5 sources[1].topic: would write the same keys to clockify.users as "a" (line 5)',
  ]);
});

test('what two credentials see of an account cannot be told apart by workspaces', () => {
  const sources = ['acme', 'beta'].map((name) => `  - { name: ${name}, template: workspaces, credential: ${name} }`);
  const credentials = `credentials: { acme: { api_key: x }, beta: { api_key: y } }`;
  const found = lint([credentials, 'sources:', ...sources].join('\n'));
  deepEqual(problemsOf(found), [
    '4:5 sources[1].topic: would write the same keys to clockify.workspaces as "acme" (line 3)',
  ]);
  deepEqual(hintsOf(found), ['Give one of them a topic of its own.']);
});

test('a topic has rows of one template, and none of the worker itself', () => {
  const found = withSources(
    'name: a, template: users, workspace: w1',
    'name: b, template: time-entries, workspace: w2, topic: clockify.users',
    'name: c, template: users, topic: dlq.clockify',
    'name: d, template: users, topic: __clockify-kafka.default.state',
  );
  deepEqual(problemsOf(found), [
    '5:62 sources[1].topic: clockify.users is the topic of "a" (line 4), of another template',
    "6:40 sources[2].topic: dlq.clockify is the worker's own topic",
    "7:40 sources[3].topic: __clockify-kafka.default.state is the worker's own topic",
  ]);
});

test('a name is used once', () => {
  deepEqual(problemsOf(withSources('name: a, template: users', 'name: a, template: workspaces')), [
    '5:13 sources[1].name: a is taken in line 4',
  ]);
});

test('sources of the wrong kind are refused', () => {
  const credentials = 'credentials: { acme: { api_key: x } }\n';
  const found = ['sources: x', 'sources:', 'sources: [x, [y]]', 'sources: [{}]'].map((text) =>
    problemsOf(lint(credentials + text)),
  );
  deepEqual(found, [
    ['2:10 sources: is text and should be a list'],
    ['2:9 sources: is empty and should be a list'],
    ['2:11 sources[0]: is text and should be a map', '2:14 sources[1]: is a list and should be a map'],
    [
      '2:11 sources[0].name: is missing',
      '2:11 sources[0].template: is missing',
      '2:11 sources[0].credential: is missing',
    ],
  ]);
});
