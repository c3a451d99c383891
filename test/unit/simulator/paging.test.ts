import { deepStrictEqual, equal } from 'node:assert/strict';
import { test } from 'node:test';
import { ids, practice } from './practice.ts';

test('a page has 50 rows where no size is asked for, and says whether it is the last', async (t) => {
  const { get, workspaceId } = await practice(t, { projectsPerWorkspace: 60, days: 0 });
  const first = await get(`/workspaces/${workspaceId}/projects`);
  equal(first.body.length, 50);
  equal(first.lastPage, 'false');
  const second = await get(`/workspaces/${workspaceId}/projects?page=2`);
  equal(second.body.length, 10);
  equal(second.lastPage, 'true');
});

test('a full last page says that it is the last', async (t) => {
  const { get, workspaceId } = await practice(t, { projectsPerWorkspace: 20, days: 0 });
  equal((await get(`/workspaces/${workspaceId}/projects?page-size=10&page=2`)).lastPage, 'true');
});

test('page 0 is page 1', async (t) => {
  const { get, workspaceId } = await practice(t);
  const zero = await get(`/workspaces/${workspaceId}/projects?page=0&page-size=3`);
  const one = await get(`/workspaces/${workspaceId}/projects?page=1&page-size=3`);
  deepStrictEqual(zero.body, one.body);
});

test('past the end stands an empty list that is the last page', async (t) => {
  const { get, workspaceId, userId } = await practice(t);
  for (const list of ['projects', 'users', `user/${userId}/time-entries`, 'time-entries/status/in-progress']) {
    const { status, body, lastPage } = await get(`/workspaces/${workspaceId}/${list}?page=999`);
    deepStrictEqual([status, body, lastPage], [200, [], 'true'], list);
  }
});

test('the header is written in lower case', async (t) => {
  const { simulator, workspaceId } = await practice(t);
  const { request } = await import('node:http');
  const raw = await new Promise<readonly string[]>((resolve) => {
    request(
      `${simulator.url}/workspaces/${workspaceId}/projects`,
      { headers: { 'x-api-key': simulator.apiKey } },
      (response) => {
        response.resume();
        resolve(response.rawHeaders);
      },
    ).end();
  });
  equal(raw.includes('last-page'), true);
});

test('workspaces and single reads are not paged and have no last-page header', async (t) => {
  const { get, workspaceId } = await practice(t, { workspaces: 3 });
  const list = await get('/workspaces?page=2&page-size=1');
  equal(list.body.length, 3);
  equal(list.lastPage, null);
  equal((await get(`/workspaces/${workspaceId}`)).lastPage, null);
  equal((await get('/user')).lastPage, null);
});

test('above 5000 a page is refused by default', async (t) => {
  const { get, workspaceId } = await practice(t);
  equal((await get(`/workspaces/${workspaceId}/projects?page-size=5000`)).status, 200);
  equal((await get(`/workspaces/${workspaceId}/projects?page-size=5001`)).status, 400);
  equal((await get(`/workspaces/${workspaceId}/projects?page-size=0`)).status, 400);
});

test('a silent cap gives fewer rows than asked for, and the header still tells the truth', async (t) => {
  const { get, workspaceId } = await practice(t, { pageCap: { mode: 'silent', max: 5 } });
  const { body, lastPage } = await get(`/workspaces/${workspaceId}/projects?page-size=200`);
  equal(body.length, 5);
  equal(lastPage, 'false');
});

test('without a cap any size goes', async (t) => {
  const { get, workspaceId } = await practice(t, { pageCap: { mode: 'none', max: 0 } });
  equal((await get(`/workspaces/${workspaceId}/projects?page-size=999999`)).status, 200);
});

test('the running list has 10 rows by default and 1000 at most', async (t) => {
  const { get, simulator, workspaceId } = await practice(t, { users: 20, workspaces: 1, days: 0 });
  for (const { id } of simulator.world.store.rows('users', workspaceId)) {
    simulator.world.startTimer({ workspaceId, userId: id });
  }
  const path = `/workspaces/${workspaceId}/time-entries/status/in-progress`;
  const { body, lastPage } = await get(path);
  equal(body.length, 10);
  equal(lastPage, 'false');
  equal((await get(`${path}?page-size=1000`)).body.length, 20);
  equal((await get(`${path}?page-size=1001`)).status, 400);
});

test('a row inserted or deleted between two pages shifts the rest', async (t) => {
  const { get, simulator, workspaceId, userId } = await practice(t);
  const { world } = simulator;
  const path = `/workspaces/${workspaceId}/user/${userId}/time-entries?page-size=2`;
  const all = ids(await get(`/workspaces/${workspaceId}/user/${userId}/time-entries`));
  const first = ids(await get(`${path}&page=1`));
  world.deleteEntry(workspaceId, first[0] ?? '');
  deepStrictEqual(ids(await get(`${path}&page=2`)), all.slice(3, 5));
  const added = world.addEntry({ workspaceId, userId, start: '2027-01-01T00:00:00Z', end: '2027-01-01T01:00:00Z' });
  deepStrictEqual(ids(await get(`${path}&page=1`)), [added.id, all[1]]);
});
