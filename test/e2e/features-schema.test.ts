import { strict as assert } from 'node:assert';
import { test } from 'node:test';
import { startSimulator } from '../../src/simulator/simulator.ts';
import { placeOf, serve } from '../support/feature-place.ts';

/** Shapes of manual endpoints: keys, declared schemas, and records that do not fit. */
test('N27: a value that no longer fits goes to the dead letters with its path, both types and the raw record', async (t) => {
  let items: object[] = [
    { id: 'a', price: { amount: 5 } },
    { id: 'b', price: { amount: 6 } },
  ];
  const api = await serve(t, () => items);
  const place = placeOf(t, api);
  const source = { name: 'things', key: '$.id', endpoint: { url: `${api.url}/things` } };
  assert.equal((await place.runOnce([source])).lines.length, 2);
  items = [
    { id: 'a', price: { amount: 'five' } },
    { id: 'b', price: { amount: 7 } },
  ];
  const { code, lines, log } = await place.runOnce([source]);
  assert.equal(code, 0, 'the stream goes on');
  const [update, letter] = ['clockify.things', 'dlq.clockify'].map((topic) =>
    lines.filter((line) => line.topic === topic),
  );
  assert.deepEqual(
    update?.map(({ op, key, value }) => [op, key.id, value.price_amount]),
    [['u', 'b', 7]],
  );
  assert.equal(letter?.length, 1);
  assert.deepEqual(letter?.[0]?.value, items[0], 'as it came');
  const headers = letter?.[0]?.headers ?? {};
  const message = headers['__connect.errors.exception.message'] ?? '';
  for (const part of ['price.amount', 'whole number', 'string'])
    assert.ok(message.includes(part), `${part} in: ${message}`);
  assert.ok(!JSON.stringify(log).includes('five'), 'its values are in no log');
  assert.ok(
    log.some(({ event, slice, count }) => event === 'record.dead_lettered' && slice === 'things' && count === 1),
  );
  assert.deepEqual((await place.runOnce([source])).lines, [], 'it is told once');
});

test('N26: a list without a single item has no schema yet: a run once ends well, and a later one has it', async (t) => {
  let items: object[] = [];
  const api = await serve(t, () => items);
  const place = placeOf(t, api);
  const source = { name: 'things', key: '$.id', endpoint: { url: `${api.url}/things` } };
  const { code, lines, log } = await place.runOnce([source]);
  assert.deepEqual([code, lines], [0, []]);
  assert.ok(log.some((line) => line.code === 'schema.nothing_to_infer'));
  items = [{ id: 'a' }];
  assert.deepEqual(
    (await place.runOnce([source])).lines.map(({ op, key }) => `${op} ${key.id}`),
    ['r a'],
  );
});

test('N26: a run once takes a new field into the schema, and publishes what has it', async (t) => {
  let items: object[] = [{ id: 'a' }, { id: 'b' }];
  const api = await serve(t, () => items);
  const place = placeOf(t, api);
  const source = { name: 'things', key: '$.id', endpoint: { url: `${api.url}/things` } };
  assert.equal((await place.runOnce([source])).lines.length, 2);
  items = [{ id: 'a', size: 5 }, { id: 'b' }];
  const { code, lines, log } = await place.runOnce([source]);
  assert.deepEqual([code, ...lines.map(({ op, key, value }) => `${op} ${key.id} ${value.size}`)], [0, 'u a 5']);
  const told = log.filter(({ event }) => event === 'shape.changed');
  assert.deepEqual(
    told.map(({ source: name, fields }) => [name, fields]),
    [['things', ['size']]],
  );
  const asked = api.asked.length;
  assert.deepEqual((await place.runOnce([source])).lines, []);
  assert.equal(api.asked.length, asked + 1, 'and then knows it');
});

test('N26: a record without a key of its own is known by its hash, so that another one is a delete and a create', async (t) => {
  let items: object[] = [
    { day: 'Monday', hours: 8 },
    { day: 'Tuesday', hours: 7 },
  ];
  const api = await serve(t, () => items);
  const place = placeOf(t, api);
  const source = { name: 'days', key: 'hash', every: '1s', endpoint: { url: `${api.url}/days` } };
  let told = '';
  const { code, lines, err } = await place.run([source], [], {
    env: { CLOCKIFY_KAFKA_LOG_LEVEL: 'debug' },
    onErr: (text, kill) => {
      told = text;
      if (told.includes('days: r=2'))
        items = [
          { hours: 9, day: 'Monday' },
          { hours: 7, day: 'Tuesday' },
        ];
      if (told.includes('d=1')) kill('SIGTERM');
    },
  });
  assert.equal(code, 0, err);
  assert.deepEqual(
    lines.map(({ op, value }) => `${op} ${value.day} ${value.hours}`),
    ['r Monday 8', 'r Tuesday 7', 'c Monday 9', 'd Monday 8'],
  );
});

test('N26: a schema can be declared; what it does not name stays out, and a field is found by its path or its name', async (t) => {
  const simulator = await startSimulator({ seed: 6, workspaces: 2, users: 3, days: 2 });
  t.after(() => simulator.close());
  const place = placeOf(t, simulator);
  const nullable = (name: string, type: unknown, path?: readonly string[]) => ({
    name,
    type: ['null', type],
    default: null,
    ...(path === undefined ? {} : { path }),
  });
  const fields = [
    { name: 'id', type: 'string' },
    nullable('name', 'string'),
    nullable('price', 'double', ['hourlyRate', 'amount']),
    nullable('is_over', 'boolean', ['archived']),
  ];
  place.file('project.avsc', JSON.stringify({ type: 'record', name: 'Project', namespace: 'features', fields }));
  const endpoint = { url: '/workspaces/{workspace_id}/projects?page-size=99' };
  const { code, lines, err } = await place.runOnce([{ name: 'named', key: '$.id', schema: 'project.avsc', endpoint }]);
  assert.equal(code, 0, err);
  const projects = simulator.world.store.workspaceIds().flatMap((id) => simulator.world.store.rows('projects', id));
  const byId = new Map(projects.map((project) => [project.id, project]));
  assert.equal(lines.length, byId.size);
  for (const { key, value } of lines) {
    const project = byId.get(String(key.id));
    const { workspace_id, id, name, price, is_over, ...rest } = value;
    assert.deepEqual([workspace_id, id, name], [project?.workspaceId, project?.id, project?.name]);
    assert.deepEqual([price, is_over], [project?.hourlyRate?.amount ?? null, project?.archived]);
    assert.deepEqual(
      Object.keys(rest).filter((field) => !field.startsWith('__')),
      [],
    );
  }
});
