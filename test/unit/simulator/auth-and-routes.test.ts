import { deepStrictEqual, equal, match } from 'node:assert/strict';
import { test } from 'node:test';
import { practice } from './practice.ts';

test('none, two or a bearer token is 401 with code 1000', async (t) => {
  const { get } = await practice(t);
  const attempts = [
    {},
    { 'x-api-key': 'simulator-key', 'x-addon-token': 'x' },
    { authorization: 'Bearer simulator-key' },
    { 'x-api-key': 'simulator-key', authorization: 'Bearer simulator-key' },
  ];
  for (const headers of attempts) {
    const { status, body } = await get('/user', headers);
    equal(status, 401);
    deepStrictEqual(body, { message: 'Multiple or none auth tokens present', code: 1000 });
  }
});

test('an unknown key is 401 with code 4003, an add-on token 401 with code 4017', async (t) => {
  const { get } = await practice(t);
  const unknown = await get('/user', { 'x-api-key': 'other' });
  equal(unknown.status, 401);
  deepStrictEqual(unknown.body, { message: 'Api key does not exist', code: 4003 });
  const addon = await get('/user', { 'x-addon-token': 'other' });
  equal(addon.status, 401);
  deepStrictEqual(addon.body, { message: 'Token is not valid', code: 4017 });
});

test('an unknown route is 404 with code 3000, also a report on the main host and the other way round', async (t) => {
  const { get, simulator, workspaceId } = await practice(t);
  const answers = [
    await get('/nothing'),
    await get(`/workspaces/${workspaceId}/reports/detailed`),
    await fetch(`${simulator.origin}/v1/workspaces`, { headers: { 'x-api-key': simulator.apiKey } }),
    await fetch(`${simulator.origin}/report/v1/workspaces`, { headers: { 'x-api-key': simulator.apiKey } }),
  ];
  for (const { status } of answers) equal(status, 404);
  equal(answers[0] !== undefined && 'body' in answers[0] && answers[0].body?.code, 3000);
});

test('the time entries of a whole workspace cannot be read: 405 with Allow', async (t) => {
  const { get, workspaceId } = await practice(t);
  const { status, headers, body } = await get(`/workspaces/${workspaceId}/time-entries`);
  equal(status, 405);
  equal(headers.get('allow'), 'POST');
  deepStrictEqual(body, { message: "Request method 'GET' is not supported", code: 3000 });
});

test('another method on a known path is 405 and says which there are', async (t) => {
  const { simulator } = await practice(t);
  const response = await fetch(`${simulator.url}/user`, {
    method: 'DELETE',
    headers: { 'x-api-key': simulator.apiKey },
  });
  equal(response.status, 405);
  equal(response.headers.get('allow'), 'GET');
  await response.body?.cancel();
});

test('a deleted, an unknown and a foreign id give the same 400 with code 501', async (t) => {
  const { get, simulator, workspaceId, userId } = await practice(t);
  const { world } = simulator;
  const [, otherWorkspaceId = ''] = world.store.workspaceIds();
  const entry = world.addEntry({ workspaceId, userId });
  const project = world.createProject({ workspaceId, name: 'Gone' });
  equal((await get(`/workspaces/${workspaceId}/time-entries/${entry.id}`)).status, 200);
  equal((await get(`/workspaces/${workspaceId}/projects/${project.id}`)).status, 200);
  const foreign = await get(`/workspaces/${otherWorkspaceId}/time-entries/${entry.id}`);
  world.deleteEntry(workspaceId, entry.id);
  world.deleteProject(workspaceId, project.id);
  const answers = [
    foreign,
    await get(`/workspaces/${workspaceId}/time-entries/${entry.id}`),
    await get(`/workspaces/${workspaceId}/time-entries/ffffffffffffffffffffffff`),
    await get(`/workspaces/${workspaceId}/projects/${project.id}`),
    await get(`/workspaces/${workspaceId}/user/ffffffffffffffffffffffff/time-entries`),
  ];
  for (const { status, body } of answers) {
    equal(status, 400);
    equal(body.code, 501);
    match(body.message, /^(Time entry|Project|User) doesn't belong to Workspace$/);
  }
});

test('a value of the wrong type is 400 with code 3000: numbers, truth values, choices, instants', async (t) => {
  const { get, workspaceId, userId } = await practice(t);
  const base = `/workspaces/${workspaceId}`;
  const paths = [
    `${base}/projects?page=x`,
    `${base}/projects?page-size=1.5`,
    `${base}/projects?archived=yes`,
    `${base}/projects?hydrated=TRUE`,
    `${base}/users?status=GONE`,
    `${base}/users?sort-column=AGE`,
    `${base}/user/${userId}/time-entries?start=2026-03-01`,
    `${base}/user/${userId}/time-entries?in-progress=1`,
  ];
  for (const path of paths) {
    const { status, body } = await get(path);
    equal(status, 400, path);
    equal(body.code, 3000, path);
    match(body.message, /^Method parameter '[a-z-]+': Failed to convert value/);
  }
});

test("a member's key is refused the users and sees less of the rest, without being told", async (t) => {
  const { get, simulator, workspaceId, userId } = await practice(t);
  const { world, memberKey } = simulator;
  const asMember = { 'x-api-key': memberKey };
  const memberId = (await get('/user', asMember)).body.id;
  const base = `/workspaces/${workspaceId}`;
  const users = await get(`${base}/users`, asMember);
  equal(users.status, 403);
  deepStrictEqual(users.body, { message: 'Access Denied', code: 501 });

  const ofOwner = await get(`${base}/user/${userId}/time-entries`, asMember);
  deepStrictEqual([ofOwner.status, ofOwner.body, ofOwner.lastPage], [200, [], 'true']);
  equal((await get(`${base}/user/${memberId}/time-entries`, asMember)).body.length > 0, true);

  world.startTimer({ workspaceId, userId });
  world.startTimer({ workspaceId, userId: memberId });
  const running = await get(`${base}/time-entries/status/in-progress`, asMember);
  deepStrictEqual(new Set(running.body.map((row: { userId: string }) => row.userId)), new Set([memberId]));

  const secret = world.createProject({ workspaceId, name: 'Secret', public: false });
  const seen = await get(`${base}/projects?page-size=200`, asMember);
  equal(
    seen.body.some(({ id }: { id: string }) => id === secret.id),
    false,
  );
  equal((await get(`${base}/projects/${secret.id}`, asMember)).status, 403);
});

test('a workspace that is none, or which the caller has left, is denied', async (t) => {
  const { get, simulator, workspaceId } = await practice(t);
  equal((await get('/workspaces/ffffffffffffffffffffffff/projects')).status, 403);
  const asMember = { 'x-api-key': simulator.memberKey };
  const { id } = (await get('/user', asMember)).body;
  simulator.world.deactivateUser(workspaceId, id);
  equal((await get(`/workspaces/${workspaceId}`, asMember)).status, 403);
  equal((await get('/workspaces', asMember)).body.length, 1);
});
