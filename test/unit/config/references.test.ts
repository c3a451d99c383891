// biome-ignore-all lint/suspicious/noTemplateCurlyInString: references are what is tested
import { deepEqual, equal, ok } from 'node:assert/strict';
import { test } from 'node:test';
import { hintsOf, KEY, lint, MINIMAL, problemsOf } from './support.ts';

test('a reference is read in block and in flow style, in quotes, and inside a longer value', () => {
  const text = [
    'credentials:',
    '  flow: { api_key: ${CLOCKIFY_API_KEY}, region: euc1 }',
    '  quoted: { api_key: "${CLOCKIFY_API_KEY}" }',
    '  block:',
    '    api_key: ${CLOCKIFY_API_KEY} # a comment',
    '  inside: { api_key: pre-${A}-${B}-post }',
    'sources:',
    '  - { name: users, template: users, credential: flow }',
    'kafka: { brokers: ${BROKERS} }',
  ].join('\n');
  const { config, problems } = lint(text, { env: { A: 'a', B: 'b', BROKERS: 'x:1,y:2' } });
  deepEqual(problems, []);
  deepEqual(
    Object.values(config?.credentials ?? {}).map(({ apiKey }) => apiKey),
    [KEY, KEY, KEY, 'pre-a-b-post'],
  );
  deepEqual(config?.kafka.brokers, ['x:1', 'y:2']);
});

test('a reference can name a file, relative to the configuration', () => {
  const text = MINIMAL.replace('${CLOCKIFY_API_KEY}', '${file:secrets/key}');
  equal(lint(text, { files: { '/etc/worker/secrets/key': `${KEY}\n` } }).config?.credentials.acme?.apiKey, KEY);
  const absolute = MINIMAL.replace('${CLOCKIFY_API_KEY}', '${file:/run/secrets/key}');
  equal(lint(absolute, { files: { '/run/secrets/key': `${KEY}\r\n` } }).config?.credentials.acme?.apiKey, KEY);
});

test('a variable that is not set may stand in the file that NAME_FILE names', () => {
  const env = { CLOCKIFY_API_KEY: undefined, CLOCKIFY_API_KEY_FILE: '/run/secrets/key' };
  equal(lint(MINIMAL, { env, files: { '/run/secrets/key': KEY } }).config?.credentials.acme?.apiKey, KEY);
});

test('what a reference cannot find is a problem at its line', () => {
  const cases = ['${NOT_SET}', '${file:none}', '${A:-b}', '${}', 'x${', '${TWO}', '${BIG}', '${EMPTY}'];
  const env = { TWO: 'x', TWO_FILE: 'y', BIG_FILE: '/big', EMPTY: '' };
  const found = cases.map((reference) =>
    problemsOf(
      lint(MINIMAL.replace('${CLOCKIFY_API_KEY}', `"${reference}"`), { env, files: { '/big': 'x'.repeat(65_537) } }),
    ),
  );
  const key = '2:20 credentials.acme.api_key:';
  deepEqual(found, [
    [`${key} needs the environment variable NOT_SET, which is not set`],
    [`${key} needs the file /etc/worker/none, which cannot be read (ENOENT)`],
    [`${key} has a reference "\${A:-b}" that is neither a variable nor a file`],
    [`${key} has a reference "\${}" that is neither a variable nor a file`],
    [`${key} has a "\${" that begins no reference`],
    [`${key} finds both TWO and TWO_FILE set`],
    [`${key} needs the file /big, which is larger than 64 KiB`],
    [`${key} needs the environment variable EMPTY, which is empty`],
  ]);
});

test('two dollars are one, and no reference', () => {
  const text = `${MINIMAL}file: { directory: "$\${HOME}/data$" }\n`;
  equal(lint(text).config?.file.directory, '${HOME}/data$');
});

test('a reference stands in values only', () => {
  const result = lint(`${MINIMAL}\${NAME}: x\n`);
  deepEqual(problemsOf(result), ['5:1 "${NAME}": a key cannot hold a reference']);
  deepEqual(hintsOf(result), ['References stand in values only.']);
});

test('P7: what came from a reference is never shown, wherever it is wrong', () => {
  const text = [
    'credentials:',
    '  acme: { api_key: "${SPACED}", region: ${SECRET}, base_url: ${URL}, rate: ${SECRET} }',
    'sources:',
    '  - { name: ${SECRET}, template: ${SECRET}, credential: ${SECRET}, every: ${SECRET}, topic: ${SPACED} }',
    '  - { name: users, template: users, credential: acme, status: ${SECRET}, workspace: [x, ${SPACED}] }',
    'kafka: { brokers: [ok:1, ${SECRET}], shards: ${SECRET} }',
    'log: ${SECRET}',
    'app: ${SPACED}',
  ].join('\n');
  const env = { SECRET: KEY, SPACED: `x ${KEY}`, URL: `http://${KEY}@example.com` };
  const { problems, warnings } = lint(text, { env });
  ok(problems.length >= 13, String(problems.length));
  const shown = JSON.stringify([problems, warnings]);
  ok(!shown.includes(KEY) && !shown.toLowerCase().includes(KEY.toLowerCase()), shown);
});

test('P7: a secret in the file itself is warned of and not shown', () => {
  const text = `${MINIMAL.replace('${CLOCKIFY_API_KEY}', KEY)}registry: { username: u, password: ${KEY} }\n`;
  const { config, warnings } = lint(text);
  equal(config?.credentials.acme?.apiKey, KEY);
  deepEqual(
    warnings.map(({ line, column, path, message }) => [line, column, path, message]),
    [
      [2, 20, 'credentials.acme.api_key', 'a secret stands in the file itself'],
      [5, 36, 'registry.password', 'a secret stands in the file itself'],
    ],
  );
  ok(!JSON.stringify(warnings).includes(KEY));
});
