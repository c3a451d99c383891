import { deepStrictEqual, equal, match, notEqual } from 'node:assert/strict';
import { test } from 'node:test';
import { ids, NOON, practice } from './practice.ts';

test('entries come newest start first, future ones on top', async (t) => {
  const { get, simulator, workspaceId, userId } = await practice(t);
  const leave = simulator.world.addEntry({
    workspaceId,
    userId,
    type: 'TIME_OFF',
    start: '2026-12-24T00:00:00Z',
    end: '2026-12-24T08:00:00Z',
  });
  const { body } = await get(`/workspaces/${workspaceId}/user/${userId}/time-entries?page-size=1000`);
  equal(body[0].id, leave.id);
  const starts = body.map((row: { timeInterval: { start: string } }) => row.timeInterval.start);
  deepStrictEqual(starts, starts.toSorted().reverse());
});

test('an edited start moves the entry to another place', async (t) => {
  const { get, simulator, workspaceId, userId } = await practice(t);
  const path = `/workspaces/${workspaceId}/user/${userId}/time-entries?page-size=1000`;
  const all = ids(await get(path));
  const last = all.at(-1) ?? '';
  simulator.world.editEntry(workspaceId, last, { start: '2027-02-01T08:00:00Z', end: '2027-02-01T09:00:00Z' });
  deepStrictEqual(ids(await get(path)), [last, ...all.slice(0, -1)]);
});

test('an entry has exactly the keys that were observed, in their order', async (t) => {
  const { get, workspaceId, userId } = await practice(t);
  const { body } = await get(`/workspaces/${workspaceId}/user/${userId}/time-entries`);
  deepStrictEqual(Object.keys(body[0]), [
    'id',
    'description',
    'tagIds',
    'userId',
    'billable',
    'taskId',
    'projectId',
    'workspaceId',
    'timeInterval',
    'customFieldValues',
    'type',
    'kioskId',
    'hourlyRate',
    'costRate',
    'isLocked',
  ]);
  match(body[0].id, /^[0-9a-f]{24}$/);
});

test('a running entry has neither end nor duration, and stopping gives it both', async (t) => {
  const { get, simulator, workspaceId, userId } = await practice(t);
  const { world } = simulator;
  const timer = world.startTimer({ workspaceId, userId, start: NOON - 3_600_000 * 30 });
  const running = await get(`/workspaces/${workspaceId}/time-entries/status/in-progress`);
  equal(ids(running).includes(timer.id), true);
  const before = (await get(`/workspaces/${workspaceId}/time-entries/${timer.id}`)).body;
  deepStrictEqual(before.timeInterval, { start: '2026-03-15T06:00:00Z', end: null, duration: null });
  world.stopTimer(workspaceId, userId);
  const after = (await get(`/workspaces/${workspaceId}/time-entries/${timer.id}`)).body;
  deepStrictEqual(after.timeInterval, {
    start: '2026-03-15T06:00:00Z',
    end: '2026-03-16T12:00:00Z',
    duration: 'PT30H',
  });
  equal(ids(await get(`/workspaces/${workspaceId}/time-entries/status/in-progress`)).includes(timer.id), false);
});

test('a second timer of a user stops the first', async (t) => {
  const { get, simulator, workspaceId, userId } = await practice(t);
  const { world } = simulator;
  const first = world.startTimer({ workspaceId, userId, start: NOON - 60_000 });
  const second = world.startTimer({ workspaceId, userId });
  const path = `/workspaces/${workspaceId}/user/${userId}/time-entries?in-progress=true`;
  deepStrictEqual(ids(await get(path)), [second.id]);
  notEqual(world.store.row('timeEntries', workspaceId, first.id)?.timeInterval.end, null);
});

test('start and end are about the start of an entry: from is in, to is out', async (t) => {
  const { get, simulator, workspaceId, userId } = await practice(t, { days: 0 });
  const at = (start: string) => simulator.world.addEntry({ workspaceId, userId, start, end: NOON }).id;
  const early = at('2026-03-01T00:00:00Z');
  const late = at('2026-03-02T00:00:00Z');
  const path = `/workspaces/${workspaceId}/user/${userId}/time-entries`;
  deepStrictEqual(ids(await get(`${path}?start=2026-03-01T00:00:00Z&end=2026-03-02T00:00:00Z`)), [early]);
  deepStrictEqual(ids(await get(`${path}?start=2026-03-02T00:00:00Z&end=2026-03-03T00:00:00Z`)), [late]);
});

test('start is read again as local time of the account, in winter and in summer', async (t) => {
  const { get, simulator, workspaceId, userId } = await practice(t, { days: 0, accountTimeZone: 'Europe/Berlin' });
  const { world } = simulator;
  const at = (start: string) => world.addEntry({ workspaceId, userId, start, end: start }).id;
  const path = `/workspaces/${workspaceId}/user/${userId}/time-entries`;

  const winter = at('2026-01-14T23:00:00Z');
  at('2026-01-14T22:59:59Z');
  deepStrictEqual(ids(await get(`${path}?start=2026-01-15T00:00:00Z&end=2026-01-16T00:00:00Z`)), [winter]);
  const summer = at('2026-07-14T22:00:00Z');
  at('2026-07-14T21:59:59Z');
  deepStrictEqual(ids(await get(`${path}?start=2026-07-15T00:00:00Z&end=2026-07-16T00:00:00Z`)), [summer]);
  deepStrictEqual(ids(await get(`${path}?start=2026-07-15T05:00:00%2B05:00&end=2026-07-16T00:00:00Z`)), [summer]);

  world.setTimeZone(userId, 'UTC');
  deepStrictEqual(ids(await get(`${path}?start=2026-07-15T00:00:00Z&end=2026-07-16T00:00:00Z`)), []);
});

test('tags are null, empty or ids; rates are null or not; custom values are of any type', async (t) => {
  const { simulator, workspaceId } = await practice(t, { users: 20, days: 30 });
  const rows = simulator.world.store.rows('timeEntries', workspaceId);
  const some = (claim: (row: (typeof rows)[number]) => boolean) => equal(rows.some(claim), true, String(claim));
  some(({ tagIds }) => tagIds === null);
  some(({ tagIds }) => tagIds?.length === 0);
  some(({ tagIds }) => (tagIds?.length ?? 0) > 0);
  some(({ hourlyRate }) => hourlyRate === null);
  some(({ hourlyRate }) => hourlyRate !== null);
  some(({ costRate }) => costRate === null);
  some(({ description }) => description === '');
  some(({ projectId }) => projectId === null);
  some(({ type }) => type === 'TIME_OFF');
  const values = rows.flatMap(({ customFieldValues }) => customFieldValues.map(({ value }) => value));
  const kinds = new Set(
    values.map((value) => (value === null ? 'null' : Array.isArray(value) ? 'list' : typeof value)),
  );
  deepStrictEqual([...kinds].sort(), ['boolean', 'list', 'null', 'number', 'string']);
});

test('filters: description, project, tags, what must be there', async (t) => {
  const { get, simulator, workspaceId, userId } = await practice(t, { days: 0 });
  const { world } = simulator;
  const project = world.createProject({ workspaceId, name: 'P' });
  const tag = world.createTag(workspaceId, 'T');
  const on = world.addEntry({ workspaceId, userId, projectId: project.id, tagIds: [tag.id], description: 'Big Deal' });
  world.addEntry({ workspaceId, userId, description: 'nothing' });
  const path = `/workspaces/${workspaceId}/user/${userId}/time-entries`;
  for (const query of [`project=${project.id}`, `tags=${tag.id}`, 'description=big', 'project-required=true']) {
    deepStrictEqual(ids(await get(`${path}?${query}`)), [on.id], query);
  }
  deepStrictEqual(ids(await get(`${path}?task-required=true`)), []);
  deepStrictEqual(ids(await get(`${path}?get-week-before=2026-03-17T00:00:00Z`)), [on.id]);
});

test('hydrated adds what the ids stand for; the user is null in the single read', async (t) => {
  const { get, simulator, workspaceId, userId } = await practice(t, { days: 0 });
  const { world } = simulator;
  const project = world.createProject({ workspaceId, name: 'P' });
  const entry = world.addEntry({ workspaceId, userId, projectId: project.id });
  const list = await get(`/workspaces/${workspaceId}/user/${userId}/time-entries?hydrated=true&project=${project.id}`);
  equal(list.body[0].project.name, 'P');
  equal(list.body[0].user.id, userId);
  deepStrictEqual([list.body[0].projectId, list.body[0].task, list.body[0].tags], [project.id, null, []]);
  const single = await get(`/workspaces/${workspaceId}/time-entries/${entry.id}?hydrated=true`);
  equal(single.body.user, null);
});

test('a deleted entry comes back with the same id', async (t) => {
  const { get, simulator, workspaceId, userId } = await practice(t);
  const { world } = simulator;
  const entry = world.addEntry({ workspaceId, userId, description: 'twice' });
  world.deleteEntry(workspaceId, entry.id);
  world.restoreEntry(workspaceId, entry.id);
  deepStrictEqual((await get(`/workspaces/${workspaceId}/time-entries/${entry.id}`)).body, entry);
});

test('entries of a deactivated member stay listed; of a removed one they answer by id alone', async (t) => {
  const { get, simulator, workspaceId } = await practice(t);
  const { world } = simulator;
  const user = world.joinUser({ workspaceId, name: 'Brief' });
  const entry = world.addEntry({ workspaceId, userId: user.id });
  const path = `/workspaces/${workspaceId}/user/${user.id}/time-entries`;
  world.deactivateUser(workspaceId, user.id);
  deepStrictEqual(ids(await get(path)), [entry.id]);
  world.removeUser(workspaceId, user.id);
  equal((await get(path)).status, 400);
  equal((await get(`/workspaces/${workspaceId}/time-entries/${entry.id}`)).status, 200);
});
