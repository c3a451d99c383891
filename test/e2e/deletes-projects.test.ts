import { deepEqual, equal, ok } from 'node:assert/strict';
import { describe, type TestContext, test } from 'node:test';
import { LIES_OF_PAGED_LISTS, SILENT_WITNESSES } from '../support/in-process-lies.ts';
import { openPlace, type Place, type RunningWorker, until } from '../support/in-process-worker.ts';

/** Nine projects: three pages. */
interface Scene {
  readonly place: Place;
  readonly worker: RunningWorker;
  readonly ws: string;
  readonly slice: string;
  /** In the order of the list, which is by id. */
  readonly ids: readonly string[];
}

const LIST = '/projects';

async function openScene(t: TestContext, projects = 9, pageSize = 3): Promise<Scene> {
  const place = await openPlace(t, { pageSize, sources: ['projects'], simulator: { projectsPerWorkspace: projects } });
  const { store } = place.simulator.world;
  const [ws = ''] = store.workspaceIds();
  const worker = await place.startSettled();
  const ids = store
    .rows('projects', ws)
    .map(({ id }) => id)
    .sort();
  equal(ids.length, projects);
  return { place, worker, ws, slice: `projects/${ws}`, ids };
}

describe('the delete of a project cannot be faked', { concurrency: 4 }, () => {
  for (const lie of LIES_OF_PAGED_LISTS) {
    for (const times of [1, 3]) {
      test(`P4: ${lie.name}, ${times === 1 ? 'once' : 'three times in a row'}, deletes nothing but what is gone`, async (t) => {
        const { place, worker, ws, slice, ids } = await openScene(t);
        const alone = lie.arm(place, LIST, times);
        await until(() => alone.struck === times, `the list to lie: ${lie.name}`);
        await worker.sweeps(slice, 1);
        deepEqual(place.deleted('projects'), []);

        const together = lie.arm(place, LIST, times);
        place.simulator.world.deleteProject(ws, ids[4] ?? '');
        await until(() => together.struck === times, `the list to lie again: ${lie.name}`);
        await worker.sweeps(slice, 1);
        deepEqual([...new Set(place.deleted('projects'))], [`${ws}/${ids[4]}`]);
        place.verify();
      });
    }
  }

  for (const { name, action } of SILENT_WITNESSES) {
    test(`P4: ${name} in answer to the read by id is no evidence, and the delete comes when it says gone`, async (t) => {
      const { place, worker, ws, slice, ids } = await openScene(t);
      const { faults, world } = place.simulator;
      const silence = faults.add({ match: { path: '/projects/[0-9a-f]{24}$' }, action });
      const lie = faults.add({ match: { path: '/projects\\?' }, times: 2, action: { kind: 'emptyList' } });
      world.deleteProject(ws, ids[0] ?? '');
      const struck = (id: number) => faults.list().find((rule) => rule.id === id)?.struck ?? 0;
      await until(() => struck(lie) === 2 && struck(silence) > 9, 'both witnesses to fail');
      await until(
        () => worker.events.filter((event) => event.type === 'sweep' && event.slice.id === slice).length > 4,
        'sweeps',
      );
      deepEqual(place.deleted('projects'), []);

      faults.remove(silence);
      await until(() => place.deleted('projects').length > 0, 'the delete, now that the read by id says it');
      await worker.sweeps(slice, 1);
      deepEqual(place.deleted('projects'), [`${ws}/${ids[0]}`]);
      place.verify();
    });
  }

  test('P4: a key that lost its rights sees fewer projects, and none of the others is deleted', async (t) => {
    const { place, worker, ws, slice, ids } = await openScene(t);
    const { world } = place.simulator;
    const hidden = world.store.rows('projects', ws).filter((project) => !project.public);
    ok(hidden.length > 0);
    place.becomes('member');
    await worker.sweeps(slice, 3);
    ok(
      worker.settlements(slice).some(({ open }) => open > 0),
      'the list hid projects',
    );
    deepEqual(place.deleted('projects'), []);
    place.becomes('admin');
    world.deleteProject(ws, ids[2] ?? '');
    await worker.sweeps(slice, 1);
    deepEqual(place.deleted('projects'), [`${ws}/${ids[2]}`]);
    place.verify();
  });

  test('P4: projects deleted between two pages are deleted, those that slipped past are not', async (t) => {
    const { place, worker, ws, slice, ids } = await openScene(t);
    const { faults, world } = place.simulator;
    const victims = [ids[0], ids[1]];
    let slipped = 0;
    faults.onPageServed(({ path }, page) => {
      const victim = path.endsWith(LIST) && page === 1 ? victims[slipped] : undefined;
      if (victim === undefined) return;
      slipped += 1;
      world.deleteProject(ws, victim);
    });
    await until(() => slipped === 2, 'projects to be deleted between pages');
    await worker.sweeps(slice, 1);
    deepEqual(
      place.deleted('projects'),
      victims.map((id) => `${ws}/${id}`),
    );
    ok(
      worker.settlements(slice).some(({ alive }) => alive > 0),
      'a project slipped past the pages, and its read by id said that it lives',
    );
    place.verify();
  });

  test('P4: a project that slipped past the pages and was renamed meanwhile is updated by its read', async (t) => {
    const { place, worker, ws, slice, ids } = await openScene(t);
    const { faults, world } = place.simulator;
    const since = place.log('projects').length;
    let done = false;
    faults.onPageServed(({ path }, page) => {
      if (done || !path.endsWith(LIST) || page !== 1) return;
      done = true;
      world.deleteProject(ws, ids[0] ?? '');
      world.renameProject(ws, ids[3] ?? '', 'Slipped past');
    });
    await until(() => done, 'the list to shift');
    await worker.sweeps(slice, 1);
    deepEqual([...place.ops('projects', since)].sort(), [`d ${ws}/${ids[0]}`, `u ${ws}/${ids[3]}`]);
    place.verify();
  });

  test('P4: when 60 of 100 projects are gone, none is deleted until a person has raised the guard', async (t) => {
    const { place, worker, ws, slice, ids } = await openScene(t, 100, 50);
    const gone = ids.slice(0, 60);
    for (const id of gone) place.simulator.world.deleteProject(ws, id);
    await worker.sweeps(slice, 2);
    deepEqual(place.deleted('projects'), []);
    ok(
      worker.settlements(slice).some(({ guarded }) => guarded),
      'the guard was reported',
    );

    await worker.stop();
    const allowed = place.start({ guard: { share: 0.7, atLeast: 50 } });
    await allowed.sweeps(slice, 1);
    deepEqual([...place.deleted('projects')].sort(), gone.map((id) => `${ws}/${id}`).sort());
    place.verify();
  });

  test('P4: an archived project is updated, not deleted', async (t) => {
    const { place, worker, ws, slice, ids } = await openScene(t);
    const since = place.log('projects').length;
    place.simulator.world.archiveProject(ws, ids[1] ?? '');
    await worker.sweeps(slice, 2);
    deepEqual(place.ops('projects', since), [`u ${ws}/${ids[1]}`]);
    equal(place.folded('projects').get(`${ws}/${ids[1]}`)?.archived, true);
    place.verify();
  });

  test('P4: projects that left the filter of the source are updated, and hide no true delete for ever', async (t) => {
    const filters = { projects: { archived: false } };
    const place = await openPlace(t, { sources: ['projects'], filters, simulator: { projectsPerWorkspace: 20 } });
    const { world } = place.simulator;
    const [ws = ''] = world.store.workspaceIds();
    const worker = await place.startSettled();
    const ids = world.store.rows('projects', ws).map(({ id }) => id);
    const since = place.log('projects').length;
    const archived = ids.slice(0, 14);
    for (const id of archived) world.archiveProject(ws, id);
    await until(() => place.ops('projects', since).length >= archived.length, 'the archived projects to be updated');
    world.deleteProject(ws, ids[19] ?? '');
    world.deleteProject(ws, ids[0] ?? '');
    await until(() => place.deleted('projects').length >= 2, 'the deletes, in and out of the filter');
    await worker.sweeps(`projects/${ws}`, 1);
    deepEqual([...place.deleted('projects')].sort(), [`${ws}/${ids[0]}`, `${ws}/${ids[19]}`]);
    deepEqual(
      [...place.ops('projects', since)].filter((op) => op.startsWith('u')).sort(),
      archived.map((id) => `u ${ws}/${id}`).sort(),
    );
    place.verify();
  });
});
