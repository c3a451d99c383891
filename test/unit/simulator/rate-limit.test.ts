import { deepStrictEqual, equal } from 'node:assert/strict';
import { test } from 'node:test';
import { NOON, practice } from './practice.ts';

test('each workspace has a bucket of its own that fills with the clock', async (t) => {
  let now = NOON;
  const { get, simulator, workspaceId } = await practice(t, {
    clock: () => now,
    rateLimit: { perSecond: 2, burst: 3, retryAfter: false, body: true },
  });
  const [, other] = simulator.world.store.workspaceIds();
  const statusOf = async (id: string | undefined) => (await get(`/workspaces/${id}/projects`)).status;
  const statuses = [];
  for (let left = 4; left > 0; left -= 1) statuses.push(await statusOf(workspaceId));
  deepStrictEqual(statuses, [200, 200, 200, 429]);
  equal(await statusOf(other), 200);
  equal((await get('/user')).status, 200);
  now += 500;
  equal(await statusOf(workspaceId), 200);
  equal(await statusOf(workspaceId), 429);
});

test('a refusal may have a body and Retry-After, or neither', async (t) => {
  const { get, simulator, workspaceId } = await practice(t, {
    rateLimit: { perSecond: 30 / 3600, burst: 1, retryAfter: true, body: true },
  });
  const path = `/workspaces/${workspaceId}/projects`;
  await get(path);
  const full = await get(path);
  deepStrictEqual([full.status, full.headers.get('retry-after'), full.body.message], [429, '120', 'Too many requests']);
  simulator.settings.rateLimit = { perSecond: 1, burst: 1, retryAfter: false, body: false };
  const bare = await get(path);
  deepStrictEqual([bare.status, bare.headers.get('retry-after'), bare.body], [429, null, '']);
});

test('without a limit every request is answered', async (t) => {
  const { get } = await practice(t);
  for (let left = 80; left > 0; left -= 1) equal((await get('/user')).status, 200);
});
