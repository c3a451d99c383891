import { strict as assert } from 'node:assert';
import { test } from 'node:test';
import { startSimulator } from '../../src/simulator/simulator.ts';
import { placeOf, serve } from '../support/feature-place.ts';

/** What a manual endpoint sends, as the far side gets it. */
const DAY_MS = 86_400_000;

test('N14: an endpoint is called by GET, POST or PUT', async (t) => {
  const api = await serve(t, ({ method }) => [{ id: method }]);
  const source = (method: string) => ({
    name: `by-${method.toLowerCase()}`,
    key: '$.id',
    endpoint: { method, url: `${api.url}/things` },
  });
  const { code, lines, err } = await placeOf(t, api).runOnce(['GET', 'POST', 'PUT'].map(source));
  assert.equal(code, 0, err);
  assert.deepEqual(lines.map(({ topic, key }) => [topic, key.id]).sort(), [
    ['clockify.by_get', 'GET'],
    ['clockify.by_post', 'POST'],
    ['clockify.by_put', 'PUT'],
  ]);
});

test('N15: a URL is whole or from the base on, of either host, with parameters in it', async (t) => {
  const simulator = await startSimulator({ seed: 2, workspaces: 2, users: 3, days: 3 });
  t.after(() => simulator.close());
  const report = {
    method: 'POST',
    url: 'reports:/workspaces/{workspace_id}/reports/summary',
    body: {
      dateRangeStart: '{now-9}',
      dateRangeEnd: '{now}',
      summaryFilter: { groups: ['USER'] },
      exportType: 'JSON',
    },
    date_format: "yyyy-MM-dd'T'HH:mm:ss",
    data_path: '$.groupOne[*]',
  };
  const { code, lines, err } = await placeOf(t, simulator).runOnce([
    {
      name: 'whole',
      key: '$.id',
      endpoint: { url: `${simulator.url}/workspaces/{workspace_id}/user-groups?page-size=99` },
    },
    { name: 'relative', key: '$.id', endpoint: { url: '/workspaces/{workspace}/tags?page-size=99' } },
    { name: 'report', key: '$.name', time_unit: 'day', endpoint: report },
  ]);
  assert.equal(code, 0, err);
  for (const workspace of simulator.world.store.workspaceIds()) {
    for (const topic of ['whole', 'relative', 'report']) {
      assert.ok(
        lines.some((line) => line.topic === `clockify.${topic}` && line.key.workspace_id === workspace),
        topic,
      );
    }
  }
  const reports = simulator.requests.entries.filter(
    ({ method, path }) => method === 'POST' && path.startsWith('/report/v1/'),
  );
  assert.equal(new Set(reports.map(({ workspaceId }) => workspaceId)).size, 2);
});

test('N16 N17 N21 N23: times stand in URL, headers and body, in a Java pattern, and parameters in the body too', async (t) => {
  const workspace = '64a687e29ae1f428e7ebe303';
  const api = await serve(t, ({ method }) => [{ id: method === 'GET' ? workspace : 'a' }]);
  const before = Date.now();
  const endpoint = {
    method: 'POST',
    url: '/workspaces/{workspace_id}/things?from={now-30}&to={now+1}&old=(now-4)&fixed=2026',
    headers: 'X-Since:{now-1}, X-Trace:on, Accept:"text/x-json, application/json"',
    body: '{"since": "{now-2}", "where": {"workspaces": ["{workspace_id}"], "text": "as it is", "n": 3}}',
    date_format: 'yyyyMMdd',
    time_unit: 'day',
  };
  const { code, err } = await placeOf(t, api).runOnce([{ name: 'times', key: '$.id', endpoint }]);
  assert.equal(code, 0, err);
  const day = (offset: number) => new Date(before + offset * DAY_MS).toISOString().slice(0, 10).replaceAll('-', '');
  const asked = api.asked.find(({ method }) => method === 'POST');
  assert.equal(
    asked?.path,
    `/api/v1/workspaces/${workspace}/things?from=${day(-30)}&to=${day(1)}&old=${day(-4)}&fixed=2026`,
  );
  const { 'x-since': since, 'x-trace': trace, accept, 'x-api-key': key } = asked?.headers ?? {};
  assert.deepEqual([since, trace, accept, key], [day(-1), 'on', 'text/x-json, application/json', 'a-key']);
  assert.deepEqual(JSON.parse(asked?.body ?? ''), {
    since: day(-2),
    where: { workspaces: [workspace], text: 'as it is', n: 3 },
  });
});

test('N16: times as the practice Clockify sees them in the query', async (t) => {
  const simulator = await startSimulator({ seed: 2, workspaces: 1, users: 2, days: 2 });
  t.after(() => simulator.close());
  const endpoint = {
    url: '/workspaces/{workspace_id}/approval-requests?start={now-7}&end={now}',
    date_format: "yyyy-MM-dd'T'HH:mm:ss'Z'",
  };
  const { code, err } = await placeOf(t, simulator).runOnce([
    { name: 'approvals', key: '$.approvalRequest.id', time_unit: 'day', endpoint },
  ]);
  assert.equal(code, 0, err);
  const query = simulator.requests.entries.find(({ path }) => path.endsWith('/approval-requests'))?.query;
  const [start = '', end = ''] = ['start', 'end'].map((name) => new URLSearchParams(query).get(name) ?? '');
  assert.match(start, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/);
  assert.equal(Date.parse(end) - Date.parse(start), 7 * DAY_MS);
});

test('N17 N18: a time is written by its format, and its unit is anything from a second to a year', async (t) => {
  const api = await serve(t, () => [{ id: 'a' }]);
  const units = { second: 1_000, minute: 60_000, hour: 3_600_000, day: DAY_MS, week: 7 * DAY_MS, month: 0, year: 0 };
  const source = (unit: string) => ({
    name: unit,
    key: '$.id',
    time_unit: unit,
    endpoint: { date_format: 'epoch_millis', url: `${api.url}/${unit}?a={now-3}&b={now}` },
  });
  const endpoint = { date_format: "dd/MM/uuuu 'at' HH", url: `${api.url}/text?a={now}` };
  const { code, err } = await placeOf(t, api).runOnce([
    ...Object.keys(units).map(source),
    { name: 'text', key: '$.id', endpoint },
  ]);
  assert.equal(code, 0, err);
  const asked = (name: string) => api.asked.find(({ path }) => path.startsWith(`/api/v1/${name}?`))?.query;
  for (const [unit, ms] of Object.entries(units)) {
    const [a, b] = [Number(asked(unit)?.get('a')), Number(asked(unit)?.get('b'))];
    if (ms > 0) assert.equal(b - a, 3 * ms, unit);
    else {
      const calendar = new Date(b);
      if (unit === 'month') calendar.setUTCMonth(calendar.getUTCMonth() - 3);
      else calendar.setUTCFullYear(calendar.getUTCFullYear() - 3);
      assert.ok(Math.abs(calendar.getTime() - a) <= 3 * DAY_MS, `${unit}: by the calendar`);
    }
  }
  assert.match(asked('text')?.get('a') ?? '', /^\d\d\/\d\d\/\d{4} at \d\d$/);
});

test('N21: a header that is the credential’s or the connection’s is refused before anything starts', async (t) => {
  const place = placeOf(t, { url: 'http://127.0.0.1:9/api/v1' });
  const linted = (headers: string) => place.lint([{ name: 'a', key: '$.id', endpoint: { url: '/user', headers } }]);
  const key = await linted('X-Trace:on, X-Api-Key:abc');
  assert.equal(key.code, 2);
  assert.match(key.err, /X-Api-Key/i);
  assert.ok(!key.err.includes('abc'));
  assert.equal((await linted('Host:elsewhere')).code, 2);
  assert.equal((await linted('X-Trace:on')).code, 0);
});
