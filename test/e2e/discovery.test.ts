import { deepEqual, equal, ok } from 'node:assert/strict';
import { describe, type TestContext, test } from 'node:test';
import { openPlace, type Place, type RunningWorker, until } from '../support/in-process-worker.ts';

interface Scene {
  readonly place: Place;
  readonly worker: RunningWorker;
  readonly ws: string;
}

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

async function openScene(t: TestContext): Promise<Scene> {
  const place = await openPlace(t);
  const { world } = place.simulator;
  const [ws = ''] = world.store.workspaceIds();
  for (const { id } of world.store.rows('users', ws)) {
    for (let index = 0; index < 4; index += 1) {
      const start = Date.now() - (index + 2) * HOUR_MS;
      world.addEntry({ workspaceId: ws, userId: id, start, createdAtMs: start });
    }
  }
  return { place, worker: await place.startSettled(), ws };
}

const started = (worker: RunningWorker, slice: string) =>
  until(
    () => worker.events.some((event) => event.type === 'sweep' && event.slice.id === slice),
    `${slice} to be read for the first time`,
  );

describe('what appears while the worker runs', { concurrency: 4 }, () => {
  test('P1: of a user who joins later, older entries are read and newer ones created', async (t) => {
    const { place, worker, ws } = await openScene(t);
    const { world } = place.simulator;
    const { id: user } = world.joinUser({ workspaceId: ws });
    // Before a full second has passed, an id cannot say that it is newer than the first complete sweep.
    const add = (createdAtMs: number) => world.addEntry({ workspaceId: ws, userId: user, createdAtMs }).id;
    const older = add(Date.now() - DAY_MS);
    const newer = add(Date.now() + 2_000);
    const since = place.log('time-entries').length;
    await started(worker, `time-entries/${ws}/${user}`);
    await worker.sweeps(`time-entries/${ws}/${user}`, 1);
    deepEqual([...place.ops('time-entries', since)].sort(), [`c ${ws}/${newer}`, `r ${ws}/${older}`]);
    const latest = add(Date.now() - DAY_MS);
    await worker.sweeps(`time-entries/${ws}/${user}`, 1);
    deepEqual(place.ops('time-entries', since).at(-1), `c ${ws}/${latest}`);
    await worker.sweeps(`users/${ws}`, 1);
    ok(place.ops('users').includes(`c ${ws}/${user}`));
    await worker.sweeps('workspaces', 1);
    place.verify();
  });

  test('P1: the moment after which a new id is a create outlives the worker', async (t) => {
    const { place, worker, ws } = await openScene(t);
    await worker.stop();
    const { world } = place.simulator;
    const { id: user } = world.joinUser({ workspaceId: ws });
    const { id } = world.addEntry({ workspaceId: ws, userId: user, createdAtMs: Date.now() + 2_000 });
    const since = place.log('time-entries').length;
    const next = place.start();
    await started(next, `time-entries/${ws}/${user}`);
    deepEqual(place.ops('time-entries', since), [`c ${ws}/${id}`]);
  });

  test('P1: a workspace that is created later is read whole, and then followed', async (t) => {
    const { place, worker } = await openScene(t);
    const { world } = place.simulator;
    const owner = world.store.rows('users', world.store.workspaceIds()[0] ?? '')[0]?.id ?? '';
    const { id: ws } = world.createWorkspace('Founded later');
    world.joinUser({ workspaceId: ws, userId: owner });
    const { id: project } = world.createProject({ workspaceId: ws, name: 'First' });
    const { id: entry } = world.addEntry({ workspaceId: ws, userId: owner, projectId: project });
    await started(worker, `time-entries/${ws}/${owner}`);
    await started(worker, `projects/${ws}`);
    await started(worker, `users/${ws}`);
    await worker.sweeps('workspaces', 1);
    ok(place.ops('workspaces').includes(`c ${ws}`));
    world.renameProject(ws, project, 'Second');
    world.deleteEntry(ws, entry);
    const { id: another } = world.addEntry({ workspaceId: ws, userId: owner });
    await worker.sweeps(`time-entries/${ws}/${owner}`, 1);
    await worker.sweeps(`projects/${ws}`, 1);
    await worker.sweeps(`users/${ws}`, 1);
    deepEqual(
      place
        .ops('time-entries')
        .filter((op) => op.includes(ws))
        .slice(-2)
        .sort(),
      [`c ${ws}/${another}`, `d ${ws}/${entry}`],
    );
    deepEqual(
      place
        .ops('projects')
        .filter((op) => op.includes(ws))
        .at(-1),
      `u ${ws}/${project}`,
    );
    place.verify();
  });

  test('P1: a renamed user and a renamed workspace are updated, once each', async (t) => {
    const { place, worker, ws } = await openScene(t);
    const { world } = place.simulator;
    const user = world.store.rows('users', ws)[1]?.id ?? '';
    const since = { users: place.log('users').length, workspaces: place.log('workspaces').length };
    world.renameUser(user, 'Renamed User');
    world.renameWorkspace(ws, 'Renamed Workspace');
    await worker.sweeps(`users/${ws}`, 2);
    await worker.sweeps('workspaces', 2);
    deepEqual(place.ops('users', since.users), [`u ${ws}/${user}`]);
    deepEqual(place.ops('workspaces', since.workspaces), [`u ${ws}`]);
    equal(place.folded('users').get(`${ws}/${user}`)?.name, 'Renamed User');
    place.verify();
  });

  test('P4: a user who was removed and joins again is created anew, and the entries were never gone', async (t) => {
    const { place, worker, ws } = await openScene(t);
    const { world } = place.simulator;
    const [, user = ''] = world.store.rows('users', ws).map(({ id }) => id);
    const slice = `time-entries/${ws}/${user}`;
    const row = world.store.row('users', ws, user);
    ok(row !== undefined);
    world.removeUser(ws, user);
    await until(() => place.deleted('users').length === 1, 'the user to be deleted');
    const since = { users: place.log('users').length, entries: place.log('time-entries').length };
    // As removed, so back again: under the same id, which joining would mint anew.
    world.store.write({ kind: 'userJoined', resource: 'users', workspaceId: ws, id: user, after: row });
    const { id } = world.addEntry({ workspaceId: ws, userId: user });
    await worker.sweeps(slice, 1);
    await worker.sweeps(`users/${ws}`, 1);
    await worker.sweeps('workspaces', 1);
    deepEqual(place.ops('users', since.users), [`c ${ws}/${user}`]);
    deepEqual(place.ops('time-entries', since.entries), [`c ${ws}/${id}`]);
    deepEqual(place.deleted('time-entries'), []);
    place.verify();
  });
});

describe('what fails alone', { concurrency: 4 }, () => {
  for (const status of [403, 404, 500]) {
    test(`P1: a ${status} for the entries of one user, for ever, stops nobody else`, async (t) => {
      const { place, worker, ws } = await openScene(t);
      const { world, faults } = place.simulator;
      const [one = '', other = ''] = world.store.rows('users', ws).map(({ id }) => id);
      const rule = faults.add({ match: { path: `/user/${one}/time-entries` }, action: { kind: 'status', status } });
      await until(() => faults.list().some(({ id, struck }) => id === rule && struck > 3), 'the failures');
      const since = place.log('time-entries').length;
      const { id } = world.addEntry({ workspaceId: ws, userId: other });
      world.renameProject(ws, world.store.rows('projects', ws)[0]?.id ?? '', 'Goes on');
      world.renameUser(other, 'Goes On');
      for (const slice of [`time-entries/${ws}/${other}`, `projects/${ws}`, `users/${ws}`, 'workspaces']) {
        await worker.sweeps(slice, 2);
      }
      deepEqual(place.ops('time-entries', since), [`c ${ws}/${id}`]);
      deepEqual(
        worker.events.filter(({ type }) => type === 'source-stopped'),
        [],
      );
      place.verify();
    });
  }

  test('P1: a slice that was refused from the start is read once it is allowed, older entries as reads', async (t) => {
    const place = await openPlace(t, { sources: ['time-entries'] });
    const { world, faults } = place.simulator;
    const [ws = ''] = world.store.workspaceIds();
    const [one = '', other = ''] = world.store.rows('users', ws).map(({ id }) => id);
    const { id } = world.addEntry({ workspaceId: ws, userId: one, createdAtMs: Date.now() - DAY_MS });
    world.addEntry({ workspaceId: ws, userId: other });
    faults.add({ match: { path: `/user/${one}/time-entries` }, times: 3, action: { kind: 'status', status: 403 } });
    const worker = place.start();
    await worker.failures(`time-entries/${ws}/${one}`, 3);
    for (const { id: user } of world.store.rows('users', ws)) await worker.sweeps(`time-entries/${ws}/${user}`, 1);
    ok(place.ops('time-entries').includes(`r ${ws}/${id}`));
    deepEqual(place.deleted('time-entries'), []);
    place.verify();
  });

  test('P1: a whole workspace that is refused stops no other', async (t) => {
    const place = await openPlace(t, { simulator: { workspaces: 2, users: 3 }, sources: ['projects', 'time-entries'] });
    const worker = await place.startSettled();
    const { world, faults } = place.simulator;
    const [one = '', other = ''] = world.store.workspaceIds();
    faults.add({ match: { path: `/workspaces/${one}/` }, action: { kind: 'status', status: 403 } });
    await worker.failures(`projects/${one}`, 2);
    const since = place.log('projects').length;
    const { id } = world.createProject({ workspaceId: other, name: 'Goes on' });
    const user = world.store.rows('users', other)[0]?.id ?? '';
    const { id: entry } = world.addEntry({ workspaceId: other, userId: user });
    await worker.sweeps(`projects/${other}`, 1);
    await worker.sweeps(`time-entries/${other}/${user}`, 1);
    deepEqual(place.ops('projects', since), [`c ${other}/${id}`]);
    ok(place.ops('time-entries').includes(`c ${other}/${entry}`));
    deepEqual([place.deleted('projects'), place.deleted('time-entries')], [[], []]);
    place.verify();
  });

  for (const [name, action] of [
    ['a 403', { kind: 'status', status: 403 }],
    ['a 401', { kind: 'status', status: 401 }],
    ['a 500', { kind: 'status', status: 500 }],
    ['an empty list', { kind: 'emptyList' }],
    ["a proxy's page with 200", { kind: 'html', status: 200 }],
    ['a body that breaks off', { kind: 'cut' }],
  ] as const) {
    test(`P4: ${name} for the discovery of users, for ever, ends no slice`, async (t) => {
      const { place, worker, ws } = await openScene(t);
      const { world, faults } = place.simulator;
      const users = world.store.rows('users', ws).map(({ id }) => id);
      faults.add({ match: { path: '/users\\?.*page-size=200' }, action });
      const failed = () => worker.events.filter(({ type }) => type === 'discovery-failed').length;
      await until(() => failed() >= 3, 'the discovery to fail three times');
      const since = place.log('time-entries').length;
      const made = users.map((userId) => world.addEntry({ workspaceId: ws, userId }).id);
      for (const user of users) await worker.sweeps(`time-entries/${ws}/${user}`, 1);
      deepEqual([...place.ops('time-entries', since)].sort(), made.map((id) => `c ${ws}/${id}`).sort());
      deepEqual(
        worker.events.filter(({ type }) => type === 'source-stopped'),
        [],
      );
      place.verify();
    });

    test(`P4: ${name} for the list of workspaces, for ever, ends no slice below`, async (t) => {
      const { place, worker, ws } = await openScene(t);
      const { world, faults } = place.simulator;
      faults.add({ match: { path: '/workspaces$' }, action });
      const failed = () => worker.events.filter(({ type }) => type === 'discovery-failed').length;
      await until(() => failed() >= 3, 'the discovery to fail three times');
      const since = place.log('projects').length;
      const { id } = world.createProject({ workspaceId: ws, name: 'Goes on' });
      await worker.sweeps(`projects/${ws}`, 1);
      deepEqual(place.ops('projects', since), [`c ${ws}/${id}`]);
      deepEqual([place.deleted('workspaces'), place.deleted('projects')], [[], []]);
      deepEqual(
        worker.events.filter(({ type }) => type === 'source-stopped'),
        [],
      );
      place.verify();
    });
  }

  test('P4: a user whom the discovery overlooks once is polled again after it, and nothing is gone', async (t) => {
    const { place, worker, ws } = await openScene(t);
    const { world } = place.simulator;
    const [, user = ''] = world.store.rows('users', ws).map(({ id }) => id);
    const overlooked = place.tamper(
      /\/users\?.*page-size=200$/,
      (answer) => {
        const rows = JSON.parse(new TextDecoder().decode(answer.body)) as { id: string }[];
        return { ...answer, body: new TextEncoder().encode(JSON.stringify(rows.filter(({ id }) => id !== user))) };
      },
      2,
    );
    await until(() => overlooked.struck === 2, 'the user to be overlooked');
    const since = place.log('time-entries').length;
    const { id } = world.addEntry({ workspaceId: ws, userId: user });
    await worker.sweeps(`time-entries/${ws}/${user}`, 1);
    deepEqual(place.ops('time-entries', since), [`c ${ws}/${id}`]);
    deepEqual([place.deleted('users'), place.deleted('time-entries')], [[], []]);
    place.verify();
  });
});
