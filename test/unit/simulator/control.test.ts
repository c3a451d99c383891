import { deepStrictEqual, equal, match } from 'node:assert/strict';
import { test } from 'node:test';
import { ids, NOON, practice } from './practice.ts';

test('the truth is what the API answers', async (t) => {
  const { get, control, workspaceId, userId } = await practice(t);
  const { body } = await control('GET', '/truth');
  deepStrictEqual(Object.keys(body.resources), [
    'workspaces',
    'users',
    'projects',
    'timeEntries',
    'clients',
    'tags',
    'tasks',
    'userGroups',
    'customFields',
    'expenseCategories',
    'expenses',
    'approvals',
    'invoices',
  ]);
  for (const row of (await get(`/workspaces/${workspaceId}/user/${userId}/time-entries?page-size=1000`)).body) {
    deepStrictEqual(body.resources.timeEntries[`${workspaceId}/${row.id}`], row);
  }
  for (const row of (await get(`/workspaces/${workspaceId}/users?status=ALL&memberships=WORKSPACE`)).body) {
    deepStrictEqual(body.resources.users[`${workspaceId}/${row.id}`], row);
  }
  for (const row of (await get('/workspaces')).body) {
    deepStrictEqual(body.resources.workspaces[`${row.id}/${row.id}`], row);
  }
  const some = await control('GET', '/truth?resource=projects');
  deepStrictEqual(Object.keys(some.body.resources), ['projects']);
});

test('the history tells each mutation with what was before and after', async (t) => {
  const { control, simulator, workspaceId, userId } = await practice(t);
  const since = simulator.world.history.sequence;
  const added = await control('POST', '/mutate', { kind: 'addEntry', workspaceId, userId, description: 'new' });
  equal(added.status, 200);
  const { id } = added.body.row;
  await control('POST', '/mutate', { kind: 'editEntry', workspaceId, id, description: 'newer' });
  await control('POST', '/mutate', { kind: 'deleteEntry', workspaceId, id });
  const { body } = await control('GET', `/history?since=${since}`);
  const told = body.entries.map((entry: Record<string, { description: string } | null>) => [
    entry.kind,
    entry.before?.description ?? null,
    entry.after?.description ?? null,
  ]);
  deepStrictEqual(told, [
    ['entryAdded', null, 'new'],
    ['entryEdited', 'new', 'newer'],
    ['entryDeleted', 'newer', null],
  ]);
  deepStrictEqual(body.entries[0].atMs, NOON);
  equal(body.entries[0].sequence, since + 1);
  equal(body.sequence, since + 3);
  equal((await control('GET', `/history?since=${since}&limit=1`)).body.entries.length, 1);
});

test('every mutation can be had over HTTP', async (t) => {
  const { control, simulator, workspaceId, userId } = await practice(t);
  const mutate = async (body: Record<string, unknown>) => {
    const { status, body: answer } = await control('POST', '/mutate', { workspaceId, ...body });
    equal(status, 200, `${body.kind}: ${JSON.stringify(answer)}`);
    return answer.row;
  };
  const project = await mutate({ kind: 'createProject', name: 'P' });
  for (const kind of ['archiveProject', 'unarchiveProject']) await mutate({ kind, id: project.id });
  equal((await mutate({ kind: 'renameProject', id: project.id, name: 'Q' })).name, 'Q');
  const timer = await mutate({ kind: 'startTimer', userId, projectId: project.id });
  equal((await mutate({ kind: 'stopTimer', userId })).id, timer.id);
  equal(await mutate({ kind: 'stopTimer', userId }), null);
  await mutate({ kind: 'deleteEntry', id: timer.id });
  equal((await mutate({ kind: 'restoreEntry', id: timer.id })).id, timer.id);
  await mutate({ kind: 'deleteProject', id: project.id });
  const user = await mutate({ kind: 'joinUser', name: 'New' });
  for (const kind of ['deactivateUser', 'activateUser']) await mutate({ kind, userId: user.id });
  equal((await mutate({ kind: 'renameUser', userId: user.id, name: 'Newer' })).name, 'Newer');
  await mutate({ kind: 'setTimeZone', userId: user.id, timeZone: 'Asia/Tokyo' });
  await mutate({ kind: 'removeUser', userId: user.id });
  const workspace = await mutate({ kind: 'createWorkspace', name: 'W' });
  await mutate({ kind: 'joinUser', workspaceId: workspace.id, userId });
  equal((await mutate({ kind: 'renameWorkspace', id: workspace.id, name: 'V' })).name, 'V');
  equal(simulator.world.store.workspaceIds().length, 3);
});

test('a mutation that makes no sense is 400 with a sentence', async (t) => {
  const { control, workspaceId } = await practice(t);
  const attempts = [
    { kind: 'fly' },
    { kind: 'constructor' },
    { kind: 'deleteEntry', workspaceId },
    { kind: 'deleteEntry', workspaceId, id: 'f'.repeat(24) },
  ];
  for (const body of attempts) {
    const answer = await control('POST', '/mutate', body);
    equal(answer.status, 400);
    match(answer.body.message, /unknown kind|must be a string|no timeEntries/);
  }
});

test('the request log names paths, workspaces and statuses, and no key', async (t) => {
  const { get, control, simulator, workspaceId } = await practice(t);
  await get(`/workspaces/${workspaceId}/projects?page=2`);
  await get('/nothing');
  const { body } = await control('GET', '/requests');
  equal(body.total, 2);
  deepStrictEqual(body.requests[0], {
    sequence: 1,
    atMs: NOON,
    method: 'GET',
    path: '/api/v1/workspaces/{workspaceId}/projects',
    query: '?page=2',
    workspaceId,
    bodyBytes: 0,
    status: 200,
    fault: null,
  });
  equal(body.requests[1].status, 404);
  equal(JSON.stringify(body).includes(simulator.apiKey), false);
  equal((await control('GET', '/requests?since=1')).body.requests.length, 1);
  await control('DELETE', '/requests');
  equal((await control('GET', '/requests')).body.requests.length, 0);
});

test('the request log is bounded', async (t) => {
  const { get, simulator } = await practice(t, { requestLogLimit: 10 });
  for (let left = 30; left > 0; left -= 1) await get('/user');
  equal(simulator.requests.total, 30);
  equal(simulator.requests.entries.length <= 11, true);
  equal(simulator.requests.entries.at(-1)?.sequence, 30);
});

test('faults and settings are scripted over HTTP', async (t) => {
  const { get, control, simulator, workspaceId } = await practice(t);
  const path = `/workspaces/${workspaceId}/projects`;
  const { body } = await control('POST', '/faults', {
    match: { path: '/projects' },
    times: 5,
    action: { kind: 'status', status: 500 },
  });
  equal((await get(path)).status, 500);
  equal((await control('GET', '/faults')).body.faults[0].struck, 1);
  await control('DELETE', `/faults?id=${body.id}`);
  equal((await get(path)).status, 200);
  equal((await control('POST', '/faults', { times: 1 })).status, 400);

  await control('POST', '/settings', { pageCap: { mode: 'silent', max: 2 }, extraFields: true });
  equal((await get(path)).body.length, 2);
  equal(simulator.world.store.extraFields, true);
  equal((await control('GET', '/settings')).body.pageCap.max, 2);
});

test('a mutation may be put between two pages over HTTP', async (t) => {
  const { get, control, workspaceId, userId } = await practice(t);
  const path = `/workspaces/${workspaceId}/user/${userId}/time-entries`;
  const all = ids(await get(path));
  await control('POST', '/faults', {
    match: { path: 'page=1' },
    times: 1,
    action: { kind: 'mutate', mutation: { kind: 'deleteEntry', workspaceId, id: all[0] } },
  });
  deepStrictEqual(ids(await get(`${path}?page-size=2&page=1`)), all.slice(0, 2));
  deepStrictEqual(ids(await get(`${path}?page-size=2&page=2`)), all.slice(3, 5));
});

test('activity is started, paused and stepped over HTTP', async (t) => {
  const { control, simulator } = await practice(t);
  const before = simulator.world.history.sequence;
  equal((await control('POST', '/activity', { perSecond: 100 })).body.perSecond, 100);
  equal((await control('POST', '/activity', { perSecond: 0 })).body.perSecond, 0);
  const { body } = await control('POST', '/step', { count: 10 });
  equal(body.sequence >= before + 10, true);
  equal((await control('POST', '/activity', {})).status, 400);
});

test('an unknown control endpoint says which there are', async (t) => {
  const { control } = await practice(t);
  const { status, body } = await control('GET', '');
  equal(status, 404);
  equal(body.endpoints.includes('GET /simulator/truth'), true);
});
