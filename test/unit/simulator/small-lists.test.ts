import { deepStrictEqual, equal } from 'node:assert/strict';
import { test } from 'node:test';
import { ids, practice } from './practice.ts';

test('clients and tags are listed by name, filtered, paged and read one by one', async (t) => {
  const { get, control, workspaceId } = await practice(t);
  for (const [list, kind] of [
    ['clients', 'createClient'],
    ['tags', 'createTag'],
  ] as const) {
    const made = (await control('POST', '/mutate', { kind, workspaceId, name: 'aaa first' })).body.row;
    const path = `/workspaces/${workspaceId}/${list}`;
    const all = await get(path);
    equal(all.body[0].id, made.id);
    equal(all.lastPage, 'true');
    deepStrictEqual(ids(await get(`${path}?name=AAA`)), [made.id]);
    deepStrictEqual(ids(await get(`${path}?name=aaa&strict-name-search=true`)), []);
    deepStrictEqual(ids(await get(`${path}?archived=true`)), []);
    equal((await get(`${path}?page-size=1`)).lastPage, 'false');
    deepStrictEqual((await get(`${path}/${made.id}`)).body, made);
    equal((await get(`${path}/${'f'.repeat(24)}`)).body.code, 501);
  }
});

test('tasks are listed by project; a task has a duration only when read alone', async (t) => {
  const { get, control, workspaceId } = await practice(t, { projectsPerWorkspace: 1 });
  const projectId = ids(await get(`/workspaces/${workspaceId}/projects`))[0] ?? '';
  const path = `/workspaces/${workspaceId}/projects/${projectId}/tasks`;
  const { body } = await control('POST', '/mutate', { kind: 'createTask', workspaceId, projectId, name: 'Zzz' });
  const listed = (await get(path)).body.at(-1);
  deepStrictEqual([listed.id, listed.duration], [body.row.id, null]);
  equal((await get(`${path}/${body.row.id}`)).body.duration, 'PT0S');
  deepStrictEqual(ids(await get(`${path}?is-active=false`)), []);
  equal((await get(`${path}?is-active=maybe`)).body.code, 3000);
  equal((await get(`${path}/${'f'.repeat(24)}`)).status, 400);
  equal((await get(`/workspaces/${workspaceId}/projects/${'f'.repeat(24)}/tasks`)).status, 400);
});
