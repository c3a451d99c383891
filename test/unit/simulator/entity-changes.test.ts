import { deepStrictEqual, equal } from 'node:assert/strict';
import { test } from 'node:test';
import { ids, NOON, practice } from './practice.ts';

const HOUR_MS = 3_600_000;

function range(fromMs: number, toMs: number): string {
  const iso = (ms: number) => new Date(ms).toISOString().replace('.000', '');
  return `start=${iso(fromMs)}&end=${iso(toMs)}`;
}

test('created, updated and deleted in a range are told apart by when the entity was made', async (t) => {
  let now = NOON;
  const { get, simulator, workspaceId, userId } = await practice(t, { days: 0, clock: () => now });
  const { world } = simulator;
  const old = world.addEntry({ workspaceId, userId });
  const oldGone = world.addEntry({ workspaceId, userId });
  now += HOUR_MS;
  const from = now;
  const fresh = world.addEntry({ workspaceId, userId });
  const freshGone = world.addEntry({ workspaceId, userId });
  now += 1000;
  for (const { id } of [old, fresh]) world.editEntry(workspaceId, id, { description: 'edited' });
  for (const { id } of [oldGone, freshGone]) world.deleteEntry(workspaceId, id);
  now += 120_000;
  const changed = async (list: string) =>
    ids(await get(`/workspaces/${workspaceId}/entities/${list}?type=TIME_ENTRY&${range(from, now)}`));
  deepStrictEqual(await changed('created'), [fresh.id]);
  deepStrictEqual(await changed('updated'), [old.id]);
  deepStrictEqual(await changed('deleted'), [oldGone.id]);
});

test('a deletion is seen about a minute late', async (t) => {
  let now = NOON;
  const { get, simulator, workspaceId, userId } = await practice(t, { days: 0, clock: () => now });
  const { id } = simulator.world.addEntry({ workspaceId, userId });
  now += HOUR_MS;
  simulator.world.deleteEntry(workspaceId, id);
  const path = `/workspaces/${workspaceId}/entities/deleted?type=TIME_ENTRY&${range(now - 1000, now + HOUR_MS)}`;
  now += 59_000;
  deepStrictEqual((await get(path)).body, []);
  now += 1000;
  const { body } = await get(path);
  deepStrictEqual(body, [
    { id, deletedAt: '2026-03-16T13:00:00.000Z', document: { _id: id }, documentCode: 'TIME_ENTRY' },
  ]);
});

test('an item says when it was made and changed, and an entry has no rates there', async (t) => {
  const { get, simulator, workspaceId, userId } = await practice(t, { days: 0, accountTimeZone: 'Europe/Berlin' });
  simulator.world.addEntry({ workspaceId, userId, start: NOON - HOUR_MS });
  const { body } = await get(`/workspaces/${workspaceId}/entities/created?type=TIME_ENTRY&limit=1`);
  deepStrictEqual(Object.keys(body[0]).includes('hourlyRate'), false);
  equal(body[0].documentCode, 'TIME_ENTRY');
  const last = (await get(`/workspaces/${workspaceId}/entities/created?type=TIME_ENTRY`)).body.at(-1);
  deepStrictEqual(last.auditMetadata, { createdAt: '2026-03-16T12:00:00Z', updatedAt: '2026-03-16T12:00:00Z' });
  deepStrictEqual([last.timeInterval.offsetStart, last.timeInterval.zonedStart], [3600, '2026-03-16T12:00:00Z']);
});

test('pages begin at 0 or at 1, have 50 rows by default, and no header says which is the last', async (t) => {
  const { get, simulator, workspaceId } = await practice(t);
  const path = `/workspaces/${workspaceId}/entities/created?type=TIME_ENTRY&type=TAGS`;
  const first = await get(path);
  equal(first.body.length, 50);
  equal(first.lastPage, null);
  deepStrictEqual((await get(`${path}&page=0&page-size=3`)).body, first.body);
  const second = (await get(`${path}&page=1`)).body;
  equal(second.length > 0 && second[0].id !== first.body[0].id, true);
  simulator.settings.entityChanges = { ...simulator.settings.entityChanges, firstPage: 1 };
  deepStrictEqual((await get(`${path}&page=1`)).body, first.body);
  deepStrictEqual((await get(`${path}&page=2`)).body, second);
  equal((await get(`${path}&limit=7`)).body.length, 7);
});

test('a type is needed, known, and may be of something this world does not have', async (t) => {
  const { get, control, workspaceId } = await practice(t);
  const path = `/workspaces/${workspaceId}/entities/updated`;
  const missing = await get(path);
  deepStrictEqual(
    [missing.status, missing.body],
    [400, { message: "Required request parameter 'type' for method parameter type List is not present", code: 3001 }],
  );
  equal((await get(`${path}?type=MOON`)).body.code, 3002);
  deepStrictEqual((await get(`${path}?type=SCHEDULED_ASSIGNMENT`)).body, []);
  await control('POST', '/settings', { entityChanges: { enabled: false } });
  equal((await get(`${path}?type=TIME_ENTRY`)).status, 403);
});

test("a project's moving duration is no update of it, its new name is", async (t) => {
  let now = NOON;
  const { get, simulator, workspaceId, userId } = await practice(t, { clock: () => now });
  const { world } = simulator;
  const { id } = world.createProject({ workspaceId, name: 'P' });
  now += HOUR_MS;
  const path = `/workspaces/${workspaceId}/entities/updated?type=PROJECTS&${range(now, now + HOUR_MS)}`;
  world.addEntry({ workspaceId, userId, projectId: id });
  deepStrictEqual((await get(path)).body, []);
  world.renameProject(workspaceId, id, 'Q');
  const { body } = await get(path);
  deepStrictEqual([body[0].id, body[0].name], [id, 'Q']);
});

test('an entry that came back is there as updated and no longer as deleted', async (t) => {
  let now = NOON;
  const { get, simulator, workspaceId, userId } = await practice(t, { days: 0, clock: () => now });
  const { id } = simulator.world.addEntry({ workspaceId, userId });
  now += HOUR_MS;
  const from = now;
  simulator.world.deleteEntry(workspaceId, id);
  now += 120_000;
  simulator.world.restoreEntry(workspaceId, id);
  const query = `type=TIME_ENTRY&${range(from, now + 1000)}`;
  deepStrictEqual((await get(`/workspaces/${workspaceId}/entities/deleted?${query}`)).body, []);
  deepStrictEqual(ids(await get(`/workspaces/${workspaceId}/entities/updated?${query}`)), [id]);
});
