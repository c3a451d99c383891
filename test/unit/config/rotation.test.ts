import { deepEqual, equal } from 'node:assert/strict';
import { mkdtempSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { loadConfig } from '../../../src/config/load-config.ts';
import { type RotationWatch, watchSecrets } from '../../../src/config/rotation.ts';
import { TEMPLATES } from './support.ts';

function scene(t: TestContext, apiKey: string, env: Record<string, string> = {}) {
  const folder = mkdtempSync(join(tmpdir(), 'clockify-kafka-rotation-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  const file = join(folder, 'config.yaml');
  const secret = join(folder, 'key');
  writeFileSync(secret, 'first-key\n');
  writeFileSync(
    file,
    `credentials: { acme: { api_key: ${apiKey} } }\nsources: [{ name: users, template: users, credential: acme }]\n`,
  );
  const variables = Object.fromEntries(Object.entries(env).map(([name, value]) => [name, value.replace('@', folder)]));
  const options = { file, env: variables, templates: TEMPLATES };
  const told: unknown[] = [];
  const clock = { ms: 0 };
  const watch = {
    now: () => clock.ms,
    onRotated: ({ credentials, secrets }: Parameters<RotationWatch['onRotated']>[0]) =>
      void told.push([credentials, secrets]),
    onFault: () => void told.push('fault'),
  };
  const { keyOf } = watchSecrets(options, loadConfig(options), watch);
  const later = (ms = 5_000) => {
    clock.ms += ms;
    return keyOf('acme');
  };
  return { folder, secret, told, keyOf, later };
}

const BY_REFERENCE = `"\${file:key}"`;
const BY_VARIABLE = `"\${KEY}"`;

for (const [how, apiKey, env] of [
  ['a file that the configuration names', BY_REFERENCE, {}],
  ['a file that a variable names', BY_VARIABLE, { KEY_FILE: '@/key' }],
] as const) {
  test(`P7: another key in ${how} is used without a restart, and told before that`, (t) => {
    const { secret, told, keyOf, later } = scene(t, apiKey, env);
    equal(later(), 'first-key');
    writeFileSync(secret, 'second-key\n');
    equal(keyOf('acme'), 'first-key', 'it is not looked at all the time');
    equal(later(), 'second-key');
    deepEqual(told, [[['acme'], ['second-key']]]);
    equal(later(), 'second-key');
    equal(told.length, 1);
  });
}

test('a secret that is mounted as a link to a folder is found when the link moves', (t) => {
  const { folder, secret, later } = scene(t, BY_REFERENCE);
  writeFileSync(join(folder, 'new'), 'second-key');
  rmSync(secret);
  symlinkSync(join(folder, 'new'), secret);
  equal(later(), 'second-key');
  writeFileSync(join(folder, 'newer'), 'third--key');
  symlinkSync(join(folder, 'newer'), join(folder, 'link'));
  renameSync(join(folder, 'link'), secret);
  equal(later(), 'third--key');
});

test('a file that is empty or away for a moment leaves the old key, and is told once', (t) => {
  const { secret, told, later } = scene(t, BY_REFERENCE);
  writeFileSync(secret, '');
  equal(later(), 'first-key');
  equal(later(), 'first-key');
  deepEqual(told, ['fault']);
  rmSync(secret);
  equal(later(), 'first-key');
  writeFileSync(secret, 'second-key');
  equal(later(), 'second-key');
});

test('a key that stands in no file is never looked for', (t) => {
  const { secret, told, later } = scene(t, 'a-key-in-the-file-itself');
  writeFileSync(secret, 'second-key');
  equal(later(), 'a-key-in-the-file-itself');
  deepEqual(told, []);
});

/** Kafka and the registry, whose secrets stand in files of their names. */
function servers(t: TestContext, lines: readonly string[], files: Readonly<Record<string, string>>) {
  const folder = mkdtempSync(join(tmpdir(), 'clockify-kafka-rotation-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  const file = join(folder, 'config.yaml');
  const write = (name: string, text: string) => writeFileSync(join(folder, name), text);
  const configure = (more: readonly string[]) =>
    write('config.yaml', [`credentials: { acme: { api_key: "\${file:key}" } }`, SOURCES, ...more].join('\n'));
  for (const [name, text] of Object.entries({ key: 'the-api-key', ...files })) write(name, text);
  configure(lines);
  const options = { file, env: {}, templates: TEMPLATES };
  const told: unknown[] = [];
  const { keyOf, access } = watchSecrets(options, loadConfig(options), {
    now: () => 0,
    onRotated: ({ credentials, settings, secrets }) => void told.push([credentials, settings, secrets]),
    onFault: (message) => void told.push(message),
  });
  return { write, configure, told, keyOf, access };
}

const SOURCES = 'sources: [{ name: users, template: users, credential: acme }]';
const SCRAM = `kafka: { tls: true, sasl_mechanism: scram-sha-512, sasl_username: me, sasl_password: "\${file:password}" }`;
const REGISTRY = `registry: { url: https://r, username: "\${file:user}", password: "\${file:secret}" }`;

test('P7: passwords of Kafka and the registry are those of the files, each time, and told before that', (t) => {
  const { write, told, access } = servers(t, [SCRAM, REGISTRY], { password: 'first', user: 'one', secret: 'third' });
  deepEqual(access().kafka.sasl, { mechanism: 'scram-sha-512', username: 'me', password: 'first' });
  write('password', 'second');
  deepEqual(access().kafka.sasl, { mechanism: 'scram-sha-512', username: 'me', password: 'second' });
  deepEqual(told, [[[], ['kafka.sasl_password'], ['the-api-key', 'second', 'third']]]);
  write('user', 'two');
  write('secret', 'fourth');
  const { username, password, token } = access().registry;
  deepEqual([username, password, token], ['two', 'fourth', undefined]);
  deepEqual(told.at(-1), [[], ['registry.username', 'registry.password'], ['the-api-key', 'second', 'fourth']]);
  equal(told.length, 2);
});

test('P7: a client secret, a token and the password of a key are renewed as well', (t) => {
  const oauth = `sasl_mechanism: oauthbearer, oauth_token_url: https://t, oauth_client_id: me, oauth_client_secret: "\${file:oauth}"`;
  const tls = `tls_certificate: ./c.pem, tls_key: ./k.pem, tls_key_password: "\${file:lock}"`;
  const lines = [
    `kafka: { tls: true, ${tls}, ${oauth} }`,
    `registry: { url: https://r, token: "\${file:token}", ${tls} }`,
  ];
  const { write, told, access } = servers(t, lines, { oauth: 'first', lock: 'first-lock', token: 'first-token' });
  write('oauth', 'second');
  write('lock', 'second-lock');
  write('token', 'second-token');
  const { kafka, registry } = access();
  equal(kafka.sasl?.mechanism === 'oauthbearer' && kafka.sasl.clientSecret, 'second');
  deepEqual(
    [kafka.tls?.keyPassword, registry.tls?.keyPassword, registry.token],
    ['second-lock', 'second-lock', 'second-token'],
  );
  equal((told as unknown[][]).length, 1);
});

test('another way to be let in waits for a restart, and what is away for a moment leaves the old secret', (t) => {
  const { write, configure, told, access } = servers(t, [SCRAM], { password: 'first', token: 'a-token' });
  write('password', '');
  deepEqual([access().kafka.sasl, told.length], [{ mechanism: 'scram-sha-512', username: 'me', password: 'first' }, 1]);
  configure([SCRAM.replace('scram-sha-512', 'plain'), `registry: { url: https://r, token: "\${file:token}" }`]);
  write('password', 'second');
  deepEqual(access().kafka.sasl, { mechanism: 'scram-sha-512', username: 'me', password: 'first' });
  equal(access().registry.token, undefined);
  equal(told.length, 1);
});

test('P7: a key that is found on the way to a server is that of the next request as well', (t) => {
  const { write, told, keyOf, access } = servers(t, [SCRAM], { password: 'first' });
  write('key', 'another-api-key');
  access();
  deepEqual([keyOf('acme'), told], ['another-api-key', [[['acme'], [], ['another-api-key', 'first']]]]);
});
