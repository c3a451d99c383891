import { deepStrictEqual, equal, notDeepStrictEqual } from 'node:assert/strict';
import { test } from 'node:test';
import { createIdMint, createRandom } from '../../../src/simulator/random.ts';
import { eventually } from '../../support/eventually.ts';
import { NOON, practice } from './practice.ts';

test('the same seed and the same clock give the same history', async (t) => {
  const history = async (seed: number) => {
    let now = NOON;
    const { simulator } = await practice(t, { seed, clock: () => now });
    for (let round = 0; round < 40; round += 1) {
      now += 30_000;
      simulator.step(5);
    }
    return simulator.world.history.entries;
  };
  const first = await history(7);
  deepStrictEqual(await history(7), first);
  notDeepStrictEqual(await history(8), first);
});

test('reading over HTTP changes nothing in what comes next', async (t) => {
  const quiet = await practice(t);
  const read = await practice(t);
  await read.get(`/workspaces/${read.workspaceId}/projects?hydrated=true`);
  quiet.simulator.step(50);
  read.simulator.step(50);
  deepStrictEqual(read.simulator.world.truth(), quiet.simulator.world.truth());
});

test('everything that can happen happens in time', async (t) => {
  let now = NOON;
  const { simulator } = await practice(t, { clock: () => now, users: 12 });
  for (let round = 0; round < 1500; round += 1) {
    now += 20_000;
    simulator.step(2);
  }
  const kinds = new Set(simulator.world.history.entries.map(({ kind }) => kind));
  for (const kind of [
    'timerStarted',
    'timerStopped',
    'entryAdded',
    'entryEdited',
    'entryDeleted',
    'entryRestored',
    'projectRenamed',
    'projectArchived',
    'projectUnarchived',
    'projectCreated',
    'projectDeleted',
    'projectDurationMoved',
    'userJoined',
    'userDeactivated',
    'userActivated',
    'clientCreated',
    'clientRenamed',
    'clientArchived',
    'clientUnarchived',
    'clientDeleted',
    'tagCreated',
    'tagRenamed',
    'tagArchived',
    'tagUnarchived',
    'tagDeleted',
    'taskCreated',
    'taskRenamed',
    'taskDone',
    'taskReopened',
    'taskDeleted',
    'groupCreated',
    'groupRenamed',
    'groupJoined',
    'groupLeft',
    'groupDeleted',
    'expenseAdded',
    'expenseEdited',
    'expenseDeleted',
    'approvalSubmitted',
    'approvalApproved',
    'approvalWithdrawn',
  ]) {
    equal(kinds.has(kind), true, kind);
  }
});

test('at most one timer runs for a user, and no interval is negative', async (t) => {
  const { simulator } = await practice(t);
  simulator.step(500);
  for (const workspaceId of simulator.world.store.workspaceIds()) {
    const running = simulator.world.store.running(workspaceId).map(({ userId }) => userId);
    equal(new Set(running).size, running.length);
    for (const { timeInterval } of simulator.world.store.rows('timeEntries', workspaceId)) {
      if (timeInterval.end !== null) equal(timeInterval.start <= timeInterval.end, true);
    }
  }
});

test('the first world has what it is asked for', async (t) => {
  const { simulator } = await practice(t, { workspaces: 2, users: 20, days: 90 });
  const { store } = simulator.world;
  equal(store.workspaceIds().length, 2);
  const accounts = new Set(store.workspaceIds().flatMap((id) => store.rows('users', id).map((user) => user.id)));
  equal(accounts.size, 20);
  for (const workspaceId of store.workspaceIds()) {
    const users = store.rows('users', workspaceId).length;
    equal(store.rows('projects', workspaceId).length, 12);
    equal(store.rows('workspaces', workspaceId)[0]?.memberships.length, users);
    const perUserAndWorkingDay = store.rows('timeEntries', workspaceId).length / users / 64;
    equal(perUserAndWorkingDay > 3 && perUserAndWorkingDay < 5, true, String(perUserAndWorkingDay));
    equal(store.running(workspaceId).length > 0, true);
  }
});

test('activity runs by itself until it is stopped', async (t) => {
  const { simulator } = await practice(t, { activity: 200 });
  const { history } = simulator.world;
  const before = history.sequence;
  await eventually('ten changes', () => history.sequence >= before + 10);
  simulator.stopActivity();
  const stopped = history.sequence;
  await new Promise((resolve) => setTimeout(resolve, 60));
  equal(history.sequence, stopped);
});

test('ids begin with the second of their creation and are unique', () => {
  const mint = createIdMint(createRandom(3));
  const minted = Array.from({ length: 1000 }, () => mint(NOON));
  equal(new Set(minted).size, 1000);
  for (const id of minted) equal(id.startsWith((NOON / 1000).toString(16)) && id.length === 24, true);
});

test('a workspace stays of a size, however long it lives', async (t) => {
  const { simulator } = await practice(t, { users: 8, days: 1, projectsPerWorkspace: 10 });
  simulator.step(8000);
  for (const workspaceId of simulator.world.store.workspaceIds()) {
    equal(simulator.world.store.rows('users', workspaceId).length <= 12, true);
    equal(simulator.world.store.rows('projects', workspaceId).length <= 20, true);
  }
});
