import { deepStrictEqual, equal } from 'node:assert/strict';
import { test } from 'node:test';
import { ids, NOON, practice } from './practice.ts';

test('the current user has a profile zone, and memberships only on request', async (t) => {
  const { get, userId } = await practice(t, { accountTimeZone: 'Asia/Kolkata' });
  const plain = (await get('/user')).body;
  equal(plain.id, userId);
  equal(plain.settings.timeZone, 'Asia/Kolkata');
  deepStrictEqual(plain.memberships, []);
  equal((await get('/user?include-memberships=true')).body.memberships.length, 2);
});

test('workspaces are filtered by the roles of the caller', async (t) => {
  const { get } = await practice(t);
  equal((await get('/workspaces?roles=OWNER')).body.length, 2);
  equal((await get('/workspaces?roles=TEAM_MANAGER')).body.length, 0);
});

test('users come by e-mail, and a deactivated one only when asked for', async (t) => {
  const { get, simulator, workspaceId } = await practice(t);
  const path = `/workspaces/${workspaceId}/users`;
  const { body } = await get(path);
  const emails = body.map(({ email }: { email: string }) => email);
  deepStrictEqual(emails, emails.toSorted());
  deepStrictEqual(body[0].memberships, []);
  const gone = simulator.world.store.rows('users', workspaceId)[2]?.id ?? '';
  simulator.world.deactivateUser(workspaceId, gone);
  equal(ids(await get(path)).includes(gone), false);
  equal(ids(await get(`${path}?status=ALL`)).includes(gone), true);
  const inactive = await get(`${path}?status=INACTIVE&memberships=WORKSPACE`);
  deepStrictEqual(ids(inactive), [gone]);
  equal(inactive.body[0].status, 'ACTIVE');
  equal(inactive.body[0].memberships[0].membershipStatus, 'INACTIVE');
  equal(ids(await get(`${path}?account-statuses=LIMITED`)).length, 0);
});

test('users: name, e-mail, sort, roles and memberships', async (t) => {
  const { get, simulator, workspaceId, userId } = await practice(t);
  const path = `/workspaces/${workspaceId}/users`;
  deepStrictEqual(ids(await get(`${path}?name=ada`)), [userId]);
  deepStrictEqual(ids(await get(`${path}?email=ada.`)), [userId]);
  const byId = ids(await get(`${path}?sort-column=ID&sort-order=DESCENDING`));
  deepStrictEqual(byId, byId.toSorted().reverse());
  const withRoles = await get(`${path}?include-roles=true&name=ada`);
  equal(withRoles.body[0].roles[0].role, 'OWNER');
  equal('roles' in (await get(`${path}?name=ada`)).body[0], false);
  const project = simulator.world.createProject({ workspaceId, name: 'P', public: false, memberIds: [userId] });
  deepStrictEqual(ids(await get(`${path}?project-id=${project.id}`)), [userId]);
  const memberships = (await get(`${path}?memberships=ALL&name=ada`)).body[0].memberships;
  equal(
    memberships.some(({ targetId }: { targetId: string }) => targetId === project.id),
    true,
  );
});

test('a renamed account changes in each of its workspaces', async (t) => {
  const { get, simulator, userId } = await practice(t);
  simulator.world.renameUser(userId, 'Zoe');
  for (const workspaceId of simulator.world.store.workspaceIds()) {
    deepStrictEqual(ids(await get(`/workspaces/${workspaceId}/users?name=zoe`)), [userId]);
  }
});

test('projects: without archived both kinds, with it one; by name unless by id', async (t) => {
  const { get, simulator, workspaceId } = await practice(t);
  const path = `/workspaces/${workspaceId}/projects`;
  const all = ids(await get(path));
  simulator.world.archiveProject(workspaceId, all[0] ?? '');
  equal(ids(await get(path)).length, all.length);
  deepStrictEqual(ids(await get(`${path}?archived=true`)), [all[0]]);
  deepStrictEqual(ids(await get(`${path}?archived=false`)), all.slice(1));
  const byId = ids(await get(`${path}?sort-column=ID&sort-order=ASCENDING`));
  deepStrictEqual(byId, byId.toSorted());
  const names = (await get(path)).body.map(({ name }: { name: string }) => name.toLowerCase());
  deepStrictEqual(names, names.toSorted());
});

test('projects: name, strict name, client, billable, template', async (t) => {
  const { get, simulator, workspaceId } = await practice(t, { projectsPerWorkspace: 0 });
  const { world } = simulator;
  const client = world.createClient(workspaceId, 'Zed');
  const one = world.createProject({ workspaceId, name: 'Alpha', clientId: client.id, billable: false });
  const two = world.createProject({ workspaceId, name: 'Alphabet', template: true });
  const path = `/workspaces/${workspaceId}/projects`;
  deepStrictEqual(ids(await get(`${path}?name=alpha`)), [one.id, two.id]);
  deepStrictEqual(ids(await get(`${path}?name=alpha&strict-name-search=true`)), [one.id]);
  deepStrictEqual(ids(await get(`${path}?clients=${client.id}`)), [one.id]);
  deepStrictEqual(ids(await get(`${path}?clients=${client.id}&contains-client=false`)), [two.id]);
  deepStrictEqual(ids(await get(`${path}?billable=false`)), [one.id]);
  deepStrictEqual(ids(await get(`${path}?is-template=true`)), [two.id]);
  equal(one.clientName, 'Zed');
  deepStrictEqual([two.clientId, two.clientName, two.note, two.duration], ['', '', '', null]);
});

test("a project's duration moves with its entries, and its hours grow past 24", async (t) => {
  const { get, simulator, workspaceId, userId } = await practice(t);
  const { world } = simulator;
  const one = world.createProject({ workspaceId, name: 'One' });
  const two = world.createProject({ workspaceId, name: 'Two' });
  const duration = async (id: string) => (await get(`/workspaces/${workspaceId}/projects/${id}`)).body.duration;
  equal(await duration(one.id), 'PT0S');
  const entry = world.addEntry({ workspaceId, userId, projectId: one.id, start: NOON - 47 * 3_600_000 - 765_000 });
  equal(await duration(one.id), 'PT47H12M45S');
  world.editEntry(workspaceId, entry.id, { projectId: two.id });
  deepStrictEqual([await duration(one.id), await duration(two.id)], ['PT0S', 'PT47H12M45S']);
  world.deleteEntry(workspaceId, entry.id);
  equal(await duration(two.id), 'PT0S');
  world.restoreEntry(workspaceId, entry.id);
  equal(await duration(two.id), 'PT47H12M45S');
});

test('hydrated projects carry client, tasks, custom fields and currency', async (t) => {
  const { get, workspaceId } = await practice(t);
  const { body } = await get(`/workspaces/${workspaceId}/projects?hydrated=true`);
  for (const key of ['client', 'tasks', 'customFields', 'currency', 'favorite']) equal(key in body[0], true, key);
  equal(body[0].currency.code, 'USD');
});

test('a deleted project leaves its entries without a project', async (t) => {
  const { simulator, workspaceId, userId } = await practice(t);
  const { world } = simulator;
  const project = world.createProject({ workspaceId, name: 'Short' });
  const entry = world.addEntry({ workspaceId, userId, projectId: project.id });
  world.deleteProject(workspaceId, project.id);
  equal(world.store.row('timeEntries', workspaceId, entry.id)?.projectId, null);
});

test('extra fields appear in rows without notice', async (t) => {
  const { get, simulator, workspaceId, userId } = await practice(t);
  simulator.world.store.extraFields = true;
  const { id } = simulator.world.addEntry({ workspaceId, userId });
  equal('simulatorDetails' in (await get(`/workspaces/${workspaceId}/time-entries/${id}`)).body, true);
});
