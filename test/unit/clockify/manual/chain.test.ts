import { deepStrictEqual, ok, rejects, strictEqual } from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Paging } from '../../../../src/clockify/manual/step.ts';
import type { WorkerError } from '../../../../src/core/errors.ts';
import { never } from '../loopback.ts';
import { type Asked, manualPlace, NOW, walkAll } from './place.ts';

const byPage: Paging = {
  type: 'page',
  parameter: 'page',
  sizeParameter: undefined,
  size: undefined,
  firstPage: 1,
  lastPageHeader: 'last-page',
  expectedRows: undefined,
  in: 'query',
};
const code = (kind: string, wanted: string) => (error: WorkerError) => {
  deepStrictEqual([error.kind, error.code], [kind, wanted], error.message);
  return true;
};

/** Five projects on two pages; the tasks of each on as many pages as its number says, one a page. */
function projectsAndTasks({ path, query }: Asked) {
  const page = Number(query.get('page'));
  if (path.endsWith('/projects')) {
    const all = [{ id: 'p0' }, { id: 'p1' }, { id: 'p2' }, { id: 'p3' }, { id: 'p4' }];
    return { headers: { 'last-page': String(page === 2) }, body: page === 1 ? all.slice(0, 3) : all.slice(3) };
  }
  const [, , , , project = '', kind] = path.split('/');
  if (kind === 'tasks') {
    const number = Number(project.slice(1));
    return {
      headers: { 'last-page': String(page >= number) },
      body: number === 0 ? [] : [{ id: `${project}t${page}` }],
    };
  }
  return { body: { task: query.get('task'), project: query.get('project') } };
}
const projects = { name: 'projects', url: '/workspaces/{workspace_id}/projects', paging: byPage };
const tasks = { name: 'tasks', url: '/workspaces/{workspace}/projects/{projects.id}/tasks', paging: byPage };
const allTasks = ['p1t1', 'p2t1', 'p2t2', 'p3t1', 'p3t2', 'p3t3', 'p4t1', 'p4t2', 'p4t3', 'p4t4'];
const sorted = (items: readonly unknown[], name: string) =>
  items.map((item) => (item as Record<string, string>)[name]).toSorted();

for (const parallel of [1, 2, 7]) {
  test(`a later step runs once for each item of the earlier one, ${parallel} at once`, async (t) => {
    let running = 0;
    let most = 0;
    const place = await manualPlace(
      t,
      async (asked) => {
        most = Math.max(most, ++running);
        await sleep(2);
        running -= 1;
        return projectsAndTasks(asked);
      },
      [projects, tasks],
      { parallel },
    );
    const { items } = await walkAll(place.begin());
    deepStrictEqual(sorted(items, 'id'), allTasks);
    strictEqual(place.asked.length, 2 + 11, 'each page once');
    ok(most <= parallel, `${most} at once`);
    ok(parallel === 1 || most > 1, 'and really at once');
  });
}

test('values of any earlier step are named by its name, its number, or as the item of the step before', async (t) => {
  const details = {
    name: 'details',
    url: '/details?task={item.id}&project={projects.id}&first={step1.id}',
    dataPath: '$',
  };
  const place = await manualPlace(t, projectsAndTasks, [projects, tasks, details]);
  const { items } = await walkAll(place.begin());
  deepStrictEqual(sorted(items, 'task'), allTasks);
  for (const item of items as { task: string; project: string }[]) ok(item.task.startsWith(item.project));
  ok(
    place.asked
      .filter(({ path }) => path === '/details')
      .every(({ query }) => query.get('first') === query.get('project')),
  );
});

test('with output each the items of every step come out, with its name', async (t) => {
  const place = await manualPlace(t, projectsAndTasks, [projects, tasks], { output: 'each' });
  const { items, pages } = await walkAll(place.begin());
  const of = (step: string) => items.filter((item) => (item as { step: string }).step === step);
  deepStrictEqual(sorted(of('projects'), 'id'), ['p0', 'p1', 'p2', 'p3', 'p4']);
  deepStrictEqual(sorted(of('tasks'), 'id'), allTasks);
  strictEqual(pages.length, 13);
  const own = await manualPlace(t, () => ({ body: [{ step: 1 }] }), [{}], { output: 'each' });
  await rejects(walkAll(own.begin()), code('config', 'output.collides'));
});

test('P8: no more answers are held than may be asked for at once, and none is asked for after', async (t) => {
  const place = await manualPlace(t, projectsAndTasks, [projects, tasks], { parallel: 2 });
  const walk = place.begin();
  await walk.page(1, never());
  strictEqual(place.asked.length, 3, 'one page of parents, two of children');
  await sleep(20);
  strictEqual(place.asked.length, 3, 'and nothing by itself');
  await walk.page(2, never());
  strictEqual(place.asked.length, 3, 'the second was held');
  await walk.page(3, never());
  strictEqual(place.asked.length, 4, 'the third parent alone: the next page of parents is not asked for before');
});

test('an empty list of parents is an end, known only after it', async (t) => {
  const place = await manualPlace(t, () => ({ body: [] }), [{ ...projects, paging: { type: 'none' } }, tasks]);
  const { items, pages } = await walkAll(place.begin());
  deepStrictEqual([items, pages.length, place.asked.length], [[], 1, 1]);
  const again = await place.begin().page(1, never());
  deepStrictEqual(again.read(), { items: [], last: true });
});

test('a call that fails for a while is made again, and the others are not lost', async (t) => {
  let failing = true;
  const place = await manualPlace(
    t,
    (asked) => (failing && asked.path.includes('/p2/') ? { status: 503 } : projectsAndTasks(asked)),
    [projects, tasks],
    { parallel: 3 },
  );
  const walk = place.begin();
  const items: unknown[] = [];
  let number = 1;
  let failures = 0;
  for (let last = false; !last; ) {
    try {
      const page = (await walk.page(number, never())).read();
      items.push(...page.items);
      last = page.last;
      number += 1;
    } catch (thrown) {
      code('transient', 'clockify.server_error')(thrown as WorkerError);
      failures += 1;
      if (failures === 2) failing = false;
    }
  }
  strictEqual(failures, 2);
  deepStrictEqual(sorted(items, 'id'), allTasks);
  strictEqual(place.asked.length, 13 + 3, 'once beside the others, twice alone');
});

for (const [what, told, wanted] of [
  ['gone', { status: 400, body: { code: 501, message: 'SECRET' } }, 'manual.item_gone'],
  ['not found', { status: 404, body: { code: 404 } }, 'manual.item_gone'],
  ['forbidden', { status: 403, body: { code: 501 } }, 'clockify.forbidden'],
] as const) {
  test(`P4: where an item is ${what}, all others are read, and the sweep never ends in a last page`, async (t) => {
    const place = await manualPlace(t, (asked) => (asked.path.includes('/p2/') ? told : projectsAndTasks(asked)), [
      projects,
      tasks,
    ]);
    const walk = place.begin();
    const items: unknown[] = [];
    const read = async (number: number): Promise<void> => {
      const page = await walk.page(number, never());
      ok(page.last !== true);
      const { items: found, last } = page.read();
      ok(!last);
      items.push(...found);
      return read(number + 1);
    };
    await rejects(read(1), (error: WorkerError) => !error.message.includes('SECRET') && code('config', wanted)(error));
    deepStrictEqual(
      sorted(items, 'id'),
      allTasks.filter((id) => !id.startsWith('p2')),
    );
  });
}

test('a step that is refused for every item is not tried for all of them', async (t) => {
  const parents = Array.from({ length: 100 }, (_, id) => ({ id }));
  const place = await manualPlace(
    t,
    ({ path }) => (path.includes('/tasks') ? { status: 404 } : { body: parents }),
    [{ ...projects, paging: { type: 'none' } }, tasks],
    { parallel: 4 },
  );
  await rejects(walkAll(place.begin()), code('config', 'manual.item_gone'));
  ok(place.asked.length <= 1 + 12);
});

test('a key that is not known any more stops at once', async (t) => {
  const place = await manualPlace(
    t,
    (asked) => (asked.path.includes('/tasks') ? { status: 401 } : projectsAndTasks(asked)),
    [projects, tasks],
    { parallel: 1 },
  );
  await rejects(walkAll(place.begin()), code('config', 'clockify.unauthorized'));
  strictEqual(place.asked.length, 2);
});

test('values are encoded where they stand in a URL, and never make it another path', async (t) => {
  const ask = (id: unknown, url: string) =>
    manualPlace(t, ({ path }) => ({ body: path === '/parents' ? [{ id }] : [] }), [
      { name: 'a', url: '/parents' },
      { url },
    ]);
  const odd = await ask('../x/ü?&#%2e', '/t/{item.id}?q={item.id}');
  await walkAll(odd.begin());
  const [, asked] = odd.asked;
  strictEqual(asked?.path, '/t/..%2Fx%2F%C3%BC%3F%26%23%252e');
  strictEqual(asked?.query.get('q'), '../x/ü?&#%2e');
  for (const id of ['..', '.', ''])
    await rejects(walkAll((await ask(id, '/t/{item.id}')).begin()), code('config', 'request.bad_value'));
  for (const id of [null, undefined, { a: 1 }, ['x']]) {
    await rejects(walkAll((await ask(id, '/t/{item.id}')).begin()), code('config', 'request.no_value'));
  }
});

test('a whole walk has one now; times stand encoded in a URL, as they are in a body and in headers', async (t) => {
  const place = await manualPlace(
    t,
    ({ path }) => ({ body: path === '/first' ? [{ id: 1 }, { id: 2 }, { id: 3 }] : [] }),
    [
      { name: 'first', url: '/first?at={now}' },
      {
        method: 'PUT',
        url: '/then?from={now-1}&to=(now+1)',
        headers: { 'X-Since': 'since {now-7}' },
        body: { at: '{now}', id: '{item.id}', text: 'id {item.id}' },
      },
    ],
  );
  await walkAll(place.begin());
  const [first, ...others] = place.asked;
  strictEqual(first?.query.get('at'), '2026-03-31T10:20:30Z');
  strictEqual(others.length, 3);
  for (const [index, one] of others.entries()) {
    strictEqual(one.method, 'PUT');
    deepStrictEqual(
      [...one.query],
      [
        ['from', '2026-03-30T10:20:30Z'],
        ['to', '2026-04-01T10:20:30Z'],
      ],
    );
    strictEqual(one.headers['x-since'], 'since 2026-03-24T10:20:30Z');
    const id = index + 1;
    deepStrictEqual(JSON.parse(one.body), { at: '2026-03-31T10:20:30Z', id, text: `id ${id}` });
  }
});

test('units, formats and zones of times', async (t) => {
  const ask = async (time: { unit: 'month' | 'hour'; format: string; zone: string }) => {
    const place = await manualPlace(t, () => ({ body: [] }), [{ url: '/x?t={now-1}', time }]);
    await walkAll(place.begin(NOW));
    return place.asked[0]?.query.get('t');
  };
  strictEqual(await ask({ unit: 'month', format: 'yyyy-MM-dd', zone: 'UTC' }), '2026-02-28');
  strictEqual(await ask({ unit: 'hour', format: 'HH:mmXXX', zone: 'Europe/Berlin' }), '11:20+02:00');
  strictEqual(
    await ask({ unit: 'hour', format: 'epoch_seconds', zone: 'UTC' }),
    String(Math.floor((NOW - 3_600_000) / 1000)),
  );
});

test('an aborted page rejects with the reason, and can be asked for again', async (t) => {
  const controller = new AbortController();
  const place = await manualPlace(
    t,
    async (asked, count) => {
      if (count === 2) controller.abort(new Error('stopped'));
      await sleep(5);
      return projectsAndTasks(asked);
    },
    [projects, tasks],
  );
  const walk = place.begin();
  await rejects(walk.page(1, controller.signal), /stopped/);
  const items: unknown[] = [];
  for (let number = 1, last = false; !last; number++) {
    const page = (await walk.page(number, never())).read();
    items.push(...page.items);
    last = page.last;
  }
  deepStrictEqual(sorted(items, 'id'), allTasks);
});
