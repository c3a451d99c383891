import { deepEqual, equal, ok } from 'node:assert/strict';
import { test } from 'node:test';
import { hintsOf, KEY, lint, MINIMAL, problemsOf } from './support.ts';

/** What is reported first of the YAML itself; a parser that has lost its way says more. */
function first(text: string): string | undefined {
  return problemsOf(lint(text)).filter((problem) => !/: is not a known key|: is missing/.test(problem))[0];
}

test('what is wrong with the YAML is said in plain words and at its place', () => {
  deepEqual(
    [
      'a: 1\n\tb: 2',
      'a: 1\nb: 2\na: 3',
      'a: "x',
      'a: b: c',
      'a: @x',
      'a: !x 1',
      'a: 1\n---\nb: 2',
      '{ a: 1',
      '? [a]\n: b',
      'a: "\\q"',
      'a: *nowhere',
      'a: { <<: 1 }',
      '- a',
      'text',
    ].map(first),
    [
      '2:1 : a tab is used as indentation',
      '3:1 a: the key is there twice, first in line 1',
      '1:6 : a quote, bracket, brace or colon is missing',
      '1:4 : there is a second key or colon in this value',
      '1:4 : a plain value cannot start with this character',
      '1:4 : tags are not read',
      '2:1 : a second document starts here',
      '1:7 : a quote, bracket, brace or colon is missing',
      '1:3 : a key should be plain text',
      '1:5 : this backslash is no escape in double quotes',
      '1:4 a: the anchor "nowhere" is not defined above',
      '1:6 a."<<": merge keys are not read',
      '1:1 : the file should be a map of keys',
      '1:1 : the file should be a map of keys',
    ],
  );
});

test('an empty file asks for what is needed', () => {
  for (const text of ['', '# nothing\n', '---\n']) {
    deepEqual(
      lint(text).problems.map(({ path, message }) => `${path} ${message}`),
      ['credentials is missing', 'sources is missing'],
    );
  }
});

test('an anchor gives its value again', () => {
  const { config, problems } = lint(
    MINIMAL.replace(
      'credential: acme }',
      'credential: acme, every: &often 7s }\n  - { name: w, template: workspaces, credential: acme, every: *often }',
    ),
  );
  deepEqual(problems, []);
  deepEqual(
    config?.sources.map(({ everyMs }) => everyMs),
    [7_000, 7_000],
  );
});

test('anchors that multiply or contain themselves end in one problem', () => {
  const laughs = ['a: &a [x, x, x, x, x, x, x, x, x]'];
  for (const [to, from] of ['ba', 'cb', 'dc', 'ed', 'fe', 'gf', 'hg']) {
    laughs.push(`${to}: &${to} [${Array(9).fill(`*${from}`).join(', ')}]`);
  }
  const tooMuch = 'the file is too deep or too large once its anchors are followed';
  equal(lint(laughs.join('\n')).problems.filter(({ message }) => message === tooMuch).length, 1);
  equal(lint('a: &a [*a]').problems.filter(({ message }) => message === tooMuch).length, 1);
  equal(lint('a: &a { b: { c: *a } }').problems.filter(({ message }) => message === tooMuch).length, 1);
});

test('a file that is too large, too deep or of another kind is refused, not followed', () => {
  deepEqual(problemsOf(lint('#'.repeat(1_048_577))), ['0:0 : the file is larger than 1 MiB']);
  ok(first('['.repeat(100_000)));
  equal(first(`a: ${'{ a: '.repeat(100)}x${' }'.repeat(100)}`)?.endsWith('its anchors are followed'), true);
  ok(first(`${MINIMAL}app: "\u0000"\n`));
  deepEqual(problemsOf(lint(`${MINIMAL}app: a\uE001b\n`)), ['5:7 : a private-use character stands here']);
});

test('a file of a hundred thousand keys is read in time', { timeout: 20_000 }, () => {
  const keys = Array.from({ length: 100_000 }, (_, index) => `k${index}: 1`);
  equal(lint(keys.join('\n')).problems.length, 100);
});

test('P7: no message quotes the text around a mistake', () => {
  for (const text of [
    `a: "${KEY}`,
    `a: "x" ${KEY}`,
    `- ${KEY}: x\n y`,
    `api_key:${KEY}`,
    `a: *${KEY} x`,
    `!${KEY} x`,
  ]) {
    const found = JSON.stringify(lint(text).problems.map(({ message, hint }) => message + hint));
    ok(!found.includes(KEY), found);
  }
});

test('lines and columns are counted from one, in a file with Windows line ends too', () => {
  deepEqual(problemsOf(lint(MINIMAL.replaceAll('\n', '\r\n').concat('app: a b\r\n'))), [
    '5:6 app: "a b" is not a name',
  ]);
  deepEqual(hintsOf(lint(`${MINIMAL}app: a b`)), ['Up to 64 characters. Letters, digits, ".", "_" and "-".']);
});
