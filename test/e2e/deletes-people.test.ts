import { deepEqual, ok } from 'node:assert/strict';
import { describe, type TestContext, test } from 'node:test';
import { LIES_OF_PAGED_LISTS, LIES_OF_WHOLE_LISTS } from '../support/in-process-lies.ts';
import { openPlace, type Place, type RunningWorker, until } from '../support/in-process-worker.ts';

/** Users and workspaces have no read by id that says gone: absence from a second complete sweep is the second witness. */
interface Scene {
  readonly place: Place;
  readonly worker: RunningWorker;
  readonly ws: string;
  readonly slice: string;
  /** By id, as the source lists them; the owner of the key is the first. */
  readonly ids: readonly string[];
}

const LIST = '/users';

/** Nine users: three pages. */
async function openUsers(t: TestContext): Promise<Scene> {
  const place = await openPlace(t, { sources: ['users'], simulator: { users: 9, projectsPerWorkspace: 1 } });
  const { store } = place.simulator.world;
  const [ws = ''] = store.workspaceIds();
  const worker = await place.startSettled();
  const ids = store
    .rows('users', ws)
    .map(({ id }) => id)
    .sort();
  return { place, worker, ws, slice: `users/${ws}`, ids };
}

describe('the delete of a user cannot be faked', { concurrency: 4 }, () => {
  for (const lie of LIES_OF_PAGED_LISTS) {
    for (const times of [1, 3]) {
      test(`P4: ${lie.name}, ${times === 1 ? 'once' : 'three times in a row'}, deletes nothing but who is gone`, async (t) => {
        const { place, worker, ws, slice, ids } = await openUsers(t);
        const alone = lie.arm(place, LIST, times);
        await until(() => alone.struck === times, `the list to lie: ${lie.name}`);
        await worker.sweeps(slice, 2);
        deepEqual(place.deleted('users'), []);

        const together = lie.arm(place, LIST, times);
        place.simulator.world.removeUser(ws, ids[4] ?? '');
        await until(() => together.struck === times, `the list to lie again: ${lie.name}`);
        await worker.sweeps(slice, 2);
        deepEqual([...new Set(place.deleted('users'))], [`${ws}/${ids[4]}`]);
        place.verify();
      });
    }
  }

  test('P4: a user who is missing from every other sweep is never deleted', async (t) => {
    const { place, worker, slice, ids } = await openUsers(t);
    let sweep = 0;
    const hiding = place.tamper(/\/users\?.*page=2&page-size=3$/, (answer) => {
      sweep += 1;
      if (sweep % 2 === 0) return undefined;
      const rows = JSON.parse(new TextDecoder().decode(answer.body)) as { id: string }[];
      const body = new TextEncoder().encode(JSON.stringify(rows.filter(({ id }) => id !== ids[4])));
      return { ...answer, body };
    });
    await until(() => hiding.struck === 4, 'the user to be hidden four times');
    hiding.end();
    await worker.sweeps(slice, 2);
    deepEqual(place.deleted('users'), []);
    ok(worker.settlements(slice).filter(({ open }) => open === 1).length >= 4);
    place.verify();
  });

  test('P4: a user whom a partial sweep showed in between was not absent from two sweeps in a row', async (t) => {
    const { place, worker, slice, ids } = await openUsers(t);
    let sweep = 0;
    const hiding = place.tamper(/\/users\?.*page=2&page-size=3$/, (answer) => {
      sweep += 1;
      if (sweep !== 1 && sweep !== 3) return undefined;
      const rows = JSON.parse(new TextDecoder().decode(answer.body)) as { id: string }[];
      const body = new TextEncoder().encode(JSON.stringify(rows.filter(({ id }) => id !== ids[4])));
      return { ...answer, body };
    });
    const breaking = place.tamper(
      /\/users\?.*page=3&page-size=3$/,
      ({ receivedAtMs }) =>
        sweep === 2
          ? { ok: false, refusal: { status: 403, code: 403, retryAfterMs: undefined }, receivedAtMs }
          : undefined,
      1,
    );
    await until(() => hiding.struck === 2, 'the user to be hidden before and after a partial sweep');
    await worker.sweeps(slice, 1);
    deepEqual([breaking.struck, place.deleted('users')], [1, []]);
    place.verify();
  });

  test('P4: users removed between two pages are deleted, those who slipped past are not', async (t) => {
    const { place, worker, ws, slice, ids } = await openUsers(t);
    const { faults, world } = place.simulator;
    const victims = [ids[1], ids[2]];
    let slipped = 0;
    let pages = 0;
    faults.onPageServed(({ path, query }, page) => {
      if (!path.endsWith(LIST) || query.get('page-size') !== '3' || page !== 1) return;
      pages += 1;
      // Not in two sweeps in a row: then somebody would be absent from two, as somebody who is gone.
      const victim = pages % 3 === 1 ? victims[slipped] : undefined;
      if (victim === undefined) return;
      slipped += 1;
      world.removeUser(ws, victim);
    });
    await until(() => slipped === 2, 'users to be removed between pages');
    await worker.sweeps(slice, 2);
    deepEqual(
      place.deleted('users'),
      victims.map((id) => `${ws}/${id}`),
    );
    place.verify();
  });

  test('P4: an absence before a restart is ended by a sweep after it, so that no two lies make a delete', async (t) => {
    const { place, worker, ws, slice, ids } = await openUsers(t);
    const hide = () =>
      place.tamper(
        /\/users\?.*page=2&page-size=3$/,
        (answer) => {
          const rows = JSON.parse(new TextDecoder().decode(answer.body)) as { id: string }[];
          return { ...answer, body: new TextEncoder().encode(JSON.stringify(rows.filter(({ id }) => id !== ids[4]))) };
        },
        1,
      );
    const first = hide();
    await until(() => first.struck === 1 && worker.settlements(slice).length === 1, 'one absence');
    await worker.stop();
    const next = place.start();
    await next.sweeps(slice, 1);
    const second = hide();
    await until(() => second.struck === 1, 'one absence in the next worker');
    await next.sweeps(slice, 1);
    deepEqual(place.deleted('users'), []);
    place.simulator.world.removeUser(ws, ids[4] ?? '');
    await next.sweeps(slice, 2);
    deepEqual(place.deleted('users'), [`${ws}/${ids[4]}`]);
    place.verify();
  });

  test('P4: a deactivated user is updated, not deleted, and again when active', async (t) => {
    const { place, worker, ws, slice, ids } = await openUsers(t);
    const since = place.log('users').length;
    place.simulator.world.deactivateUser(ws, ids[3] ?? '');
    await worker.sweeps(slice, 3);
    deepEqual(place.ops('users', since), [`u ${ws}/${ids[3]}`]);
    place.simulator.world.activateUser(ws, ids[3] ?? '');
    await worker.sweeps(slice, 1);
    deepEqual(place.ops('users', since), [`u ${ws}/${ids[3]}`, `u ${ws}/${ids[3]}`]);
    place.verify();
  });

  test('P4: where no header says which page is the last, an empty one ends the list and those who are gone are found', async (t) => {
    const { place, worker, ws, slice, ids } = await openUsers(t);
    const silent = place.tamper(/\/users\?.*page-size=3$/, (answer) => ({ ...answer, lastPage: undefined }));
    await until(() => silent.struck > 8, 'pages without the header');
    place.simulator.world.removeUser(ws, ids[4] ?? '');
    await worker.sweeps(slice, 2);
    deepEqual(place.deleted('users'), [`${ws}/${ids[4]}`]);
    place.verify();
  });

  test('P4: a short page in the middle does not end the list', async (t) => {
    const { place, worker, ws, slice, ids } = await openUsers(t);
    const short = place.tamper(
      /\/users\?.*page=1&page-size=3$/,
      (answer) => {
        const rows = JSON.parse(new TextDecoder().decode(answer.body)) as { id: string }[];
        const body = new TextEncoder().encode(JSON.stringify(rows.slice(0, 2)));
        return { ...answer, body, lastPage: undefined };
      },
      1,
    );
    await until(() => short.struck === 1, 'the short page');
    place.simulator.world.removeUser(ws, ids[8] ?? '');
    await worker.sweeps(slice, 2);
    deepEqual(place.deleted('users'), [`${ws}/${ids[8]}`]);
    place.verify();
  });

  test('P4: when 60 of 100 users are gone, none is deleted until a person has raised the guard', async (t) => {
    const place = await openPlace(t, {
      pageSize: 50,
      sources: ['users'],
      simulator: { users: 100, projectsPerWorkspace: 1 },
    });
    const worker = await place.startSettled();
    const { world } = place.simulator;
    const [ws = ''] = world.store.workspaceIds();
    const gone = world.store
      .rows('users', ws)
      .slice(40)
      .map(({ id }) => id);
    for (const id of gone) world.removeUser(ws, id);
    await worker.sweeps(`users/${ws}`, 3);
    deepEqual(place.deleted('users'), []);
    ok(worker.settlements(`users/${ws}`).some(({ guarded }) => guarded));
    await worker.stop();
    const allowed = place.start({ guard: { share: 0.7, atLeast: 50 } });
    await allowed.sweeps(`users/${ws}`, 2);
    deepEqual([...place.deleted('users')].sort(), gone.map((id) => `${ws}/${id}`).sort());
    place.verify();
  });
});

interface WorkspaceScene {
  readonly place: Place;
  readonly worker: RunningWorker;
  readonly ids: readonly string[];
}

async function openWorkspaces(t: TestContext): Promise<WorkspaceScene> {
  const place = await openPlace(t, {
    sources: ['workspaces', 'projects'],
    simulator: { workspaces: 3, users: 3, projectsPerWorkspace: 4 },
  });
  const ids = place.simulator.world.store.workspaceIds();
  return { place, worker: await place.startSettled(), ids };
}

/** The list of workspaces without one of them, as a server that has lost it answers. */
function hide({ place }: WorkspaceScene, id: string | undefined, times: number) {
  return place.tamper(
    /\/workspaces\?$/,
    (answer) => {
      const rows = JSON.parse(new TextDecoder().decode(answer.body)) as { id: string }[];
      return { ...answer, body: new TextEncoder().encode(JSON.stringify(rows.filter((row) => row.id !== id))) };
    },
    times,
  );
}

describe('the delete of a workspace cannot be faked', { concurrency: 4 }, () => {
  for (const lie of LIES_OF_WHOLE_LISTS) {
    for (const times of [1, 6]) {
      test(`P4: ${lie.name}, ${times === 1 ? 'once' : 'six times in a row'}, deletes no workspace and nothing in it`, async (t) => {
        const { place, worker, ids } = await openWorkspaces(t);
        const lying = lie.arm(place, '/workspaces', times);
        await until(() => lying.struck === times, `the list to lie: ${lie.name}`);
        await worker.sweeps('workspaces', 1);
        for (const id of ids) await worker.sweeps(`projects/${id}`, 1);
        deepEqual([place.deleted('workspaces'), place.deleted('projects')], [[], []]);
        place.verify();
      });
    }
  }

  test('P4: a list that hides a workspace once deletes neither it nor its projects, which go on', async (t) => {
    const scene = await openWorkspaces(t);
    const { place, worker, ids } = scene;
    const hidden = hide(scene, ids[1], 1);
    await until(() => hidden.struck === 1, 'the workspace to be hidden');
    await worker.sweeps('workspaces', 3);
    await worker.sweeps(`projects/${ids[1]}`, 1);
    deepEqual([place.deleted('workspaces'), place.deleted('projects')], [[], []]);
    place.simulator.world.createProject({ workspaceId: ids[1] ?? '', name: 'After the lie' });
    await worker.sweeps(`projects/${ids[1]}`, 1);
    place.verify();
  });

  test('P4: a workspace that left the list for good is deleted, and nothing that was in it', async (t) => {
    const scene = await openWorkspaces(t);
    const { place, worker, ids } = scene;
    hide(scene, ids[1], Number.POSITIVE_INFINITY);
    await until(() => place.deleted('workspaces').length > 0, 'the workspace to be deleted');
    await worker.sweeps('workspaces', 2);
    await worker.sweeps(`projects/${ids[0]}`, 2);
    deepEqual(place.deleted('workspaces'), [ids[1]]);
    deepEqual(place.deleted('projects'), []);
  });
});
