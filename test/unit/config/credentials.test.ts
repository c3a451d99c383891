import { deepEqual, equal } from 'node:assert/strict';
import { test } from 'node:test';
import { hintsOf, lint, problemsOf } from './support.ts';

function withCredential(keys: string) {
  const text = [
    'credentials:',
    `  acme: { api_key: \${CLOCKIFY_API_KEY}${keys === '' ? '' : `, ${keys}`} }`,
    'sources:',
    '  - { name: users, template: users, credential: acme }',
  ];
  return lint(text.join('\n'));
}

function credential(keys: string) {
  const result = withCredential(keys);
  deepEqual(problemsOf(result), []);
  return result.config?.credentials.acme;
}

function messages(keys: string): string[] {
  return withCredential(keys).problems.map(
    ({ path, message }) => `${path.replace('credentials.acme.', '')} ${message}`,
  );
}

test('each region has its own addresses, and the key may go to those alone', () => {
  const of = (keys: string) => {
    const found = credential(keys);
    return [found?.region, found?.baseUrl, found?.reportsUrl, found?.allowedOrigins];
  };
  deepEqual(of('region: euc1'), [
    'euc1',
    'https://euc1.clockify.me/api/v1',
    'https://euc1.clockify.me/report/v1',
    ['https://euc1.clockify.me'],
  ]);
  deepEqual(of('subdomain: acme'), [
    'global',
    'https://acme.clockify.me/api/v1',
    'https://acme.clockify.me/report/v1',
    ['https://acme.clockify.me'],
  ]);
  deepEqual(of('base_url: "http://127.0.0.1:4000/"'), [
    'global',
    'http://127.0.0.1:4000/api/v1',
    'http://127.0.0.1:4000/report/v1',
    ['http://127.0.0.1:4000'],
  ]);
  deepEqual(of('base_url: https://proxy.example/clockify/api/v1/, reports_url: https://reports.example/v1'), [
    'global',
    'https://proxy.example/clockify/api/v1',
    'https://reports.example/v1',
    ['https://proxy.example', 'https://reports.example'],
  ]);
  deepEqual(of('base_url: https://use2.clockify.me/api/v1').slice(0, 3), [
    'use2',
    'https://use2.clockify.me/api/v1',
    'https://use2.clockify.me/report/v1',
  ]);
  deepEqual(of('base_url: https://api.clockify.me/api/v1').slice(0, 3), [
    'global',
    'https://api.clockify.me/api/v1',
    'https://reports.api.clockify.me/v1',
  ]);
});

test('P7: an address that would expose the key is refused, with the reason', () => {
  const reasons = [
    'http://api.clockify.me/api/v1',
    'http://127.0.0.1.example.com',
    'http://localhost.example.com',
    'https://user:pass@api.clockify.me',
    'https://@api.clockify.me',
    'https://api.clockify.me/api/v1?x=1',
    'https://api.clockify.me/api/v1#x',
    'https://169.254.169.254/latest',
    'http://[fe80::1]/',
    'ftp://api.clockify.me',
    'api.clockify.me',
    'https:/api.clockify.me',
    'https:///api.clockify.me/api/v1',
    'https://api.clockify.me\\@evil.example',
  ].map((url) => messages(`base_url: '${url}'`)[0]);
  deepEqual(reasons, [
    'base_url would send the API key in clear text',
    'base_url would send the API key in clear text',
    'base_url would send the API key in clear text',
    'base_url has user information in it',
    'base_url has user information in it',
    'base_url has a query or a fragment',
    'base_url has a query or a fragment',
    'base_url is a link-local address',
    'base_url is a link-local address',
    'base_url is not an https URL',
    'base_url is not an https URL',
    'base_url is not an https URL',
    'base_url is not an https URL',
    'base_url has user information in it',
  ]);
});

test('http goes to this machine', () => {
  for (const host of ['localhost', 'localhost:1', '127.0.0.1:8080', '127.9.9.9', '[::1]:8080']) {
    equal(credential(`base_url: "http://${host}/api/v1"`)?.baseUrl, `http://${host}/api/v1`);
  }
});

test('a credential has one address', () => {
  deepEqual(messages('base_url: https://api.clockify.me/api/v1, region: euc1'), [
    'region cannot stand beside base_url',
  ]);
  deepEqual(messages('subdomain: acme, region: euc1'), ['region cannot stand beside subdomain']);
});

test('both addresses of every region are those of the documentation, and each can be replaced', () => {
  const of = (keys: string) => [credential(keys)?.baseUrl, credential(keys)?.reportsUrl];
  deepEqual(of(''), ['https://api.clockify.me/api/v1', 'https://reports.api.clockify.me/v1']);
  deepEqual(of('region: global'), of(''));
  for (const region of ['euc1', 'use2', 'euw2', 'apse2']) {
    const regional = [`https://${region}.clockify.me/api/v1`, `https://${region}.clockify.me/report/v1`];
    deepEqual(of(`region: ${region}`), regional);
    deepEqual(of(`base_url: https://${region}.clockify.me/api/v1`), regional);
  }
  deepEqual(of('base_url: https://developer.clockify.me/api/v1'), [
    'https://developer.clockify.me/api/v1',
    'https://developer.clockify.me/report/v1',
  ]);
  deepEqual(of('region: euc1, reports_url: https://reports.api.clockify.me/v1'), [
    'https://euc1.clockify.me/api/v1',
    'https://reports.api.clockify.me/v1',
  ]);
  deepEqual(of('subdomain: acme, reports_url: https://euc1.clockify.me/report/v1'), [
    'https://acme.clockify.me/api/v1',
    'https://euc1.clockify.me/report/v1',
  ]);
  const { warnings } = withCredential('region: euc1, reports_url: https://proxy.example/v1');
  deepEqual(
    warnings.map(({ path, message }) => `${path}: ${message}`),
    ['credentials.acme.reports_url: sends the API key to https://proxy.example outside clockify.me'],
  );
});

test('workspaces that two credentials may poll are named', () => {
  const of = (keys: string) => credential(keys)?.sharedWorkspaces;
  deepEqual([of(''), of('shared_workspaces: all'), of('shared_workspaces: [w1, w2]')], [[], 'all', ['w1', 'w2']]);
});

test('a subdomain is one label of a workspace', () => {
  for (const label of ['a.b', 'xn--80ak6aa92e', '-a', 'https://acme.clockify.me']) {
    deepEqual(messages(`subdomain: "${label}"`), [
      `subdomain ${JSON.stringify(label)} is not the subdomain of a workspace`,
    ]);
  }
  deepEqual(messages('subdomain: euc1'), ['subdomain "euc1" is a host of Clockify itself']);
});

test('P6: the rate follows the plan, and one above what Clockify answers is warned of', () => {
  const HOUR_MS = 3_600_000;
  const rate = (keys: string) => credential(keys)?.rate;
  deepEqual(rate('plan: paid'), { requests: 10, windowMs: 1_000, burst: 10 });
  deepEqual(rate('plan: free'), { requests: 30, windowMs: HOUR_MS, burst: 30 });
  deepEqual(rate('rate: 600/m, burst: 7'), { requests: 600, windowMs: 60_000, burst: 7 });
  deepEqual(rate('rate: 3/s, burst: 7'), { requests: 3, windowMs: 1_000, burst: 3 });
  deepEqual(credential('rate: 3/s, burst: 2')?.reportsRate, { requests: 10, windowMs: 1_000, burst: 10 });
  deepEqual(credential('plan: free')?.reportsRate, { requests: 30, windowMs: HOUR_MS, burst: 30 });
  deepEqual(credential('reports_rate: 5/m')?.reportsRate, { requests: 5, windowMs: 60_000, burst: 5 });
  const warnings = (keys: string) => withCredential(keys).warnings.map(({ message }) => message);
  deepEqual(warnings('plan: free'), []);
  deepEqual(warnings('rate: 50/s'), []);
  deepEqual(warnings('rate: 60/s'), ['allows 60 requests in 1 s, and Clockify answers 50 on a paid plan']);
  deepEqual(warnings('rate: 600/m'), ['allows 600 requests in 1 s, and Clockify answers 50 on a paid plan']);
  deepEqual(warnings('rate: 600/m, burst: 10'), []);
  deepEqual(warnings('plan: free, rate: 1/m'), [
    'allows 60 requests in 3600 s, and Clockify answers 30 on a free plan',
  ]);
  deepEqual(warnings('rate: 500/s, base_url: "http://localhost:1"'), []);
});

test('a host outside clockify.me is warned of', () => {
  const warnings = (url: string) => withCredential(`base_url: "${url}"`).warnings.map(({ message }) => message);
  deepEqual(warnings('https://proxy.example'), ['sends the API key to https://proxy.example outside clockify.me']);
  deepEqual(warnings('https://api.clockify.me.example'), [
    'sends the API key to https://api.clockify.me.example outside clockify.me',
  ]);
  deepEqual(warnings('https://api.clockify.me:8443'), [
    'sends the API key to https://api.clockify.me:8443 outside clockify.me',
  ]);
  deepEqual(warnings('http://localhost:1'), []);
});

test('a key, a rate or a credential of the wrong kind is refused without showing a key', () => {
  const lines = [
    'credentials:',
    '  Acme: { api_key: x }',
    '  one: text',
    '  two: { api_key: [a, b] }',
    '  three: { plan: free }',
    '  four: { api_key: a b }',
    '  five: { api_key: x, rate: 8 }',
    '  __proto__: { api_key: x }',
    'sources: [{ name: users, template: users, credential: one }]',
  ];
  const result = lint(lines.join('\n'));
  deepEqual(problemsOf(result), [
    '2:3 credentials.Acme: is not a name',
    '3:8 credentials.one: is text and should be a map',
    '4:19 credentials.two.api_key: is a list and should be an API key',
    '5:10 credentials.three.api_key: is missing',
    '6:20 credentials.four.api_key: has characters that an API key cannot have',
    '7:29 credentials.five.rate: "8" is not a rate of requests',
    '8:3 credentials.__proto__: is not a name',
  ]);
  equal(hintsOf(result)[5], 'A whole number and a unit of time: 10/s, 600/m, 25/h.');
});
