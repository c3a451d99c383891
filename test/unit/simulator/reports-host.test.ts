import { deepStrictEqual, equal, match } from 'node:assert/strict';
import { test } from 'node:test';
import { practice } from './practice.ts';

test('reports stand under both shapes of their host, and nowhere else', async (t) => {
  const { simulator, workspaceId } = await practice(t);
  equal(simulator.reportsUrl, `${simulator.origin}/report/v1`);
  const ask = (base: string, method = 'POST') =>
    fetch(`${simulator.origin}${base}/workspaces/${workspaceId}/reports/summary`, {
      method,
      headers: { 'x-api-key': simulator.apiKey },
      ...(method === 'POST' ? { body: '{}' } : {}),
    });
  const statuses = [await ask('/report/v1'), await ask('/v1'), await ask('/api/v1')].map(({ status }) => status);
  deepStrictEqual(statuses, [400, 400, 404]);
  const read = await ask('/v1', 'GET');
  deepStrictEqual([read.status, read.headers.get('allow')], [405, 'POST']);
  const onWrongHost = await fetch(`${simulator.reportsUrl}/workspaces/${workspaceId}/projects`, {
    headers: { 'x-api-key': simulator.apiKey },
  });
  deepStrictEqual([onWrongHost.status, ((await onWrongHost.json()) as { code: number }).code], [404, 3000]);
});

test('a report needs a key and a workspace of the caller', async (t) => {
  const { report, simulator, workspaceId } = await practice(t);
  equal((await report('detailed', {}, {})).body.code, 1000);
  equal((await report('detailed', {}, { 'x-api-key': 'other' })).body.code, 4003);
  simulator.world.deactivateUser(workspaceId, simulator.world.store.rows('users', workspaceId)[1]?.id ?? '');
  equal((await report('detailed', {}, { 'x-api-key': simulator.memberKey })).status, 403);
});

test('what is missing or cannot be read is 400, whatever the report', async (t) => {
  const { report } = await practice(t);
  const attempts: readonly (readonly [body: object, code: number, message: RegExp])[] = [
    [{ dateRangeStart: undefined }, 501, /dateRangeStart/],
    [{ dateRangeEnd: null }, 501, /dateRangeEnd/],
    [{ dateRangeStart: '2026-03-01' }, 3002, /dateRangeStart/],
    [{ dateRangeEnd: '2026-02-01T00:00:00Z' }, 501, /after/],
    [{ timeZone: 'Mars/Olympus' }, 501, /zone/],
    [{ sortOrder: 'UPWARDS' }, 3002, /sortOrder/],
    [{ exportType: 'PAPER' }, 3002, /exportType/],
    [{ billable: 'yes' }, 3002, /billable/],
    [{ users: { ids: 'all' } }, 3002, /ids/],
    [{ users: [] }, 3002, /users/],
    [{ weekStart: 'MOONDAY' }, 3002, /weekStart/],
  ];
  for (const kind of ['detailed', 'summary']) {
    for (const [body, code, message] of attempts) {
      const got = await report(kind, body);
      deepStrictEqual([got.status, got.body.code], [400, code], JSON.stringify(body));
      match(got.body.message, message);
    }
  }
});

test('a body that is no JSON object is 400 with code 3002', async (t) => {
  const { simulator, workspaceId } = await practice(t);
  for (const body of ['', '{', '[]', 'null']) {
    const response = await fetch(`${simulator.reportsUrl}/workspaces/${workspaceId}/reports/detailed`, {
      method: 'POST',
      headers: { 'x-api-key': simulator.apiKey },
      body,
    });
    deepStrictEqual([response.status, ((await response.json()) as { code: number }).code], [400, 3002], body);
  }
});

test('a report is no longer than the plan allows, and the workspace says how long', async (t) => {
  const year = { dateRangeStart: '2025-04-01T00:00:00Z', dateRangeEnd: '2026-03-31T23:59:59Z' };
  const month = { dateRangeStart: '2026-03-01T00:00:00Z', dateRangeEnd: '2026-03-31T23:59:59Z' };
  const tooLong = { dateRangeStart: '2020-01-01T00:00:00Z', dateRangeEnd: '2026-03-31T23:59:59Z' };
  const plans = [
    { options: {}, statuses: [200, 200, 200], feature: 'UNLIMITED_REPORTS' },
    { options: { plan: 'free' }, statuses: [200, 400, 400], feature: 'ONE_MONTH_RANGE_REPORTS' },
    {
      options: { plan: 'free', reports: { maxRangeDays: 366 } },
      statuses: [200, 200, 400],
      feature: 'ONE_YEAR_RANGE_REPORTS',
    },
  ] as const;
  for (const { options, statuses, feature } of plans) {
    const { report, get, workspaceId } = await practice(t, options);
    const got = [await report('detailed', month), await report('detailed', year), await report('summary', tooLong)];
    deepStrictEqual(
      got.map(({ status }) => status),
      statuses,
    );
    const { features, featureSubscriptionType } = (await get(`/workspaces/${workspaceId}`)).body;
    equal(features.includes(feature), true);
    equal(featureSubscriptionType, feature === 'UNLIMITED_REPORTS' ? 'PRO_2021' : 'FREE');
    equal((await report('weekly')).status, 200);
  }
});

test('reports may be refused as a whole, and the refusal set while it runs', async (t) => {
  const { report, control } = await practice(t, { reports: { enabled: false } });
  for (const kind of ['detailed', 'summary', 'weekly']) {
    const { status, body } = await report(kind);
    deepStrictEqual([status, body], [403, { message: 'Access Denied', code: 501 }]);
  }
  await control('POST', '/settings', { reports: { enabled: true, maxRangeDays: 7 } });
  equal((await report('weekly')).status, 200);
  equal((await report('detailed')).status, 400);
});

test('reports draw from the buckets of all requests, or from their own where they have a limit', async (t) => {
  const limit = { perSecond: 1, burst: 1, retryAfter: true, body: true };
  const shared = await practice(t, { rateLimit: limit });
  equal((await shared.report('summary')).status, 200);
  equal((await shared.get(`/workspaces/${shared.workspaceId}`)).status, 429);

  const apart = await practice(t, { reportsRateLimit: limit });
  equal((await apart.report('summary')).status, 200);
  const refused = await apart.report('detailed');
  deepStrictEqual([refused.status, refused.headers.get('retry-after'), refused.body.code], [429, '1', 429]);
  equal((await apart.get(`/workspaces/${apart.workspaceId}`)).status, 200);
  await apart.control('POST', '/settings', { reportsRateLimit: null });
  equal((await apart.report('detailed')).status, 200);
});

test('the request log counts bodies and does not keep them', async (t) => {
  const { report, simulator, control } = await practice(t);
  await report('detailed', { description: 'Secret thing' });
  const [logged] = simulator.requests.entries;
  equal(logged?.path, '/report/v1/workspaces/{workspaceId}/reports/detailed');
  equal((logged?.bodyBytes ?? 0) > 100, true);
  equal(JSON.stringify((await control('GET', '/requests')).body).includes('Secret'), false);
});

test('another type of export is no JSON', async (t) => {
  const { report } = await practice(t);
  for (const [exportType, contentType] of [
    ['CSV', 'text/csv'],
    ['PDF', 'application/pdf'],
  ] as const) {
    for (const kind of ['detailed', 'summary', 'weekly']) {
      equal((await report(kind, { exportType })).headers.get('content-type'), contentType);
    }
  }
  equal((await report('detailed', { exportType: 'JSON_V1' })).body.timeentries.length > 0, true);
});

test('faults know the shapes of reports and envelopes', async (t) => {
  const { report, get, simulator, workspaceId } = await practice(t);
  const { faults } = simulator;
  const rows = (await report('detailed')).body.timeentries;
  faults.add({ times: 1, action: { kind: 'duplicateRows' } });
  deepStrictEqual((await report('detailed')).body.timeentries, [...rows, rows[0]]);
  faults.add({ times: 3, action: { kind: 'emptyList' } });
  deepStrictEqual((await report('detailed')).body, { totals: [null], timeentries: [] });
  deepStrictEqual((await report('summary')).body.groupOne, []);
  deepStrictEqual((await get(`/workspaces/${workspaceId}/expenses`)).body.expenses, { expenses: [], count: 0 });

  const ofTheirs = (await report('detailed', { description: 'planning' })).body;
  simulator.world.editEntry(workspaceId, rows[0]._id, { description: 'Other' });
  faults.add({ times: 1, action: { kind: 'stalePage' } });
  deepStrictEqual((await report('detailed')).body.timeentries, rows);
  faults.add({ times: 1, action: { kind: 'stalePage' } });
  deepStrictEqual((await report('detailed', { description: 'planning' })).body, ofTheirs);
});

test('what is changed between two pages of a report moves the rows of the second', async (t) => {
  const { report, simulator, workspaceId } = await practice(t);
  const page = async (number: number) => {
    const { body } = await report('detailed', { detailedFilter: { page: number, pageSize: 2 } });
    return body.timeentries.map(({ _id }: { _id: string }) => _id);
  };
  const all = (await report('detailed')).body.timeentries.map(({ _id }: { _id: string }) => _id);
  const mutation = { kind: 'deleteEntry', workspaceId, id: all[0] };
  simulator.faults.add({ match: { method: 'POST' }, times: 1, action: { kind: 'mutate', mutation } });
  deepStrictEqual(await page(1), all.slice(0, 2));
  deepStrictEqual(await page(2), all.slice(3, 5));
});
