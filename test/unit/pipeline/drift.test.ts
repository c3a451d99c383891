import { deepStrictEqual, ok, strictEqual } from 'node:assert/strict';
import { test } from 'node:test';
import { compileMapping, type FieldMapping } from '../../../src/core/field.ts';
import { compileMask } from '../../../src/core/mask.ts';
import { createScrubber } from '../../../src/core/scrubber.ts';
import { createDriftWatch } from '../../../src/pipeline/drift.ts';
import { MIXED_MS } from '../../../src/pipeline/drift-missing.ts';
import { createRejectGuard } from '../../../src/pipeline/reject-guard.ts';
import type { SliceEvent } from '../../../src/pipeline/sweep.ts';
import { driftTexts } from '../../../src/worker/drift-text.ts';
import { createWorld, driftIn, fakeEndpoint, sweep, thingMapper, type World } from '../../support/pipeline-world.ts';

const SECRET = 'planted-secret-Zk9';

/** Slices of one source, which one watch looks at. */
function slicesOf(world: World, names: readonly string[], mapper = thingMapper) {
  const drift = createDriftWatch(mapper.shape);
  return names.map((slice) => {
    const endpoint = fakeEndpoint({ witness: false });
    endpoint.pageSize = 4;
    return { endpoint, context: world.context(endpoint, { slice, source: { drift, mapper } }) };
  });
}

const named = (slice: string, count: number) =>
  Array.from({ length: count }, (_, at) => ({ id: `${slice}${at}`, name: 'n', owner: slice }));
const without = (slice: string, count: number) => named(slice, count).map(({ name: _, ...item }) => item);
const missing = (events: readonly SliceEvent[]) =>
  driftIn(events).flatMap(([kind, path, count]) => (kind === 'missing' ? [`${path} ${count}`] : []));

test('N26: a field that every item had is missing once three complete sweeps of a slice in a row lack it', async () => {
  const world = await createWorld();
  const slices = slicesOf(world, ['a', 'b']);
  const round = async (items: typeof without) => {
    const told: string[] = [];
    for (const [at, { endpoint, context }] of slices.entries()) {
      endpoint.items = items('ab'[at] ?? '', 6);
      told.push(...missing(await sweep(context)));
    }
    return told;
  };
  deepStrictEqual(await round(named), []);
  deepStrictEqual(await round(named), [], 'unchanged pages testify too');
  deepStrictEqual(await round(without), [], 'one answer is no evidence');
  deepStrictEqual(await round(without), [], 'nor are two: others may not have had their turn');
  deepStrictEqual(await round(without), ['name 12'], 'and neither a slice nor its twin is counted more than once');
  deepStrictEqual(await round(without), [], 'it is told once');
  const [first] = slices;
  if (first === undefined) return;
  first.endpoint.items = without('a', 7);
  deepStrictEqual(missing(await sweep(first.context)), ['name 3'], 'and counted as often as it is read');
});

test('N26: few items are no evidence that a field is missing, however often they are read', async () => {
  const world = await createWorld();
  const [only] = slicesOf(world, ['a']);
  if (only === undefined) return;
  only.endpoint.items = named('a', 9);
  await sweep(only.context);
  for (let round = 0; round < 12; round++) {
    only.endpoint.items = without('a', 9).map((item) => ({ ...item, id: `${item.id}-${round}` }));
    deepStrictEqual(missing(await sweep(only.context)), []);
  }
  for (const items of [named('a', 12), without('a', 12), without('a', 12)]) {
    only.endpoint.items = items;
    deepStrictEqual(
      missing(await sweep(only.context)),
      [],
      'and what was before it was shown again counts for nothing',
    );
  }
});

test('N26: a field that comes and goes for more than a day is optional, one that does so for less may be missing', async () => {
  for (const [mixedMs, told] of [
    [MIXED_MS / 2, ['name 40']],
    [MIXED_MS + 1, []],
  ] as const) {
    const world = await createWorld();
    const [only] = slicesOf(world, ['a']);
    if (only === undefined) return;
    const read = async (items: typeof only.endpoint.items) => {
      only.endpoint.items = items;
      return missing(await sweep(only.context));
    };
    await read(named('a', 40));
    await read([...named('a', 20), ...without('a', 40).slice(20)]);
    world.clock.ms += mixedMs;
    await read([...without('a', 20), ...named('a', 40).slice(20)]);
    await read(without('a', 40));
    await read(without('a', 40));
    deepStrictEqual(await read(without('a', 40)), told);
  }
});

test('N26: what is optional is not missing where only those are swept that never had it', async () => {
  const world = await createWorld();
  const [has, lacks] = slicesOf(world, ['a', 'b']);
  if (has === undefined || lacks === undefined) return;
  has.endpoint.items = named('a', 12);
  lacks.endpoint.items = without('b', 12);
  await sweep(has.context);
  for (let round = 0; round < 4; round++) deepStrictEqual(missing(await sweep(lacks.context)), []);
});

test('N26: a field within an object that some have is optional from the first object that lacks it', async () => {
  const world = await createWorld();
  const [bare, some, all] = slicesOf(world, ['a', 'b', 'c'], priced);
  if (bare === undefined || some === undefined || all === undefined) return;
  const priceless = without('a', 12);
  const read = async ({ endpoint, context }: typeof bare, price: object | undefined) => {
    endpoint.items = priceless.map((item) => (price === undefined ? item : { ...item, price }));
    return missing(await sweep(context));
  };
  await read(bare, undefined);
  await read(some, { vat: 1 });
  await read(all, { amount: 1 });
  for (let round = 0; round < 3; round++) deepStrictEqual(await read(bare, { vat: round }), []);
});

test('N26: what has come back is counted no more', async () => {
  const world = await createWorld();
  const [only] = slicesOf(world, ['a']);
  if (only === undefined) return;
  const told: string[] = [];
  for (const items of [named, without, without, without, without, named, named]) {
    only.endpoint.items = items('a', 12);
    told.push(...missing(await sweep(only.context)));
  }
  deepStrictEqual(told, ['name 12']);
});

const ID: FieldMapping = { path: ['id'], field: 'id', type: 'string' };
const priced = compileMapping({
  fields: [
    ID,
    { path: ['name'], field: 'name', type: 'string' },
    { path: ['price', 'amount'], field: 'amount', type: 'long' },
    { path: ['tags'], field: 'tags', type: 'strings' },
    { path: ['since'], field: 'since', type: 'instant' },
  ],
  keyFields: ['id'],
});

test('N26: every value of another type is told with both types, though its item is but one dead letter', async () => {
  const world = await createWorld();
  const [only] = slicesOf(world, ['a'], priced);
  if (only === undefined) return;
  only.endpoint.items = [
    { id: 'a', name: 7, price: 'five', tags: ['x', 1, {}], since: 'yesterday', fresh: [1] },
    { id: 'b', price: { amount: 1.5, currency: 'EUR' }, tags: 'x' },
    'no item at all',
    { name: 'no key' },
  ];
  const events = await sweep(only.context);
  deepStrictEqual(driftIn(events), [
    ['new', 'fresh', 1, 'array'],
    ['new', 'price.currency', 1, 'string'],
    ['changed', 'name', 1, 'whole number'],
    ['changed', 'price', 1, 'string'],
    ['changed', 'tags[]', 1, 'whole number'],
    ['changed', 'since', 1, 'another string'],
    ['changed', 'price.amount', 1, 'fraction'],
    ['changed', 'tags', 1, 'string'],
    ['changed', '$', 1, 'string'],
    ['missing', 'id', 1, 'absent'],
  ]);
  const [told] = events.filter((event) => event.type === 'drift');
  deepStrictEqual(told?.drift.counted, { new: 2, missing: 1, changed: 7 });
});

test('N26: a page that is refused because nothing fits says why', async () => {
  const world = await createWorld();
  const endpoint = fakeEndpoint();
  endpoint.items = [
    { id: 'a', name: 1 },
    { id: 'b', name: 2 },
  ];
  const rejects = createRejectGuard({ share: 0.5, atLeast: 2 });
  const events = await sweep(world.context(endpoint, { source: { rejects } }));
  deepStrictEqual(driftIn(events), [['changed', 'name', 2, 'whole number']]);
  const end = events.at(-1);
  ok(end?.type === 'sweep' && end.outcome === 'partial' && end.error.code === 'encode.too_many_rejects');
});

test('P8: so many drifts are told and no more; the others are counted', async () => {
  const world = await createWorld();
  const [only] = slicesOf(world, ['a']);
  if (only === undefined) return;
  const fields = Object.fromEntries(Array.from({ length: 250 }, (_, at) => [`field${at}`, at]));
  only.endpoint.items = [
    { id: 'a', ...fields },
    { id: 'b', ...fields, other: 1 },
  ];
  const [told] = (await sweep(only.context)).filter((event) => event.type === 'drift');
  deepStrictEqual([told?.drift.told.length, told?.drift.counted.new], [100, 501]);
  only.endpoint.items = [{ id: 'a', another: 1, field1: 2 }];
  const [more] = (await sweep(only.context)).filter((event) => event.type === 'drift');
  deepStrictEqual(
    more?.drift.told.map(({ path, sample }) => [path, sample]),
    [['field1', undefined]],
  );
  strictEqual(more?.drift.counted.new, 2);
});

test('P7: a sample is short, is of the masked item, and holds neither a secret nor anything on the way of a mask', async () => {
  const world = await createWorld();
  const endpoint = fakeEndpoint();
  const mask = [
    { path: ['user', 'email'], how: 'hash' },
    { path: ['note'], how: 'redact' },
  ] as const;
  const texts = driftTexts(mask, createScrubber([SECRET]));
  const source = {
    mask: compileMask(mask, (text) => `#${text.length}`),
    drift: createDriftWatch(thingMapper.shape, texts),
  };
  endpoint.items = [
    {
      id: 'a',
      user: [{ email: 'somebody@example.com' }],
      note: { said: 'canary' },
      key: `at the front ${SECRET}`,
      late: `${'x'.repeat(90)}${SECRET}`,
      long: 'y'.repeat(500),
      pair: `${'z'.repeat(97)}😀`,
      [`named ${SECRET}`]: 1,
    },
  ];
  const events = await sweep(world.context(endpoint, { source }));
  const told = events.flatMap((event) => (event.type === 'drift' ? event.drift.told : []));
  const samples = new Map(told.map(({ path, sample }) => [path, sample]));
  deepStrictEqual([samples.get('user'), samples.get('note')], [undefined, undefined]);
  strictEqual(samples.get('key'), '"at the front [redacted]"');
  strictEqual(samples.get('named [redacted]'), '1');
  for (const sample of samples.values()) ok((sample ?? '').length <= 100 && (sample ?? '').isWellFormed());
  const text = JSON.stringify(told);
  for (const part of ['somebody', 'canary', SECRET, SECRET.slice(0, 8)]) ok(!text.includes(part), part);
});
