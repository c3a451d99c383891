import { deepStrictEqual, equal } from 'node:assert/strict';
import { test } from 'node:test';
import { ids, practice } from './practice.ts';

test('a renamed client is renamed in its projects, a deleted one is archived first and leaves them', async (t) => {
  const { get, mutate, simulator, workspaceId } = await practice(t);
  const client = await mutate('createClient', { name: 'Echo' });
  const project = await mutate('createProject', { name: 'P', clientId: client.id });
  const projectNow = async () => (await get(`/workspaces/${workspaceId}/projects/${project.id}`)).body;
  await mutate('renameClient', { id: client.id, name: 'Foxtrot' });
  equal((await projectNow()).clientName, 'Foxtrot');
  const since = simulator.world.history.sequence;
  await mutate('deleteClient', { id: client.id });
  const { clientId, clientName } = await projectNow();
  deepStrictEqual([clientId, clientName], ['', '']);
  deepStrictEqual(
    simulator.world.history.since(since).map(({ kind }) => kind),
    ['clientArchived', 'projectClientChanged', 'clientDeleted'],
  );
  equal((await get(`/workspaces/${workspaceId}/clients/${client.id}`)).body.code, 501);
});

test('archived clients and tags are listed unless only the others are asked for', async (t) => {
  const { get, mutate, workspaceId } = await practice(t);
  for (const [list, noun] of [
    ['clients', 'Client'],
    ['tags', 'Tag'],
  ] as const) {
    const { id } = await mutate(`create${noun}`, { name: 'Old' });
    const path = `/workspaces/${workspaceId}/${list}`;
    await mutate(`archive${noun}`, { id });
    equal(ids(await get(path)).includes(id), true);
    equal(ids(await get(`${path}?archived=false`)).includes(id), false);
    deepStrictEqual(ids(await get(`${path}?archived=true`)), [id]);
    await mutate(`unarchive${noun}`, { id });
    deepStrictEqual(ids(await get(`${path}?archived=true`)), []);
    const down = (await get(`${path}?sort-column=NAME&sort-order=DESCENDING`)).body;
    deepStrictEqual(ids(await get(path)), down.map((row: { id: string }) => row.id).reverse());
  }
});

test('names of clients and tags are unique, the archived included, and free after a delete', async (t) => {
  const { mutate, control, workspaceId } = await practice(t);
  for (const noun of ['Client', 'Tag']) {
    const { id } = await mutate(`create${noun}`, { name: 'Once' });
    const other = await mutate(`create${noun}`, { name: 'Other' });
    await mutate(`archive${noun}`, { id });
    const attempts = [
      { kind: `create${noun}`, workspaceId, name: 'Once' },
      { kind: `rename${noun}`, workspaceId, id: other.id, name: 'Once' },
    ];
    for (const attempt of attempts) equal((await control('POST', '/mutate', attempt)).status, 400);
    equal((await mutate(`rename${noun}`, { id, name: 'Once' })).name, 'Once');
    await mutate(`delete${noun}`, { id });
    await mutate(`create${noun}`, { name: 'Once' });
  }
});

test('tags are listed without those excluded, and a deleted one is gone from its entries', async (t) => {
  const { get, mutate, workspaceId, userId } = await practice(t);
  const path = `/workspaces/${workspaceId}/tags`;
  const [first = '', second = ''] = ids(await get(path));
  const rest = ids(await get(`${path}?excluded-ids=${first},${second}`));
  equal(rest.includes(first) || rest.includes(second), false);
  equal(rest.length > 0, true);
  const entry = await mutate('addEntry', { userId, tagIds: [first, second] });
  const binned = await mutate('addEntry', { userId, tagIds: [first, second] });
  await mutate('deleteEntry', { id: binned.id });
  await mutate('deleteTag', { id: first });
  deepStrictEqual((await get(`/workspaces/${workspaceId}/time-entries/${entry.id}`)).body.tagIds, [second]);
  deepStrictEqual((await mutate('restoreEntry', { id: binned.id })).tagIds, [second]);
});

test('a task is done, open again, renamed, and done before it is deleted; its entries stay', async (t) => {
  const { get, mutate, simulator, workspaceId, userId } = await practice(t);
  const project = await mutate('createProject', { name: 'P' });
  const path = `/workspaces/${workspaceId}/projects/${project.id}/tasks`;
  const task = await mutate('createTask', { projectId: project.id, name: 'Dig' });
  const other = await mutate('createTask', { projectId: project.id, name: 'Bury' });
  const entry = await mutate('addEntry', { userId, projectId: project.id, taskId: task.id });
  equal((await mutate('finishTask', { id: task.id })).status, 'DONE');
  deepStrictEqual(ids(await get(`${path}?is-active=true`)), [other.id]);
  deepStrictEqual(ids(await get(`${path}?is-active=false`)), [task.id]);
  deepStrictEqual(ids(await get(path)), [other.id, task.id]);
  equal((await mutate('reopenTask', { id: task.id })).status, 'ACTIVE');
  await mutate('renameTask', { id: task.id, name: 'Dug' });
  deepStrictEqual(ids(await get(`${path}?name=dug&strict-name-search=true`)), [task.id]);
  deepStrictEqual(ids(await get(`${path}?sort-column=ID&sort-order=DESCENDING`)), [other.id, task.id]);
  const since = simulator.world.history.sequence;
  await mutate('deleteTask', { id: task.id });
  deepStrictEqual(
    simulator.world.history.since(since).map(({ kind }) => kind),
    ['taskDone', 'entryEdited', 'taskDeleted'],
  );
  const { projectId, taskId } = (await get(`/workspaces/${workspaceId}/time-entries/${entry.id}`)).body;
  deepStrictEqual([projectId, taskId], [project.id, null]);
  equal((await get(`${path}/${task.id}`)).body.message, "Task doesn't belong to Workspace");
});
