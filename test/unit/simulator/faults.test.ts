import { deepStrictEqual, equal, match, rejects } from 'node:assert/strict';
import { test } from 'node:test';
import { eventually } from '../../support/eventually.ts';
import { ids, practice } from './practice.ts';

test('a status strikes so many times and then no more', async (t) => {
  const { get, simulator } = await practice(t);
  simulator.faults.add({ times: 2, action: { kind: 'status', status: 503, retryAfterSeconds: 7 } });
  const first = await get('/user');
  deepStrictEqual([first.status, first.headers.get('retry-after'), first.body.code], [503, '7', 503]);
  equal((await get('/user')).status, 503);
  equal((await get('/user')).status, 200);
  equal(simulator.faults.list()[0]?.struck, 2);
});

test('only requests that match are struck, after those that are let pass', async (t) => {
  const { get, simulator, workspaceId } = await practice(t);
  simulator.faults.add({
    match: { method: 'GET', path: /projects\?page=2/g },
    skip: 1,
    action: { kind: 'status', status: 403 },
  });
  const path = `/workspaces/${workspaceId}/projects?page`;
  equal((await get(`${path}=2`)).status, 200);
  equal((await get(`${path}=1`)).status, 200);
  equal((await get(`${path}=2`)).status, 403);
  equal((await get(`${path}=2`)).status, 403);
});

test('of two rules the older strikes first, so that a script of failures can be told', async (t) => {
  const { get, simulator } = await practice(t);
  for (const status of [429, 401, 500]) simulator.faults.add({ times: 1, action: { kind: 'status', status } });
  const statuses = [];
  for (let left = 4; left > 0; left -= 1) statuses.push((await get('/user')).status);
  deepStrictEqual(statuses, [429, 401, 500, 200]);
});

test('a probability strikes about as often as it says, the same requests from the same seed', async (t) => {
  const struck = async () => {
    const { get, simulator } = await practice(t, { seed: 4 });
    simulator.faults.add({ probability: 0.5, action: { kind: 'status', status: 500 } });
    const statuses = [];
    for (let left = 40; left > 0; left -= 1) statuses.push((await get('/user')).status);
    return statuses;
  };
  const once = await struck();
  const failures = once.filter((status) => status === 500).length;
  equal(failures > 8 && failures < 32, true, String(failures));
  deepStrictEqual(await struck(), once);
});

test('an error may come without a body, or as the page of a proxy', async (t) => {
  const { get, simulator } = await practice(t);
  simulator.faults.add({ times: 1, action: { kind: 'status', status: 429, body: 'empty' } });
  simulator.faults.add({ times: 1, action: { kind: 'html' } });
  const empty = await get('/user');
  deepStrictEqual([empty.status, empty.body], [429, '']);
  const page = await get('/user');
  equal(page.status, 502);
  equal(page.headers.get('content-type'), 'text/html');
  match(page.body, /<html>/);
});

test('a delay holds back the headers, a slow body only the body', async (t) => {
  const { simulator } = await practice(t);
  const headers = { 'x-api-key': simulator.apiKey };
  const timed = async () => {
    const from = performance.now();
    const response = await fetch(`${simulator.url}/user`, { headers });
    const headersMs = performance.now() - from;
    const body = await response.json();
    return { headersMs, bodyMs: performance.now() - from, body };
  };
  simulator.faults.add({ times: 1, action: { kind: 'delay', ms: 150 } });
  simulator.faults.add({ times: 1, action: { kind: 'slowBody', ms: 300 } });
  const delayed = await timed();
  equal(delayed.headersMs >= 145, true);
  const slow = await timed();
  equal(slow.bodyMs >= 250, true);
  equal(slow.headersMs < slow.bodyMs - 100, true);
  deepStrictEqual(slow.body, delayed.body);
});

test('a cut connection ends in the middle of the body', async (t) => {
  const { get, simulator, workspaceId } = await practice(t);
  simulator.faults.add({ times: 1, action: { kind: 'cut' } });
  await rejects(get(`/workspaces/${workspaceId}/users`));
  equal((await get(`/workspaces/${workspaceId}/users`)).status, 200);
});

test('a lying answer is empty, 200 and the last page', async (t) => {
  const { get, simulator, workspaceId } = await practice(t);
  simulator.faults.add({ times: 1, action: { kind: 'emptyList' } });
  const { status, body, lastPage } = await get(`/workspaces/${workspaceId}/projects`);
  deepStrictEqual([status, body, lastPage], [200, [], 'true']);
});

test('rows may stand in a page twice', async (t) => {
  const { get, simulator, workspaceId } = await practice(t);
  const path = `/workspaces/${workspaceId}/projects`;
  const all = ids(await get(path));
  simulator.faults.add({ times: 1, action: { kind: 'duplicateRows', count: 2 } });
  deepStrictEqual(ids(await get(path)), [...all, ...all.slice(0, 2)]);
});

test('a stale page is what the same URL answered before', async (t) => {
  const { get, simulator, workspaceId } = await practice(t);
  const path = `/workspaces/${workspaceId}/projects`;
  const before = await get(path);
  simulator.world.renameProject(workspaceId, before.body[0].id, 'ZZZ');
  simulator.faults.add({ times: 1, action: { kind: 'stalePage' } });
  deepStrictEqual((await get(path)).body, before.body);
  equal((await get(path)).body.at(-1).name, 'ZZZ');
});

test('a redirect points to another origin', async (t) => {
  const { get, simulator } = await practice(t);
  simulator.faults.add({ times: 1, action: { kind: 'redirect', location: 'http://127.0.0.2:1/steal', status: 307 } });
  const { status, headers } = await get('/user');
  deepStrictEqual([status, headers.get('location')], [307, 'http://127.0.0.2:1/steal']);
});

test('what the page hook changes, only the next page shows', async (t) => {
  const { get, simulator, workspaceId, userId } = await practice(t);
  const path = `/workspaces/${workspaceId}/user/${userId}/time-entries?page-size=2&page=`;
  const all = ids(await get(`/workspaces/${workspaceId}/user/${userId}/time-entries`));
  const pages: number[] = [];
  const off = simulator.faults.onPageServed(async (request, page) => {
    pages.push(page);
    equal(request.params.userId, userId);
    if (page === 1) simulator.world.deleteEntry(workspaceId, all[0] ?? '');
  });
  deepStrictEqual(ids(await get(`${path}1`)), all.slice(0, 2));
  deepStrictEqual(ids(await get(`${path}2`)), all.slice(3, 5));
  off();
  await get(`${path}3`);
  deepStrictEqual(pages, [1, 2]);
});

test('closing gives up answers that are still held back', async (t) => {
  const { get, simulator } = await practice(t);
  simulator.faults.add({ action: { kind: 'delay', ms: 60_000 } });
  const waiting = rejects(get('/user'));
  await eventually('a request', () => simulator.requests.total > 0);
  await simulator.close();
  await waiting;
});

test('a clock that is wrong shows in the date of the answer and in what counts as now', async (t) => {
  const { get, simulator, workspaceId } = await practice(t);
  const path = `/workspaces/${workspaceId}/entities/created?type=TIME_ENTRY&limit=1000`;
  const true_ = await get(path);
  simulator.faults.add({ times: 1, action: { kind: 'clockSkew', ms: 3_600_000 } });
  equal((await get('/user')).headers.get('date'), 'Mon, 16 Mar 2026 13:00:00 GMT');
  simulator.faults.add({ times: 1, action: { kind: 'clockSkew', ms: -90 * 86_400_000 } });
  const { body } = await get(path);
  equal(true_.body.length > 0, true);
  deepStrictEqual(body, []);
});

test('a page may not say whether it is the last one', async (t) => {
  const { get, simulator, workspaceId } = await practice(t);
  const path = `/workspaces/${workspaceId}/projects`;
  const { body } = await get(path);
  simulator.faults.add({ times: 1, action: { kind: 'noLastPage' } });
  const silent = await get(path);
  deepStrictEqual([silent.lastPage, silent.body], [null, body]);
});
