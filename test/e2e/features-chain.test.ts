import { strict as assert } from 'node:assert';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { startSimulator } from '../../src/simulator/simulator.ts';
import { placeOf, serve } from '../support/feature-place.ts';

/** Calls that are fed by the items of the calls before them. */
const PROJECTS = ['p1', 'p2', 'p3', 'p4', 'p5', 'p6', 'p7', 'p8'];

/** A list of projects, tasks of each in two pages, and each task alone; counts how many requests are under way. */
async function chained(t: Parameters<typeof serve>[0]) {
  let running = 0;
  let most = 0;
  const api = await serve(t, async ({ path, query }) => {
    running += 1;
    most = Math.max(most, running);
    await sleep(15);
    running -= 1;
    const [, project, task] = /projects(?:\/(\w+)\/tasks(?:\/([\w-]+))?)?/.exec(path) ?? [];
    if (project === undefined) return { projects: PROJECTS.map((id) => ({ id, owner: { name: `owner of ${id}` } })) };
    if (task === undefined) return query.get('page') === '1' ? [{ id: `${project}-t1` }, { id: `${project}-t2` }] : [];
    return { id: task, project, detail: true };
  });
  const paging = { type: 'page', parameter: 'page' };
  const steps = [
    { name: 'projects', url: `${api.url}/projects`, data_path: '$.projects[*]' },
    { name: 'tasks', url: `${api.url}/projects/{projects.id}/tasks`, paging, headers: 'X-Owner:{projects.owner.name}' },
    { name: 'task', url: `${api.url}/projects/{step1.id}/tasks/{item.id}`, data_path: '$' },
  ];
  return { api, steps, mostAtOnce: () => most };
}

const TASKS = PROJECTS.flatMap((project) => [`${project}-t1`, `${project}-t2`]);

test('N22: each step is called for each item of the one before, by its fields, and the last one gives the rows', async (t) => {
  const { api, steps } = await chained(t);
  const { code, lines, err } = await placeOf(t, api).runOnce([{ name: 'details', key: '$.id', steps }]);
  assert.equal(code, 0, err);
  assert.deepEqual(lines.map(({ key }) => key.id).sort(), TASKS);
  assert.ok(lines.every(({ value }) => value.detail === true));
  const list = api.asked.find(({ path }) => path.includes('/p3/tasks?'));
  assert.equal(list?.headers['x-owner'], 'owner of p3');
});

test('N22: requests of a chain run side by side, as many as the source says and no more', async (t) => {
  for (const parallel of [1, 3]) {
    const { api, steps, mostAtOnce } = await chained(t);
    const { code, err } = await placeOf(t, api).runOnce([{ name: 'details', key: '$.id', parallel, steps }]);
    assert.equal(code, 0, err);
    assert.equal(mostAtOnce(), parallel);
  }
});

test('N22: on request the items of every step are rows, each with the name of its step', async (t) => {
  const { api, steps } = await chained(t);
  const { code, lines, err } = await placeOf(t, api).runOnce([
    { name: 'all', key: ['$.step', '$.id'], output: 'each', steps: steps.slice(0, 2) },
  ]);
  assert.equal(code, 0, err);
  const of = (step: string) => lines.flatMap(({ key }) => (key.step === step ? [key.id] : [])).sort();
  assert.deepEqual([of('projects'), of('tasks')], [PROJECTS, TASKS]);
});

test('N22 P4: a chain of which one call is refused is no whole sweep, and nothing is deleted for it', async (t) => {
  const simulator = await startSimulator({ seed: 4, workspaces: 1, users: 2, days: 2, projectsPerWorkspace: 4 });
  t.after(() => simulator.close());
  const place = placeOf(t, simulator);
  const base = '/workspaces/{workspace_id}/projects';
  const source = {
    name: 'details',
    key: '$.id',
    steps: [
      { name: 'projects', url: `${base}?page-size=99` },
      { name: 'tasks', url: `${base}/{projects.id}/tasks?page-size=99` },
    ],
  };
  const first = await place.runOnce([source]);
  assert.equal(first.code, 0, first.err);
  assert.equal(first.lines.length, Object.keys(simulator.world.truth().tasks).length);
  simulator.faults.add({ match: { path: /\/tasks/ }, skip: 1, times: 1, action: { kind: 'status', status: 403 } });
  const { code, lines, log } = await place.runOnce([source]);
  assert.deepEqual([code, lines], [2, []]);
  assert.ok(log.some((line) => line.code === 'clockify.forbidden'));
  assert.deepEqual((await place.runOnce([source])).lines, []);
});
