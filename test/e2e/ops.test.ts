import { deepEqual, equal, ok } from 'node:assert/strict';
import { describe, type TestContext, test } from 'node:test';
import { openPlace, type Place, type PlaceOptions, type RunningWorker, until } from '../support/in-process-worker.ts';

interface Scene {
  readonly place: Place;
  readonly ws: string;
  readonly user: string;
  readonly slice: string;
  readonly ids: readonly string[];
}

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

async function openScene(t: TestContext, entries = 9, options: PlaceOptions = {}): Promise<Scene> {
  const place = await openPlace(t, { sources: ['projects', 'time-entries'], simulator: { users: 1 }, ...options });
  const { world } = place.simulator;
  const [ws = ''] = world.store.workspaceIds();
  const { id: user } = world.joinUser({ workspaceId: ws, createdAtMs: Date.now() - 2 * DAY_MS });
  const start = Date.now() - 3 * HOUR_MS;
  const ids = Array.from(
    { length: entries },
    (_, index) =>
      world.addEntry({ workspaceId: ws, userId: user, start: start - index * HOUR_MS, createdAtMs: start }).id,
  );
  return { place, ws, user, slice: `time-entries/${ws}/${user}`, ids };
}

async function openRunning(t: TestContext, entries = 9): Promise<Scene & { readonly worker: RunningWorker }> {
  const scene = await openScene(t, entries);
  return { ...scene, worker: await scene.place.startSettled() };
}

/** Ops of the topic, each with how often it stands there. */
function tally(ops: readonly string[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const op of ops) counts[op.slice(0, 1)] = (counts[op.slice(0, 1)] ?? 0) + 1;
  return counts;
}

describe('what happened and what is published', { concurrency: 4 }, () => {
  test('P2: what was there is read, what came is created, and nothing is said twice', async (t) => {
    const { place, worker, ws, user, slice, ids } = await openRunning(t);
    deepEqual(tally(place.ops('time-entries')), { r: place.simulator.world.store.rows('timeEntries', ws).length });
    const since = place.log('time-entries').length;
    const { id } = place.simulator.world.addEntry({ workspaceId: ws, userId: user });
    await worker.sweeps(slice, 3);
    deepEqual(place.ops('time-entries', since), [`c ${ws}/${id}`]);
    ok(ids.every((each) => place.folded('time-entries').has(`${ws}/${each}`)));
    place.verify();
  });

  test('P4: an entry moved to another project is updated, and the projects are not, for their duration alone moved', async (t) => {
    const { place, worker, ws, slice, ids } = await openRunning(t);
    const { world } = place.simulator;
    const [one, other] = world.store.rows('projects', ws);
    ok(one !== undefined && other !== undefined);
    world.editEntry(ws, ids[0] ?? '', { projectId: one.id });
    await worker.sweeps(slice, 1);
    const since = place.log('time-entries').length;
    const sinceProjects = place.log('projects').length;
    const before = world.store.row('projects', ws, other.id)?.duration;
    world.editEntry(ws, ids[0] ?? '', { projectId: other.id });
    ok(world.store.row('projects', ws, other.id)?.duration !== before, 'the duration has moved');
    await worker.sweeps(slice, 2);
    await worker.sweeps(`projects/${ws}`, 2);
    deepEqual(place.ops('time-entries', since), [`u ${ws}/${ids[0]}`]);
    deepEqual(place.ops('projects', sinceProjects), []);
    equal(place.folded('time-entries').get(`${ws}/${ids[0]}`)?.project_id, other.id);
    place.verify();
  });

  test('P4: the entries of a deleted project are updated, and only the project is deleted', async (t) => {
    const { place, worker, ws, slice, ids } = await openRunning(t);
    const { world } = place.simulator;
    const { id: project } = world.createProject({ workspaceId: ws, name: 'To be deleted' });
    world.editEntry(ws, ids[0] ?? '', { projectId: project });
    await worker.sweeps(slice, 1);
    await worker.sweeps(`projects/${ws}`, 1);
    const since = place.log('time-entries').length;
    world.deleteProject(ws, project);
    await worker.sweeps(slice, 1);
    await worker.sweeps(`projects/${ws}`, 1);
    deepEqual(place.deleted('projects'), [`${ws}/${project}`]);
    deepEqual(place.ops('time-entries', since), [`u ${ws}/${ids[0]}`]);
    place.verify();
  });

  test('P3: a deleted entry that is restored is deleted with a tombstone, then created later than that', async (t) => {
    const { place, worker, ws, slice, ids } = await openRunning(t);
    const { world } = place.simulator;
    const key = `${ws}/${ids[4]}`;
    world.deleteEntry(ws, ids[4] ?? '');
    await until(() => place.deleted('time-entries').length === 1, 'the delete');
    world.restoreEntry(ws, ids[4] ?? '');
    await worker.sweeps(slice, 2);
    const records = place.log('time-entries').filter((record) => record.key === key);
    deepEqual(
      records.map(({ op, row }) => (row === null ? 'tombstone' : op)),
      ['r', 'd', 'tombstone', 'c'],
    );
    ok(Number(records[3]?.headers.__ts_ms) > Number(records[1]?.headers.__ts_ms), '__ts_ms goes on after the delete');
    place.verify();
  });

  test('P3: an entry restored by the time a restarted worker sees it goes on after its delete', async (t) => {
    const { place, worker, ws, slice, ids } = await openRunning(t);
    const { world } = place.simulator;
    world.deleteEntry(ws, ids[4] ?? '');
    await until(() => place.deleted('time-entries').length === 1, 'the delete');
    await worker.stop();
    world.restoreEntry(ws, ids[4] ?? '');
    const since = place.log('time-entries').length;
    const next = place.start();
    await next.sweeps(slice, 1);
    deepEqual(place.ops('time-entries', since), [`c ${ws}/${ids[4]}`]);
    place.verify();
  });

  test('P4: an entry restored before anybody looked is unchanged', async (t) => {
    const { place, worker, ws, slice, ids } = await openRunning(t);
    const since = place.log('time-entries').length;
    await worker.stop();
    place.simulator.world.deleteEntry(ws, ids[4] ?? '');
    place.simulator.world.restoreEntry(ws, ids[4] ?? '');
    await place.start().sweeps(slice, 1);
    deepEqual(place.ops('time-entries', since), []);
    place.verify();
  });

  test('P1: a running timer that is stopped is updated', async (t) => {
    const { place, worker, ws, user, slice } = await openRunning(t);
    const { world } = place.simulator;
    const since = place.log('time-entries').length;
    const { id } = world.startTimer({ workspaceId: ws, userId: user, start: Date.now() - 60_000 });
    await worker.sweeps(slice, 1);
    equal(place.folded('time-entries').get(`${ws}/${id}`)?.time_interval_end, null);
    world.stopTimer(ws, user);
    await worker.sweeps(slice, 1);
    deepEqual(place.ops('time-entries', since), [`c ${ws}/${id}`, `u ${ws}/${id}`]);
    equal(typeof place.folded('time-entries').get(`${ws}/${id}`)?.time_interval_end, 'number');
    place.verify();
  });

  test('P3: an entry changed there and back is told each time', async (t) => {
    const { place, worker, ws, slice, ids } = await openRunning(t);
    const { world } = place.simulator;
    const since = place.log('time-entries').length;
    for (const description of ['A', 'B', 'A']) {
      world.editEntry(ws, ids[0] ?? '', { description });
      await worker.sweeps(slice, 1);
    }
    deepEqual(
      place
        .log('time-entries')
        .slice(since)
        .map(({ op, row }) => `${op} ${row?.description}`),
      ['u A', 'u B', 'u A'],
    );
    place.verify();
  });

  test('P1: edits far behind the newest entry are found like any other', async (t) => {
    const { place, worker, ws, slice, ids } = await openRunning(t, 40);
    const since = place.log('time-entries').length;
    place.simulator.world.editEntry(ws, ids[39] ?? '', { description: 'long ago' });
    await worker.sweeps(slice, 1);
    deepEqual(place.ops('time-entries', since), [`u ${ws}/${ids[39]}`]);
    place.verify();
  });
});

describe('a worker that is stopped and started again', { concurrency: 4 }, () => {
  test('P2: stopped in the middle of the first sweep, it reads on, each key once', async (t) => {
    const { place, slice, ids } = await openScene(t, 60);
    const first = place.start();
    await until(() => place.log('time-entries').length >= 9, 'some pages of the first sweep');
    await first.stop();
    const half = place.log('time-entries').length;
    ok(half < ids.length, `the first sweep was stopped in its middle, at ${half}`);
    const second = place.start();
    await second.sweeps(slice, 1);
    await second.sweeps(`projects/${place.simulator.world.store.workspaceIds()[0]}`, 1);
    const ops = place.ops('time-entries');
    deepEqual(tally(ops), { r: Object.keys(place.simulator.world.truth().timeEntries).length });
    equal(new Set(ops).size, ops.length);
    place.verify();
  });

  test('P2: stopped again and again in the first sweep, it ends with each key once', async (t) => {
    const { place, slice } = await openScene(t, 60);
    for (const wanted of [3, 15, 33]) {
      const worker = place.start();
      await until(() => place.log('time-entries').length >= wanted, `${wanted} entries`);
      await worker.stop();
    }
    const last = place.start();
    await last.sweeps(slice, 1);
    await last.sweeps(`projects/${place.simulator.world.store.workspaceIds()[0]}`, 1);
    const ops = place.ops('time-entries');
    equal(new Set(ops).size, ops.length);
    deepEqual(Object.keys(tally(ops)), ['r']);
    place.verify();
  });

  test('P4: an entry that went while the first sweep was stopped halfway is deleted once by the whole one', async (t) => {
    const { place, ws, slice } = await openScene(t, 60);
    const first = place.start();
    await until(() => place.log('time-entries').length >= 9, 'some pages of the first sweep');
    await first.stop();
    const seen = place.log('time-entries').at(0)?.key.split('/')[1] ?? '';
    place.simulator.world.deleteEntry(ws, seen);
    const second = place.start();
    await second.sweeps(slice, 1);
    await second.sweeps(`projects/${ws}`, 1);
    deepEqual(place.deleted('time-entries'), [`${ws}/${seen}`]);
    place.verify();
  });

  test('P4: a delete that happened while it was away is found after the restart, exactly once', async (t) => {
    const { place, worker, ws, slice, ids } = await openRunning(t);
    await worker.stop();
    place.simulator.world.deleteEntry(ws, ids[3] ?? '');
    const since = place.log('time-entries').length;
    for (let restarts = 0; restarts < 3; restarts += 1) {
      const next = place.start();
      await next.sweeps(slice, 1);
      await next.stop();
    }
    deepEqual(place.ops('time-entries', since), [`d ${ws}/${ids[3]}`]);
    place.verify();
  });

  test('P3: on a clock an hour behind, changes and deletes still come after what came before', async (t) => {
    const { place, worker, ws, slice, ids } = await openRunning(t);
    await worker.stop();
    const { world } = place.simulator;
    const behind = place.start({ clockOffsetMs: -HOUR_MS });
    const since = place.log('time-entries').length;
    for (const description of ['A', 'B']) {
      world.editEntry(ws, ids[0] ?? '', { description });
      await behind.sweeps(slice, 1);
    }
    world.deleteEntry(ws, ids[0] ?? '');
    await behind.sweeps(slice, 1);
    world.restoreEntry(ws, ids[0] ?? '');
    await behind.sweeps(slice, 1);
    const key = `${ws}/${ids[0]}`;
    deepEqual(place.ops('time-entries', since), [`u ${key}`, `u ${key}`, `d ${key}`, `c ${key}`]);
    place.verify();
  });

  test('P2: nothing changed while it was away, so nothing is published after the restart', async (t) => {
    const { place, worker, ws, slice } = await openRunning(t);
    await worker.stop();
    const before = place.sink.committed.length;
    const next = place.start();
    await next.sweeps(slice, 2);
    await next.sweeps(`projects/${ws}`, 2);
    equal(place.sink.committed.length, before);
  });

  test('P2: lost commit answers and fences in the middle of changes lose nothing and repeat nothing', async (t) => {
    const { place, worker, ws, user, slice, ids } = await openRunning(t);
    const { world } = place.simulator;
    const since = place.log('time-entries').length;
    const made: string[] = [];
    for (const failure of ['unknown_committed', 'unknown_lost', 'fenced', 'not_committed'] as const) {
      place.sink.failNext(failure);
      made.push(world.addEntry({ workspaceId: ws, userId: user }).id);
      await until(() => place.folded('time-entries').has(`${ws}/${made.at(-1)}`), `the entry after ${failure}`);
    }
    place.sink.failNext('unknown_committed');
    world.deleteEntry(ws, ids[2] ?? '');
    await until(() => place.deleted('time-entries').length > 0, 'the delete');
    await worker.sweeps(slice, 2);
    deepEqual(place.ops('time-entries', since), [...made.map((id) => `c ${ws}/${id}`), `d ${ws}/${ids[2]}`]);
    place.verify();
  });
});
