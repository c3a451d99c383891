import { strict as assert } from 'node:assert';
import { test } from 'node:test';
import { templates } from '../../src/clockify/templates/catalogue.ts';
import { loadConfig } from '../../src/config/load-config.ts';
import { placeOf, serve } from '../support/feature-place.ts';

/** The credential, what a run tells of itself, and what is refused before it. */
const things = (...ids: string[]) => ids.map((id) => ({ id, name: `thing ${id}` }));

test('N24: the key of a credential is sent with every request, whichever step makes it, and stands in no log', async (t) => {
  const api = await serve(t, ({ path }) => (path.endsWith('/list') ? things('a', 'b') : { id: path.slice(-1) }));
  const steps = [
    { name: 'list', url: `${api.url}/list` },
    { name: 'one', url: `${api.url}/one/{item.id}`, data_path: '$' },
  ];
  const place = placeOf(t, { url: api.url, apiKey: 'secret-key-41' });
  const { code, out, err } = await place.run([{ name: 'things', key: '$.id', steps }], ['--once'], {
    env: { CLOCKIFY_KAFKA_LOG_LEVEL: 'trace' },
  });
  assert.equal(code, 0, err);
  assert.ok(api.asked.length >= 3);
  for (const { headers } of api.asked) assert.equal(headers['x-api-key'], 'secret-key-41');
  assert.ok(!(out + err).includes('secret-key-41'));
});

test('N24: a URL whose host is none of the credential’s is refused before it is asked', async (t) => {
  const stranger = await serve(t, () => things('a'));
  const api = await serve(t, () => things('a'));
  const place = placeOf(t, api);
  const source = { name: 'things', key: '$.id', endpoint: { url: `${stranger.url}/things` } };
  const { code, err } = await place.lint([source]);
  assert.equal(code, 2, err);
  assert.equal((await place.runOnce([source])).code, 2);
  assert.equal(stranger.asked.length, 0);
});

test('N24: the hosts follow the region or the subdomain', () => {
  const hosts = (credential: string) => {
    const text = `credentials: { acme: { api_key: abcdefghijklmnop, ${credential} } }`;
    const readFile = () => `${text}\nsources: [{ name: users, template: users, credential: acme }]`;
    const { credentials } = loadConfig({ file: '/a.yaml', env: {}, templates, readFile });
    return [credentials.acme?.baseUrl, credentials.acme?.reportsUrl];
  };
  assert.deepEqual(hosts('region: global'), ['https://api.clockify.me/api/v1', 'https://reports.api.clockify.me/v1']);
  for (const region of ['euc1', 'use2', 'euw2', 'apse2']) {
    const host = `https://${region}.clockify.me`;
    assert.deepEqual(hosts(`region: ${region}`), [`${host}/api/v1`, `${host}/report/v1`]);
  }
  assert.deepEqual(hosts('subdomain: acme'), ['https://acme.clockify.me/api/v1', 'https://acme.clockify.me/report/v1']);
});

test('N28: each run tells its records by kind, its dead letters, its errors and how long it took', async (t) => {
  let items: readonly object[] = things('a', 'b', 'c');
  let isRefused = false;
  const api = await serve(t, (_asked, response) => {
    response.statusCode = isRefused ? 403 : 200;
    return items;
  });
  const place = placeOf(t, api);
  const source = { name: 'things', key: '$.id', endpoint: { url: `${api.url}/things` } };
  const sweepOf = (log: readonly Readonly<Record<string, unknown>>[]) =>
    log.find(({ event, slice }) => event === 'sweep.complete' && slice === 'things') ?? assert.fail('no sweep');

  const first = sweepOf((await place.runOnce([source])).log);
  assert.deepEqual([first.extracted, first.published], [3, { r: 3, c: 0, u: 0, d: 0 }]);
  assert.equal(typeof first.tookMs, 'number');

  items = [{ id: 'a', name: 'another' }, { id: 'b', name: 7 }, ...things('c', 'd')];
  const second = sweepOf((await place.runOnce([source])).log);
  assert.deepEqual(
    [second.extracted, second.unchanged, second.deadLettered, second.published],
    [4, 1, 1, { r: 0, c: 1, u: 1, d: 0 }],
  );

  isRefused = true;
  const { code, log } = await place.runOnce([source]);
  assert.equal(code, 2, 'a run that was not whole is no success');
  assert.ok(!log.some(({ event }) => event === 'sweep.complete'));
  const fault = log.find(({ event }) => event === 'fault');
  assert.deepEqual([fault?.code, fault?.kind, fault?.level], ['clockify.forbidden', 'config', 'error']);
});

test('N29: a configuration is checked before anything is asked, each problem with its line, and 0 or 2 says how it ended', async (t) => {
  const api = await serve(t, () => things('a'));
  const place = placeOf(t, api);
  const endpoint = { url: `${api.url}/things` };
  const right = { name: 'things', key: '$.id', endpoint };
  /** By the key whose fault it is. */
  const wrong = {
    evry: { ...right, evry: '1s' },
    'endpoint.data_path': { ...right, endpoint: { ...endpoint, data_path: '$.[' } },
    'endpoint.url': { ...right, endpoint: { url: `${api.url}/{nobody}?a={now-x}` } },
    time_unit: { ...right, time_unit: 'fortnight' },
    'endpoint.date_format': {
      ...right,
      endpoint: { ...endpoint, url: `${api.url}/a?b={now}`, date_format: 'yyyy-QQQQQQQ' },
    },
    cron: { ...right, cron: '0 0 30 2 *' },
    once: { ...right, every: '1s', once: true },
    template: { name: 'a', template: 'invoices' },
    credential: { ...right, credential: 'nobody' },
  };
  const sources = Object.values(wrong).map((source, index) => ({ ...source, name: `wrong-${index}` }));
  const { code, err } = await place.lint(sources);
  assert.equal(code, 2);
  for (const [index, path] of Object.keys(wrong).entries()) {
    assert.match(err, new RegExp(`clockify-kafka\\.yaml:4:\\d+: sources\\[${index}\\]\\.${path}: `));
  }
  assert.equal((await place.runOnce([wrong.evry])).code, 2);
  assert.equal(api.asked.length, 0, 'nothing was asked');
  assert.equal((await place.lint([right])).code, 0);
  assert.equal((await place.runOnce([right])).code, 0);
});

test('lines are for people with --log-format pretty, and --log-level says which', async (t) => {
  const api = await serve(t, () => things('a'));
  const place = placeOf(t, api);
  const source = { name: 'things', key: '$.id', endpoint: { url: `${api.url}/things` } };
  const pretty = await place.run([source], ['--once', '--log-format', 'pretty', '--log-level=debug']);
  assert.equal(pretty.code, 0, pretty.err);
  assert.match(pretty.err, /^\S+ INFO .*the worker starts/m);
  assert.match(pretty.err, / DEBUG /);
  assert.deepEqual(pretty.log, [], 'no line of it is JSON');
  const json = await place.run([source], ['--once']);
  assert.ok(json.log.length > 0);
});
