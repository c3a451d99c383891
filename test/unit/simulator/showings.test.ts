import { equal } from 'node:assert/strict';
import { test } from 'node:test';
import { NOON, practice } from './practice.ts';

test('it is known when each state of an entry was first answered, and that one never was', async (t) => {
  let now = NOON;
  const { get, simulator, workspaceId, userId } = await practice(t, { clock: () => now });
  const { world } = simulator;
  const first = world.addEntry({ workspaceId, userId, description: 'one' });
  const path = `/workspaces/${workspaceId}/time-entries/${first.id}`;
  equal(world.store.shownAtMs.get(first), undefined);
  now += 1000;
  await get(path);
  now += 1000;
  await get(`/workspaces/${workspaceId}/user/${userId}/time-entries?hydrated=true`);
  equal(world.store.shownAtMs.get(first), NOON + 1000);
  const second = world.editEntry(workspaceId, first.id, { description: 'two' });
  const third = world.editEntry(workspaceId, first.id, { description: 'three' });
  await get(`/workspaces/${workspaceId}/user/${userId}/time-entries`);
  equal(world.store.shownAtMs.get(second), undefined);
  equal(world.store.shownAtMs.get(third), NOON + 2000);
});
