import { deepEqual, equal, ok } from 'node:assert/strict';
import { describe, type TestContext, test } from 'node:test';
import type { FaultAction } from '../../src/simulator/faults.ts';
import { openPlace, type Place, type PlaceOptions, type RunningWorker, until } from '../support/in-process-worker.ts';

/** What was in a workspace that has left the list: only what the workspace and each entity say themselves counts (P4). */

interface Scene {
  readonly place: Place;
  readonly worker: RunningWorker;
  /** It will leave the list. */
  readonly ws: string;
  /** Every entity of that workspace. */
  readonly inside: readonly string[];
  /** Takes the workspace out of the list until it is ended. */
  readonly hidden: { end(): void };
}

const GONE: FaultAction = { kind: 'status', status: 400, code: 501 };
const FORBIDDEN: FaultAction = { kind: 'status', status: 403, code: 501 };
const DAY_MS = 86_400_000;

async function openScene(
  t: TestContext,
  options: PlaceOptions,
  answers: (ws: string) => readonly [RegExp, FaultAction][],
): Promise<Scene> {
  const place = await openPlace(t, {
    sources: ['projects', 'time-entries'],
    simulator: { workspaces: 2, users: 3, days: 4, projectsPerWorkspace: 3 },
    ...options,
  });
  const worker = await place.startSettled();
  const [, ws = ''] = place.simulator.world.store.workspaceIds();
  await until(() => insideOf(place, ws).length > 5, 'the workspace to be read');
  for (const [path, action] of answers(ws)) place.simulator.faults.add({ match: { path }, action });
  const hidden = place.tamper(/\/workspaces\?$/, (answer) => {
    const rows = JSON.parse(new TextDecoder().decode(answer.body)) as { id: string }[];
    return { ...answer, body: new TextEncoder().encode(JSON.stringify(rows.filter(({ id }) => id !== ws))) };
  });
  return { place, worker, ws, inside: insideOf(place, ws), hidden };
}

function insideOf(place: Place, ws: string): readonly string[] {
  const all = [...place.folded('projects').keys(), ...place.folded('time-entries').keys()];
  return all.filter((key) => key.startsWith(`${ws}/`)).sort();
}

const deletedOf = (place: Place) => [...place.deleted('projects'), ...place.deleted('time-entries')].sort();

/** So many further lists of workspaces were read. */
async function lists({ worker }: Scene, count: number): Promise<void> {
  const read = () => worker.events.filter((it) => it.type === 'discovered' && it.parameter === 'workspace').length;
  const wanted = read() + count;
  await until(() => read() >= wanted, 'lists of workspaces');
}

const IN_RHYTHMS = { reconcile: { everyMs: 400, windowMs: 30 * DAY_MS, sinceMs: undefined }, recentMs: 7 * DAY_MS };

describe('a workspace that has left the list', { concurrency: 4 }, () => {
  for (const rhythms of [undefined, IN_RHYTHMS]) {
    const how = rhythms === undefined ? 'whole lists' : 'rhythms';
    test(`P4: is gone by its own read, and so is each entity in it: all are deleted, and come back with it (${how})`, async (t) => {
      const scene = await openScene(t, { rhythms }, (ws) => [[new RegExp(`/workspaces/${ws}`), GONE]]);
      const { place, inside, ws, hidden } = scene;
      await until(() => deletedOf(place).length === inside.length, 'its entities to be deleted');
      deepEqual(deletedOf(place), inside);
      await lists(scene, 2);
      equal(deletedOf(place).length, inside.length);
      place.simulator.faults.clear();
      hidden.end();
      await until(() => insideOf(place, ws).length === inside.length, 'all of it to come back');
      place.verify();
    });
  }

  test('P4: is refused: nothing in it is deleted, nor asked for', async (t) => {
    const scene = await openScene(t, {}, (ws) => [[new RegExp(`/workspaces/${ws}`), FORBIDDEN]]);
    const { place, ws } = scene;
    await lists(scene, 2);
    place.simulator.requests.clear();
    await lists(scene, 3);
    deepEqual(deletedOf(place), []);
    const asked = place.simulator.requests.entries.filter(({ workspaceId }) => workspaceId === ws);
    ok(asked.length > 0 && asked.every(({ path }) => path.endsWith('/workspaces/{workspaceId}')));
  });

  test('P4: answers, so that it is only hidden: nothing in it is deleted, though reads in it say gone', async (t) => {
    const scene = await openScene(t, {}, (ws) => [[new RegExp(`/workspaces/${ws}/(projects|time-entries)/`), GONE]]);
    const { place } = scene;
    await lists(scene, 4);
    deepEqual(deletedOf(place), []);
    place.simulator.faults.clear();
    scene.hidden.end();
    await lists(scene, 3);
    place.verify();
  });

  test('P4: is gone by its own read, but its entities are refused: they are not deleted', async (t) => {
    const scene = await openScene(t, {}, (ws) => [
      [new RegExp(`/workspaces/${ws}/`), FORBIDDEN],
      [new RegExp(`/workspaces/${ws}`), GONE],
    ]);
    await lists(scene, 4);
    deepEqual(deletedOf(scene.place), []);
  });
});
