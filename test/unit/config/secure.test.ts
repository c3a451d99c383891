import { deepEqual, equal, match } from 'node:assert/strict';
import { test } from 'node:test';
import { secretsOf } from '../../../src/config/secrets.ts';
import { lint, MINIMAL } from './support.ts';

const withKafka = (...lines: readonly string[]) => lint(`${MINIMAL}kafka: { ${lines.join(', ')} }\n`);
const withRegistry = (...lines: readonly string[]) => lint(`${MINIMAL}registry: { ${lines.join(', ')} }\n`);
const SCRAM = ['sasl_mechanism: scram-sha-512', 'sasl_username: me', 'sasl_password: secret-password'];
const OAUTH = ['sasl_mechanism: oauthbearer', 'oauth_client_id: me', 'oauth_client_secret: secret-of-the-client'];

test('TLS and SASL are read as they are given, and their secrets are known as secrets', () => {
  const files = [
    'tls: true',
    'tls_ca: ca.pem',
    'tls_certificate: c.pem',
    'tls_key: k.pem',
    'tls_key_password: secret-key',
  ];
  const { config, problems } = withKafka(...files, ...SCRAM);
  deepEqual(problems, []);
  deepEqual(config?.kafka.tls, {
    caFile: 'ca.pem',
    certificateFile: 'c.pem',
    keyFile: 'k.pem',
    keyPassword: 'secret-key',
  });
  deepEqual(config?.kafka.sasl, { mechanism: 'scram-sha-512', username: 'me', password: 'secret-password' });
  deepEqual(config && secretsOf(config).slice(1), ['secret-password', 'secret-key']);
});

test('oauthbearer has settings of its own', () => {
  const { config, problems } = withKafka('tls: true', ...OAUTH, 'oauth_token_url: https://login.example.com/token');
  deepEqual(problems, []);
  equal(config?.kafka.sasl?.mechanism, 'oauthbearer');
  deepEqual(config && secretsOf(config).slice(1), ['secret-of-the-client']);
});

test('the registry takes a token, or a user, and certificates where it is https', () => {
  const { config, problems } = withRegistry('url: https://registry', 'token: secret-token', 'tls_ca: ca.pem');
  deepEqual(problems, []);
  equal(config?.registry.token, 'secret-token');
  equal(config?.registry.tls?.caFile, 'ca.pem');
  deepEqual(config && secretsOf(config).slice(1), ['secret-token']);
});

for (const [what, lint, at, message] of [
  ['a mechanism without its user', () => withKafka('sasl_mechanism: scram-sha-256'), 'kafka.sasl_mechanism', /needs/],
  ['a user without a mechanism', () => withKafka('sasl_username: me'), 'kafka.sasl_username', /has no use/],
  ['a user with oauthbearer', () => withKafka(...OAUTH, 'sasl_username: me'), 'kafka.sasl_username', /has no use/],
  ['oauthbearer without its address', () => withKafka(...OAUTH), 'kafka.sasl_mechanism', /oauth_token_url/],
  [
    'a secret in clear text',
    () => withKafka(...OAUTH, 'oauth_token_url: http://login.example.com'),
    'kafka.oauth_token_url',
    /clear text/,
  ],
  ['a file without TLS', () => withKafka('tls_ca: ca.pem'), 'kafka.tls_ca', /no use without TLS/],
  [
    'a certificate without its key',
    () => withKafka('tls: true', 'tls_certificate: c'),
    'kafka.tls_certificate',
    /alone/,
  ],
  ['a registry file without https', () => withRegistry('tls_ca: ca.pem'), 'registry.tls_ca', /no use without TLS/],
  ['a token beside a user', () => withRegistry('token: t', 'username: me', 'password: p'), 'registry.token', /beside/],
] as const) {
  test(`${what} is refused where it stands`, () => {
    const found = lint().problems.find(({ path }) => path === at);
    match(found?.message ?? 'nothing was found', message);
  });
}

test('plain without TLS is warned of, for a network may be closed', () => {
  const { problems, warnings } = withKafka('sasl_mechanism: plain', 'sasl_username: me', 'sasl_password: pw');
  deepEqual(problems, []);
  equal(warnings.filter(({ path }) => path === 'kafka.sasl_mechanism').length, 1);
});
