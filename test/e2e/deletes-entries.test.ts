import { deepEqual, equal, ok } from 'node:assert/strict';
import { describe, type TestContext, test } from 'node:test';
import { LIES_OF_PAGED_LISTS, SILENT_WITNESSES } from '../support/in-process-lies.ts';
import { openPlace, type Place, type RunningWorker, until } from '../support/in-process-worker.ts';

/** Nine entries of one user: three pages. */
interface Scene {
  readonly place: Place;
  readonly worker: RunningWorker;
  readonly ws: string;
  readonly user: string;
  readonly slice: string;
  /** In the order of the list. */
  readonly ids: readonly string[];
  readonly list: string;
}

const HOUR_MS = 3_600_000;
const READ_BY_ID = '/time-entries/[0-9a-f]{24}$';

async function openScene(t: TestContext, entries = 9, pageSize = 3): Promise<Scene> {
  const place = await openPlace(t, { pageSize, sources: ['users', 'time-entries'], simulator: { users: 2 } });
  const { world } = place.simulator;
  const [ws = ''] = world.store.workspaceIds();
  const { id: user } = world.joinUser({ workspaceId: ws, createdAtMs: Date.now() - 48 * HOUR_MS });
  const now = Date.now();
  const ids = Array.from(
    { length: entries },
    (_, index) => world.addEntry({ workspaceId: ws, userId: user, start: now - (index + 2) * HOUR_MS }).id,
  );
  const worker = await place.startSettled();
  return { place, worker, ws, user, slice: `time-entries/${ws}/${user}`, ids, list: `/user/${user}/time-entries` };
}

const keysOf = (ws: string, ids: readonly (string | undefined)[]) => ids.map((id) => `${ws}/${id}`);

describe('the delete of a time entry cannot be faked', { concurrency: 4 }, () => {
  for (const lie of LIES_OF_PAGED_LISTS) {
    for (const times of [1, 3]) {
      test(`P4: ${lie.name}, ${times === 1 ? 'once' : 'three times in a row'}, deletes nothing but what is gone`, async (t) => {
        const { place, worker, ws, slice, ids, list } = await openScene(t);
        const alone = lie.arm(place, list, times);
        await until(() => alone.struck === times, `the list to lie: ${lie.name}`);
        await worker.sweeps(slice, 1);
        deepEqual(place.deleted('time-entries'), []);

        const together = lie.arm(place, list, times);
        place.simulator.world.deleteEntry(ws, ids[4] ?? '');
        await until(() => together.struck === times, `the list to lie again: ${lie.name}`);
        await worker.sweeps(slice, 1);
        deepEqual([...new Set(place.deleted('time-entries'))], keysOf(ws, [ids[4]]));
        place.verify();
      });
    }
  }

  for (const { name, action } of SILENT_WITNESSES) {
    test(`P4: ${name} in answer to the read by id is no evidence, and the delete comes when it says gone`, async (t) => {
      const { place, worker, ws, slice, ids, list } = await openScene(t);
      const { faults, world } = place.simulator;
      const silence = faults.add({ match: { path: READ_BY_ID }, action });
      const lie = faults.add({ match: { path: `${list}\\?` }, times: 2, action: { kind: 'emptyList' } });
      world.deleteEntry(ws, ids[0] ?? '');
      const struck = (id: number) => faults.list().find((rule) => rule.id === id)?.struck ?? 0;
      await until(() => struck(lie) === 2 && struck(silence) > 9, 'both witnesses to fail');
      await until(
        () => worker.events.filter((event) => event.type === 'sweep' && event.slice.id === slice).length > 4,
        'sweeps',
      );
      deepEqual(place.deleted('time-entries'), []);

      faults.remove(silence);
      await until(() => place.deleted('time-entries').length > 0, 'the delete, now that the read by id says it');
      await worker.sweeps(slice, 1);
      deepEqual(place.deleted('time-entries'), keysOf(ws, [ids[0]]));
      place.verify();
    });
  }

  test('P4: a key that lost its rights sees an empty list, and no entry and no user is deleted for it', async (t) => {
    const { place, worker, ws, slice, ids } = await openScene(t);
    place.becomes('member');
    await worker.sweeps(slice, 3);
    const last = worker.settlements(slice).at(-1);
    deepEqual([last?.missing, last?.open], [9, 9], 'the list showed nothing, and no read by id said anything');
    deepEqual([place.deleted('time-entries'), place.deleted('users')], [[], []]);
    place.becomes('admin');
    place.simulator.world.deleteEntry(ws, ids[1] ?? '');
    await worker.sweeps(slice, 1);
    deepEqual([place.deleted('time-entries'), place.deleted('users')], [keysOf(ws, [ids[1]]), []]);
    place.verify();
  });

  test('P4: a list that hides a hundred entries is not believed, and costs a handful of reads', async (t) => {
    const { place, worker, slice, list } = await openScene(t, 100, 50);
    const { faults, requests } = place.simulator;
    requests.clear();
    const lie = faults.add({ match: { path: `${list}\\?` }, times: 1, action: { kind: 'emptyList' } });
    await until(() => faults.list().some(({ id, struck }) => id === lie && struck === 1), 'the list to lie');
    await worker.sweeps(slice, 1);
    deepEqual(place.deleted('time-entries'), []);
    const reads = requests.entries.filter(({ path }) => path.endsWith('/time-entries/{id}')).length;
    ok(reads <= 10, `${reads} entries were read by id`);
    const codes = worker.events.flatMap((event) =>
      event.type === 'sweep' && 'error' in event ? [event.error.code] : [],
    );
    deepEqual(codes, ['settle.sweep_not_credible']);
    place.verify();
  });

  test('P4: an entry deleted between two pages is deleted, the one that slipped past is not', async (t) => {
    const { place, worker, ws, user, slice, ids } = await openScene(t);
    const { faults, world } = place.simulator;
    let slipped = 0;
    const victims = [ids[0], ids[1]];
    faults.onPageServed(({ params, query }, page) => {
      const isOurs = params.userId === user && query.get('page-size') === '3' && page === 1;
      const victim = isOurs ? victims[slipped] : undefined;
      if (victim === undefined) return;
      slipped += 1;
      world.deleteEntry(ws, victim);
    });
    await until(() => slipped === 2, 'entries to be deleted between pages');
    await worker.sweeps(slice, 1);
    deepEqual(place.deleted('time-entries'), keysOf(ws, victims));
    const alive = worker.settlements(slice).filter((settled) => settled.alive > 0);
    ok(alive.length >= 1, 'an entry slipped past the pages, and its read by id said that it lives');
    place.verify();
  });

  test('P4: an entry added between two pages shows rows twice, and deletes nothing', async (t) => {
    const { place, worker, ws, user, slice } = await openScene(t);
    const { faults, world } = place.simulator;
    let added = 0;
    faults.onPageServed(({ params }, page) => {
      if (params.userId !== user || page !== 1 || added === 3) return;
      added += 1;
      world.addEntry({ workspaceId: ws, userId: user, start: Date.now() });
    });
    await until(() => added === 3, 'entries to be added between pages');
    await worker.sweeps(slice, 1);
    deepEqual(place.deleted('time-entries'), []);
    equal(place.ops('time-entries').filter((op) => op.startsWith('c ')).length, 3);
    place.verify();
  });

  test('P4: an entry edited to another place in the list between two pages is updated, not deleted', async (t) => {
    const { place, worker, ws, user, slice, ids } = await openScene(t);
    const { faults, world } = place.simulator;
    const since = place.log('time-entries').length;
    let moved = false;
    faults.onPageServed(({ params }, page) => {
      if (moved || params.userId !== user || page !== 1) return;
      moved = true;
      // From the last page to the first, which has been served: no page of this sweep shows it.
      world.editEntry(ws, ids[8] ?? '', { start: Date.now() - HOUR_MS, end: Date.now() });
    });
    await until(() => moved, 'the entry to move');
    await worker.sweeps(slice, 1);
    deepEqual(place.ops('time-entries', since), [`u ${ws}/${ids[8]}`]);
    place.verify();
  });

  test('P4: when 60 of 100 entries are gone, none is deleted until a person has raised the guard', async (t) => {
    const { place, worker, ws, slice, ids } = await openScene(t, 100, 50);
    const { world } = place.simulator;
    const gone = ids.slice(0, 60);
    for (const id of gone) world.deleteEntry(ws, id);
    await worker.sweeps(slice, 2);
    deepEqual(place.deleted('time-entries'), []);
    const settlements = worker.settlements(slice);
    ok(
      settlements.some(({ guarded }) => guarded),
      'the guard was reported',
    );
    const last = settlements.at(-1);
    deepEqual([last?.missing, last?.gone, last?.open], [60, 0, 60]);

    await worker.stop();
    const allowed = place.start({ guard: { share: 0.7, atLeast: 50 } });
    await allowed.sweeps(slice, 1);
    deepEqual([...place.deleted('time-entries')].sort(), keysOf(ws, gone).sort());
    place.verify();
  });

  test('P4: entries added and edited under a guarded slice are published all the same', async (t) => {
    const { place, worker, ws, user, slice, ids } = await openScene(t, 100, 50);
    const { world } = place.simulator;
    for (const id of ids.slice(0, 60)) world.deleteEntry(ws, id);
    await until(() => worker.settlements(slice).some(({ guarded }) => guarded), 'the guard');
    const since = place.log('time-entries').length;
    const { id } = world.addEntry({ workspaceId: ws, userId: user });
    world.editEntry(ws, ids[70] ?? '', { description: 'edited under guard' });
    await worker.sweeps(slice, 1);
    deepEqual([...place.ops('time-entries', since)].sort(), [`c ${ws}/${id}`, `u ${ws}/${ids[70]}`]);
  });
});

describe('an entry that left its place is not gone', { concurrency: 4 }, () => {
  test('P4: entries of a user who was removed stay, and the slice of that user ends', async (t) => {
    const { place, worker, ws, user } = await openScene(t);
    const other = place.simulator.world.store.rows('users', ws)[0]?.id ?? '';
    place.simulator.world.removeUser(ws, user);
    await until(() => place.deleted('users').length === 1, 'the user to be deleted');
    const polled = () =>
      place.simulator.requests.entries.filter(({ path }) => path.endsWith('/time-entries')).at(-1)?.sequence ?? 0;
    await worker.sweeps(`time-entries/${ws}/${other}`, 4);
    const swept = worker.events.filter((event) => event.type === 'sweep' && event.slice.params.user === user).length;
    const before = polled();
    await worker.sweeps(`time-entries/${ws}/${other}`, 4);
    ok(polled() > before, 'the other user is still polled');
    const later = worker.events.filter((event) => event.type === 'sweep' && event.slice.params.user === user).length;
    equal(later, swept, 'nobody polls the removed user any more');
    deepEqual(place.deleted('time-entries'), []);
    place.verify();
  });

  test('P4: entries of a deactivated user stay, and a true delete of one is still found', async (t) => {
    const { place, worker, ws, user, slice, ids } = await openScene(t);
    const { world } = place.simulator;
    world.deactivateUser(ws, user);
    await worker.sweeps(slice, 2);
    deepEqual([place.deleted('time-entries'), place.deleted('users')], [[], []]);
    world.deleteEntry(ws, ids[2] ?? '');
    await worker.sweeps(slice, 1);
    deepEqual(place.deleted('time-entries'), keysOf(ws, [ids[2]]));
    deepEqual(
      place.ops('users').filter((op) => op.startsWith('u ')),
      [`u ${ws}/${user}`],
    );
    place.verify();
  });

  test('P4: an entry that moved to another user is updated, and its former slice cannot delete it', async (t) => {
    const { place, worker, ws, slice, ids } = await openScene(t);
    const { store } = place.simulator.world;
    const other = store.rows('users', ws)[0]?.id ?? '';
    const before = store.row('timeEntries', ws, ids[0] ?? '');
    ok(before !== undefined);
    const since = place.log('time-entries').length;
    const after = { ...before, userId: other };
    store.write({ kind: 'entryEdited', resource: 'timeEntries', workspaceId: ws, id: before.id, after });
    await worker.sweeps(slice, 2);
    await worker.sweeps(`time-entries/${ws}/${other}`, 2);
    deepEqual(place.ops('time-entries', since), [`u ${ws}/${before.id}`]);
    place.verify();
  });
});
