import { deepStrictEqual, equal } from 'node:assert/strict';
import { test } from 'node:test';
import { ids, practice } from './practice.ts';

test('groups come by name, in pages that say which is the last, and can be sorted by id', async (t) => {
  const { get, workspaceId } = await practice(t);
  const path = `/workspaces/${workspaceId}/user-groups`;
  const all = await get(path);
  const names = all.body.map(({ name }: { name: string }) => name);
  deepStrictEqual(names, names.toSorted());
  equal(all.lastPage, 'true');
  equal((await get(`${path}?page-size=2`)).lastPage, 'false');
  deepStrictEqual((await get(`${path}?page=9`)).body, []);
  const byId = ids(await get(`${path}?sort-column=ID&sort-order=DESCENDING`));
  deepStrictEqual(byId, byId.toSorted().reverse());
  equal((await get(`${path}?name=engin`)).body.length, 1);
  equal((await get(`${path}?sort-column=SIZE`)).body.code, 3000);
});

test('who manages a group is told only when asked for', async (t) => {
  const { get, mutate, workspaceId, userId } = await practice(t);
  const path = `/workspaces/${workspaceId}/user-groups?name=managed`;
  const { id } = await mutate('createGroup', { name: 'Managed', userIds: [], teamManagerIds: [userId] });
  deepStrictEqual((await get(path)).body[0], { id, name: 'Managed', workspaceId, userIds: [], teamManagers: [] });
  deepStrictEqual((await get(`${path}&includeTeamManagers=true`)).body[0].teamManagers, [
    { id: userId, name: 'Ada Berg' },
  ]);
  await mutate('renameUser', { userId, name: 'Ada Costa' });
  equal((await get(`${path}&includeTeamManagers=true`)).body[0].teamManagers[0].name, 'Ada Costa');
  equal((await get(`${path}&includeTeamManagers=yes`)).body.code, 3000);
});

test('a group is renamed, gets and loses members, and is deleted', async (t) => {
  const { get, mutate, control, workspaceId, userId, simulator } = await practice(t);
  const { id } = await mutate('createGroup', { name: 'New' });
  equal((await mutate('renameGroup', { id, name: 'Newer' })).name, 'Newer');
  deepStrictEqual((await mutate('addToGroup', { id, userId })).userIds, [userId]);
  const before = simulator.world.history.sequence;
  deepStrictEqual((await mutate('addToGroup', { id, userId })).userIds, [userId]);
  equal(simulator.world.history.sequence, before);
  deepStrictEqual((await mutate('removeFromGroup', { id, userId })).userIds, []);
  await mutate('deleteGroup', { id });
  equal(ids(await get(`/workspaces/${workspaceId}/user-groups`)).includes(id), false);
  const refused = await control('POST', '/mutate', { kind: 'createGroup', workspaceId, name: 'Designers' });
  equal(refused.status, 400);
});

test('who leaves the workspace leaves its groups', async (t) => {
  const { mutate, simulator, workspaceId } = await practice(t);
  const user = await mutate('joinUser', { name: 'Guest' });
  const { id } = await mutate('createGroup', { name: 'Guests', userIds: [user.id], teamManagerIds: [user.id] });
  await mutate('removeUser', { userId: user.id });
  const group = simulator.world.store.row('userGroups', workspaceId, id);
  deepStrictEqual([group?.userIds, group?.teamManagers], [[], []]);
});

test('groups of a project are those with somebody on it', async (t) => {
  const { get, mutate, workspaceId, userId } = await practice(t);
  const project = await mutate('createProject', { name: 'Closed', public: false, memberIds: [userId] });
  const inside = await mutate('createGroup', { name: 'Inside', userIds: [userId] });
  const outside = await mutate('createGroup', { name: 'Outside' });
  const listed = ids(await get(`/workspaces/${workspaceId}/user-groups?project-id=${project.id}`));
  equal(listed.includes(inside.id), true);
  equal(listed.includes(outside.id), false);
  deepStrictEqual((await get(`/workspaces/${workspaceId}/user-groups?project-id=${'f'.repeat(24)}`)).body, []);
  const { body } = await get(`/workspaces/${workspaceId}/users?memberships=USERGROUP&name=ada`);
  equal(
    body[0].memberships.some(({ targetId }: { targetId: string }) => targetId === inside.id),
    true,
  );
});

test('custom fields come whole, without a last-page header, for the workspace and for a project', async (t) => {
  const { get, workspaceId, simulator } = await practice(t);
  const path = `/workspaces/${workspaceId}/custom-fields`;
  const all = await get(`${path}?page-size=1`);
  deepStrictEqual([all.body.length, all.lastPage], [4, null]);
  equal((await get(`${path}?name=cost`)).body[0].type, 'TXT');
  equal((await get(`${path}?status=INACTIVE`)).body.length, 0);
  equal((await get(`${path}?entity-type=USER`)).body.length, 0);
  equal((await get(`${path}?entity-type=MOON`)).body.code, 3000);
  const [, other = ''] = simulator.world.store.workspaceIds();
  deepStrictEqual((await get(`/workspaces/${other}/custom-fields`)).body, []);
  const projectId = simulator.world.store.rows('projects', workspaceId)[0]?.id;
  deepStrictEqual((await get(`/workspaces/${workspaceId}/projects/${projectId}/custom-fields`)).body, all.body);
  equal((await get(`/workspaces/${workspaceId}/projects/${'f'.repeat(24)}/custom-fields`)).body.code, 501);
});

test('a member profile has a shape of its own', async (t) => {
  const { get, workspaceId, userId } = await practice(t);
  const { body } = await get(`/workspaces/${workspaceId}/member-profile/${userId}`);
  deepStrictEqual([body.name, body.weekStart, body.workspaceNumber], ['Ada Berg', 'MONDAY', 2]);
  equal('id' in body, false);
  equal((await get(`/workspaces/${workspaceId}/member-profile/${'f'.repeat(24)}`)).body.code, 501);
});
