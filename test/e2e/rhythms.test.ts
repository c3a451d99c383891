import { deepEqual, equal, ok } from 'node:assert/strict';
import { describe, type TestContext, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { ShardState } from '../../src/pipeline/shard-state.ts';
import { openPlace, type Place, type PlaceOptions, type RunningWorker, until } from '../support/in-process-worker.ts';

interface Scene {
  readonly place: Place;
  readonly worker: RunningWorker;
  readonly ws: string;
  readonly user: string;
  /** From the newest start to the oldest: six of these days, three of long ago. */
  readonly ids: readonly string[];
}

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
const WINDOW_MS = 30 * DAY_MS;
const RECENT = { recentMs: 7 * DAY_MS };
const RECONCILE = { reconcile: { everyMs: 400, windowMs: WINDOW_MS, sinceMs: undefined } };
const RARE_RECONCILE = { reconcile: { everyMs: HOUR_MS, windowMs: WINDOW_MS, sinceMs: undefined } };
const ALL = { runningMs: 60, changesMs: 80, ...RECENT, ...RECONCILE };
const NO_DELAY = { users: 2, entityChanges: { deletionDelayMs: 0 } };

async function openScene(
  t: TestContext,
  rhythms: NonNullable<PlaceOptions['rhythms']>,
  simulator: PlaceOptions['simulator'] = NO_DELAY,
): Promise<Scene> {
  const place = await openPlace(t, { sources: ['users', 'time-entries'], simulator, rhythms });
  const { world } = place.simulator;
  const [ws = ''] = world.store.workspaceIds();
  const { id: user } = world.joinUser({ workspaceId: ws, createdAtMs: Date.now() - 400 * DAY_MS });
  const now = Date.now();
  const agesMs = [5, 6, 7, 8, 9, 10].map((hours) => hours * HOUR_MS);
  const starts = [...agesMs, 40 * DAY_MS, 100 * DAY_MS, 300 * DAY_MS].map((ageMs) => now - ageMs);
  const ids = starts.map(
    (start) => world.addEntry({ workspaceId: ws, userId: user, start, createdAtMs: start + HOUR_MS }).id,
  );
  const worker = await place.startSettled();
  return { place, worker, ws, user, ids };
}

const sliceOf = ({ ws, user }: Scene, rhythm: string) =>
  rhythm === 'running' || rhythm === 'changes' || rhythm === 'strays'
    ? `time-entries/${ws}/~${rhythm}`
    : `time-entries/${ws}/${user}/~${rhythm}`;

const has = ({ place, ws }: Scene, id: string | undefined) => place.folded('time-entries').has(`${ws}/${id}`);
const rowOf = ({ place, ws }: Scene, id: string | undefined) => place.folded('time-entries').get(`${ws}/${id}`);
const lengthOf = ({ place }: Scene) => place.log('time-entries').length;
const struck = ({ simulator }: Place, id: number) => simulator.faults.list().find((each) => each.id === id)?.struck;

/** Until the whole history of the user has been read to its end. */
async function untilWhole({ place, ws, user }: Scene): Promise<void> {
  const isWhole = () => stateOf(place).checkpoint('time-entries', `time-entries/${ws}/${user}`)?.firstCompleteAtMs;
  await until(() => isWhole() !== undefined, 'the whole history');
}

function stateOf({ sink }: Place): ShardState {
  const state = new ShardState();
  for (const shard of [0, 1, 2]) for (const record of sink.stateLog(shard)) state.apply(record);
  return state;
}

describe('running', { concurrency: 4 }, () => {
  test('P1: a timer is seen when it starts and when it stops, within two intervals each', async (t) => {
    const scene = await openScene(t, { runningMs: 150, ...RARE_RECONCILE });
    await untilWhole(scene);
    const { place, ws, user } = scene;
    const { world } = place.simulator;
    const since = lengthOf(scene);
    const lists = () =>
      place.simulator.requests.entries.filter(({ path }) => path.endsWith('/status/in-progress')).length;
    const beforeStart = lists();
    const { id } = world.startTimer({ workspaceId: ws, userId: user });
    await until(() => has(scene, id), 'the timer');
    ok(lists() - beforeStart <= 3, 'three lists are two intervals apart');
    const beforeStop = lists();
    world.stopTimer(ws, user);
    await until(() => rowOf(scene, id)?.time_interval_end !== null, 'its end');
    ok(lists() - beforeStop <= 3, 'three lists are two intervals apart');
    deepEqual(place.ops('time-entries', since), [`c ${ws}/${id}`, `u ${ws}/${id}`]);
    place.verify();
  });

  test('P4: a running entry that is deleted is deleted by its own read', async (t) => {
    const scene = await openScene(t, { runningMs: 60, ...RARE_RECONCILE });
    await untilWhole(scene);
    const { place, ws, user } = scene;
    const since = lengthOf(scene);
    const { id } = place.simulator.world.startTimer({ workspaceId: ws, userId: user });
    await until(() => has(scene, id), 'the timer');
    place.simulator.world.deleteEntry(ws, id);
    await until(() => !has(scene, id), 'its delete');
    deepEqual(place.ops('time-entries', since), [`c ${ws}/${id}`, `d ${ws}/${id}`]);
    place.verify();
  });

  test('P4: an empty list that lies deletes nothing and changes nothing', async (t) => {
    const scene = await openScene(t, { runningMs: 60, ...RARE_RECONCILE });
    await untilWhole(scene);
    const { place, worker, ws, user } = scene;
    const { id } = place.simulator.world.startTimer({ workspaceId: ws, userId: user });
    await until(() => has(scene, id), 'the timer');
    const since = lengthOf(scene);
    const lie = place.simulator.faults.add({
      match: { path: 'status/in-progress' },
      times: 3,
      action: { kind: 'emptyList' },
    });
    await until(() => struck(place, lie) === 3, 'the list to lie');
    await worker.sweeps(sliceOf(scene, 'running'), 1);
    deepEqual(place.ops('time-entries', since), []);
    place.simulator.world.stopTimer(ws, user);
    await until(() => rowOf(scene, id)?.time_interval_end !== null, 'its end');
    place.verify();
  });

  test('P1: a timer that was stopped while nobody looked is updated after the restart', async (t) => {
    const scene = await openScene(t, { runningMs: 60, ...RARE_RECONCILE });
    await untilWhole(scene);
    const { place, worker, ws, user } = scene;
    const { id } = place.simulator.world.startTimer({ workspaceId: ws, userId: user });
    await until(() => has(scene, id), 'the timer');
    await worker.sweeps(sliceOf(scene, 'running'), 1);
    await worker.stop();
    place.simulator.world.stopTimer(ws, user);
    place.start();
    await until(() => rowOf(scene, id)?.time_interval_end !== null, 'its end');
    place.verify();
  });
});

describe('changes', { concurrency: 4 }, () => {
  test('P1: an edit and a delete of long ago are found by what the lists name', async (t) => {
    const scene = await openScene(t, { changesMs: 60, ...RARE_RECONCILE });
    await untilWhole(scene);
    const { place, ws, ids } = scene;
    const { world } = place.simulator;
    const since = lengthOf(scene);
    world.editEntry(ws, ids[8] ?? '', { description: 'edited long after' });
    await until(() => rowOf(scene, ids[8])?.description === 'edited long after', 'the edit');
    world.deleteEntry(ws, ids[7] ?? '');
    await until(() => !has(scene, ids[7]), 'the delete');
    deepEqual(place.ops('time-entries', since), [`u ${ws}/${ids[8]}`, `d ${ws}/${ids[7]}`]);
    place.verify();
  });

  test('P1: an entry that is made and deleted within the range, which no list names then, is deleted', async (t) => {
    const scene = await openScene(t, { changesMs: 60, ...RARE_RECONCILE });
    await untilWhole(scene);
    const { place, worker, ws, user } = scene;
    const since = lengthOf(scene);
    const { id } = place.simulator.world.addEntry({ workspaceId: ws, userId: user, start: Date.now() - HOUR_MS });
    await until(() => has(scene, id), 'the entry');
    place.simulator.world.deleteEntry(ws, id);
    await until(() => !has(scene, id), 'the delete');
    await worker.sweeps(sliceOf(scene, 'changes'), 2);
    deepEqual(place.ops('time-entries', since), [`c ${ws}/${id}`, `d ${ws}/${id}`]);
    place.verify();
  });

  test('P1: a delete that the lists show late is found all the same', async (t) => {
    const late = { users: 2, entityChanges: { deletionDelayMs: 700 } };
    const scene = await openScene(t, { changesMs: 60, ...RARE_RECONCILE }, late);
    await untilWhole(scene);
    const { place, worker, ws, ids } = scene;
    place.simulator.world.deleteEntry(ws, ids[7] ?? '');
    await worker.sweeps(sliceOf(scene, 'changes'), 2);
    ok(has(scene, ids[7]), 'no list has named it yet');
    await until(() => !has(scene, ids[7]), 'the delete');
    place.verify();
  });

  test('P4: lists that name as deleted what lives, or what nobody knows, delete nothing', async (t) => {
    const scene = await openScene(t, { changesMs: 60, ...RARE_RECONCILE });
    await untilWhole(scene);
    const { place, worker, ids } = scene;
    const since = lengthOf(scene);
    const deletedAt = new Date().toISOString();
    const lies = [ids[0], ids[8], 'ffffffffffffffffffffffff'].map((id) => ({
      id,
      deletedAt,
      document: { _id: id },
      documentCode: 'TIME_ENTRY',
    }));
    const body = new TextEncoder().encode(JSON.stringify(lies));
    const lie = place.tamper(/entities\/deleted.*page=0/, (answer) => ({ ...answer, body }), 6);
    await until(() => lie.struck === 6, 'the list to lie');
    await worker.sweeps(sliceOf(scene, 'changes'), 1);
    deepEqual(place.ops('time-entries', since), []);
    place.verify();
  });

  test('P2: what is named again and again is read by id no more, once its last change is two seconds old', async (t) => {
    const scene = await openScene(t, { changesMs: 60, ...RARE_RECONCILE });
    await untilWhole(scene);
    const { place, worker, ws, ids } = scene;
    place.simulator.world.editEntry(ws, ids[8] ?? '', { description: 'once' });
    await until(() => rowOf(scene, ids[8])?.description === 'once', 'the edit');
    await sleep(2_100);
    await worker.sweeps(sliceOf(scene, 'changes'), 1);
    place.simulator.requests.clear();
    await worker.sweeps(sliceOf(scene, 'changes'), 4);
    const reads = place.simulator.requests.entries.filter(({ path }) => path.endsWith('/time-entries/{id}'));
    equal(reads.length, 0);
  });

  test('P4: where the lists are refused it switches itself off, says so once, and the others go on', async (t) => {
    const scene = await openScene(
      t,
      { changesMs: 60, ...RECENT, ...RARE_RECONCILE },
      { users: 2, entityChanges: { enabled: false } },
    );
    await untilWhole(scene);
    const { place, worker, ws, user } = scene;
    const turns = () => worker.events.filter(({ type }) => type === 'rhythm-switched');
    await until(() => turns().length > 0, 'the switch');
    await worker.sweeps(sliceOf(scene, 'changes'), 3);
    place.simulator.requests.clear();
    await worker.sweeps(sliceOf(scene, 'changes'), 3);
    equal(place.simulator.requests.entries.filter(({ path }) => path.includes('/entities/')).length, 0);
    equal(turns().length, 1);
    const { id } = place.simulator.world.addEntry({ workspaceId: ws, userId: user });
    await until(() => has(scene, id), 'the entry, by another rhythm');
    place.verify();
  });
});

describe('recent and reconcile', { concurrency: 4 }, () => {
  for (const zone of ['Pacific/Kiritimati', 'America/Anchorage', 'Europe/Berlin', 'Etc/GMT+12']) {
    test(`P4: an account whose profile zone is ${zone} sees every entry, and none is deleted`, async (t) => {
      const scene = await openScene(t, { ...RECENT, ...RECONCILE });
      const { place, worker, ws, user, ids } = scene;
      await untilWhole(scene);
      const { world } = place.simulator;
      for (const account of world.store.rows('users', ws)) world.setTimeZone(account.id, zone);
      await worker.sweeps(sliceOf(scene, 'recent'), 1);
      const since = lengthOf(scene);
      const { id } = world.addEntry({ workspaceId: ws, userId: user, start: Date.now() - 60_000 });
      await until(() => has(scene, id), 'the new entry');
      world.editEntry(ws, ids[8] ?? '', { description: 'long ago' });
      await until(() => rowOf(scene, ids[8])?.description === 'long ago', 'the edit of long ago');
      deepEqual(place.ops('time-entries', since), [`c ${ws}/${id}`, `u ${ws}/${ids[8]}`]);
      place.verify();
    });
  }

  test('P1: without the lists of changes the history finds an edit and a delete of long ago', async (t) => {
    const scene = await openScene(t, { ...RECENT, ...RECONCILE });
    await untilWhole(scene);
    const { place, ws, ids } = scene;
    const { world } = place.simulator;
    const since = lengthOf(scene);
    world.editEntry(ws, ids[8] ?? '', { description: 'edited long after' });
    world.deleteEntry(ws, ids[6] ?? '');
    await until(() => rowOf(scene, ids[8])?.description === 'edited long after' && !has(scene, ids[6]), 'both');
    deepEqual([...place.ops('time-entries', since)].sort(), [`d ${ws}/${ids[6]}`, `u ${ws}/${ids[8]}`]);
    place.verify();
  });

  test('P4: an entry that only leaves the sliding window stays, and one moved out of it is updated', async (t) => {
    const scene = await openScene(t, { ...RECENT, ...RARE_RECONCILE });
    await untilWhole(scene);
    const { place, worker, ws, ids } = scene;
    const since = lengthOf(scene);
    const start = Date.now() - 60 * DAY_MS;
    place.simulator.world.editEntry(ws, ids[2] ?? '', { start, end: start + HOUR_MS });
    await until(() => rowOf(scene, ids[2])?.time_interval_start !== undefined && lengthOf(scene) > since, 'the move');
    await worker.sweeps(sliceOf(scene, 'recent'), 2);
    deepEqual(place.ops('time-entries', since), [`u ${ws}/${ids[2]}`]);
    place.verify();
  });

  test('P1: a history that was interrupted goes on at its window, and not from the start', async (t) => {
    const scene = await openScene(t, { ...RECENT });
    const { place, worker, user, ids } = scene;
    ok(!has(scene, ids[8]), 'what is old is not there yet');
    await worker.stop();
    const list = new RegExp(`/user/${user}/time-entries\\?.*start=.*end=.*page-size=3`);
    const halt = place.tamper(list, (answer) => ({
      ok: false,
      refusal: { status: 403, code: 501, retryAfterMs: undefined },
      receivedAtMs: answer.receivedAtMs,
    }));
    const first = place.start({ rhythms: { ...RARE_RECONCILE } });
    await first.failures(sliceOf(scene, 'reconcile'), 1);
    ok(has(scene, ids[0]) && !has(scene, ids[6]), 'the first window is read, the second is not');
    await first.stop();
    halt.end();
    place.simulator.requests.clear();
    const second = place.start({ rhythms: { ...RARE_RECONCILE } });
    await until(() => has(scene, ids[8]), 'the oldest');
    const lists = place.simulator.requests.entries.filter(
      ({ path, query }) => path.endsWith('/time-entries') && query.includes('page-size=3'),
    );
    ok(
      lists.every(({ query }) => query.includes('end=')),
      'the newest window, which has no end, was not asked for again',
    );
    await second.stop();
    place.verify();
  });

  test('P4: an entry of a user who was removed is settled by its own read', async (t) => {
    const scene = await openScene(t, { ...RECENT, ...RECONCILE });
    await untilWhole(scene);
    const { place, ws, user, ids } = scene;
    const { world } = place.simulator;
    world.removeUser(ws, user);
    await until(() => place.deleted('users').length === 1, 'the user to be deleted');
    deepEqual(place.deleted('time-entries'), []);
    world.deleteEntry(ws, ids[0] ?? '');
    await until(() => place.deleted('time-entries').length > 0, 'the delete of the entry');
    deepEqual(place.deleted('time-entries'), [`${ws}/${ids[0]}`]);
    place.verify();
  });
});

/** What a change says of how it was found. */
const HEADERS = ['clockify_seen_by', 'clockify_not_before_ms', 'clockify_not_after_ms'] as const;

describe('all four together', { concurrency: 4 }, () => {
  test('N9: whatever happens is said once, in order, and the topic becomes the truth (P1, P2, P3)', async (t) => {
    const scene = await openScene(t, ALL);
    await untilWhole(scene);
    const { place, worker, ws, user, ids } = scene;
    const { world } = place.simulator;
    const since = lengthOf(scene);
    const { id: timer } = world.startTimer({ workspaceId: ws, userId: user });
    await until(() => has(scene, timer), 'the timer');
    world.stopTimer(ws, user);
    const { id: manual } = world.addEntry({ workspaceId: ws, userId: user, start: Date.now() - HOUR_MS });
    const { id: backDated } = world.addEntry({ workspaceId: ws, userId: user, start: Date.now() - 200 * DAY_MS });
    world.editEntry(ws, ids[8] ?? '', { description: 'old' });
    world.editEntry(ws, ids[1] ?? '', { description: 'new' });
    world.deleteEntry(ws, ids[6] ?? '');
    world.deleteEntry(ws, ids[2] ?? '');
    await until(() => [ids[6], ids[2]].every((id) => !has(scene, id)), 'the deletes');
    await worker.sweeps(sliceOf(scene, 'recent'), 2);
    world.restoreEntry(ws, ids[2] ?? '');
    await until(() => has(scene, ids[2]), 'the restored one');
    for (const rhythm of ['running', 'changes', 'recent', 'reconcile']) {
      await worker.sweeps(sliceOf(scene, rhythm), 4);
    }
    deepEqual(
      [...place.ops('time-entries', since)].sort(),
      [
        ...[timer, manual, backDated, ids[2]].map((id) => `c ${ws}/${id}`),
        ...[timer, ids[8], ids[1]].map((id) => `u ${ws}/${id}`),
        ...[ids[6], ids[2]].map((id) => `d ${ws}/${id}`),
      ].sort(),
    );
    place.verify();
  });

  test('each change says which rhythm has found it, and between which instants it happened', async (t) => {
    const scene = await openScene(t, { ...RECENT, ...RECONCILE });
    await untilWhole(scene);
    const { place, worker, ws, user, ids } = scene;
    const { world } = place.simulator;
    await worker.sweeps(sliceOf(scene, 'recent'), 2);
    const since = place.log('time-entries').length;
    const atMs = Date.now();
    world.editEntry(ws, ids[0] ?? '', { description: 'now' });
    world.deleteEntry(ws, ids[8] ?? '');
    const { id } = world.addEntry({ workspaceId: ws, userId: user, start: Date.now() - HOUR_MS });
    await until(() => has(scene, id) && !has(scene, ids[8]), 'all three');
    const records = place.log('time-entries').slice(since);
    const seen = new Map(records.map(({ op, headers }) => [op, HEADERS.map((name) => headers[name] ?? '')]));
    deepEqual(
      ['u', 'd', 'c'].map((op) => seen.get(op)?.[0]),
      ['recent', 'reconcile', 'recent'],
    );
    for (const [op, [, notBefore, notAfter]] of seen) {
      ok(Number(notBefore) > 0 && Number(notBefore) <= atMs + 50, `${op} not before ${notBefore}, it was at ${atMs}`);
      ok(Number(notAfter) >= atMs, `${op} not after ${notAfter}, it was at ${atMs}`);
    }
    place.verify();
  });

  test('P2: lost commit answers and fences under all four lose nothing and repeat nothing', async (t) => {
    const scene = await openScene(t, ALL);
    await untilWhole(scene);
    const { place, worker, ws, user, ids } = scene;
    const { world } = place.simulator;
    const since = lengthOf(scene);
    const made: string[] = [];
    for (const failure of ['unknown_committed', 'unknown_lost', 'fenced', 'not_committed'] as const) {
      place.sink.failNext(failure);
      made.push(world.addEntry({ workspaceId: ws, userId: user, start: Date.now() - HOUR_MS }).id);
      await until(() => has(scene, made.at(-1)), `the entry after ${failure}`);
    }
    place.sink.failNext('unknown_lost');
    world.deleteEntry(ws, ids[8] ?? '');
    await until(() => !has(scene, ids[8]), 'the delete');
    await worker.sweeps(sliceOf(scene, 'reconcile'), 4);
    deepEqual(
      [...place.ops('time-entries', since)].sort(),
      [...made.map((id) => `c ${ws}/${id}`), `d ${ws}/${ids[8]}`].sort(),
    );
    place.verify();
  });

  test('P2: after a restart nothing that is known is said again', async (t) => {
    const scene = await openScene(t, ALL);
    await untilWhole(scene);
    const { place, worker } = scene;
    await worker.sweeps(sliceOf(scene, 'reconcile'), 4);
    await worker.stop();
    const since = lengthOf(scene);
    const next = place.start();
    await Promise.all(
      ['running', 'changes', 'recent', 'reconcile'].map((name) => next.sweeps(sliceOf(scene, name), 4)),
    );
    deepEqual(place.ops('time-entries', since), []);
    place.verify();
  });

  test('P4: when 60 of 100 old entries are gone, hints or not, none is deleted until a person has raised the guard', async (t) => {
    const scene = await openScene(t, ALL);
    const { place, worker, ws, user } = scene;
    const { world } = place.simulator;
    const start = Date.now() - 50 * DAY_MS;
    const many = Array.from(
      { length: 91 },
      (_, index) => world.addEntry({ workspaceId: ws, userId: user, start: start - index * 60_000 }).id,
    );
    await until(() => many.every((id) => has(scene, id)), 'all of them');
    await worker.stop();
    for (const id of many.slice(0, 60)) world.deleteEntry(ws, id);
    const next = place.start();
    const isGuarded = () => next.settlements(sliceOf(scene, 'reconcile')).some(({ guarded }) => guarded);
    await until(isGuarded, 'the guard');
    await next.sweeps(sliceOf(scene, 'changes'), 3);
    deepEqual(place.deleted('time-entries'), []);
    await next.stop();
    place.start({ guard: { share: 0.9, atLeast: 50 } });
    await until(() => place.deleted('time-entries').length === 60, 'the deletes');
    place.verify();
  });

  test('P1, P2, P3: in a storm no rhythm undoes what another has seen, and the topic becomes the truth', async (t) => {
    const scene = await openScene(t, { ...ALL, runningMs: 20, changesMs: 30 });
    await untilWhole(scene);
    const { place, worker, ws } = scene;
    const endsAtMs = performance.now() + 3_000;
    let edits = 0;
    for (let turn = 0; performance.now() < endsAtMs; turn++) {
      edits = disturb(scene, turn, edits);
      await sleep(7);
    }
    for (const rhythm of ['changes', 'recent', 'reconcile']) await worker.sweeps(sliceOf(scene, rhythm), 5);
    const truth = place.simulator.world.store.rows('timeEntries', ws);
    await until(() => place.folded('time-entries').size === truth.length, 'the last of it');
    await worker.sweeps(sliceOf(scene, 'reconcile'), 5);
    place.verify();
    const last = new Map<string, string>();
    for (const { key, op, row } of place.log('time-entries')) {
      if (row === null) continue;
      const now = JSON.stringify({ ...row, __op: 0, __deleted: 0, __ts_ms: 0, __source_ts_ms: 0 });
      if (op === 'u') ok(now !== last.get(key), `${key} is updated to what it was`);
      if (op === 'u') ok(editOf(now) >= editOf(last.get(key)), `${key} goes back to what it was before`);
      last.set(key, now);
    }
  });
});

/** The number of the edit that a row shows: each has a higher one than those before. */
function editOf(row: string | undefined): number {
  return Number(/"edit (\d+)"/.exec(row ?? '')?.[1] ?? -1);
}

/** One thing that happens to some entry or another. */
function disturb({ place, ws, user }: Scene, turn: number, edits: number): number {
  const { world } = place.simulator;
  const ids = world.store.rows('timeEntries', ws).map(({ id }) => id);
  const id = ids[(turn * 7) % ids.length] ?? '';
  const start = Date.now() - (turn % 5 === 0 ? 90 * DAY_MS : HOUR_MS) - turn * 1_000;
  if (turn % 10 < 6) world.editEntry(ws, id, { description: `edit ${edits + 1}` });
  else if (turn % 10 === 6) world.addEntry({ workspaceId: ws, userId: user, start });
  else if (turn % 10 === 7) world.deleteEntry(ws, id);
  else if (turn % 20 === 8) world.startTimer({ workspaceId: ws, userId: user });
  else world.stopTimer(ws, user);
  return edits + 1;
}
