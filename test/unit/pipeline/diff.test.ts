import { deepStrictEqual, ok, strictEqual } from 'node:assert/strict';
import { test } from 'node:test';
import type { LiveEntry } from '../../../src/core/state.ts';
import { markBaseline } from '../../../src/worker/baseline.ts';
import {
  createWorld,
  deadLetters,
  endOf,
  fakeEndpoint,
  opsOf,
  published,
  settlementOf,
  sweep,
  thingCodec,
  thingMapper,
} from '../../support/pipeline-world.ts';

test('what the first complete sweep shows is r, what a later one shows anew is c, what changed is u', async () => {
  const world = await createWorld();
  const endpoint = fakeEndpoint();
  const context = world.context(endpoint);
  endpoint.items = [{ id: '1', name: 'a' }, { id: '2' }];
  await sweep(context);
  endpoint.items = [{ id: '1', name: 'b' }, { id: '2' }, { id: '3' }];
  await sweep(context);
  deepStrictEqual(published(world.sink), ['r 1', 'r 2', 'u 1', 'c 3']);
});

test('P2: what did not change publishes nothing, and writes nothing', async () => {
  const world = await createWorld();
  const endpoint = fakeEndpoint();
  const context = world.context(endpoint);
  endpoint.items = [{ id: '1', name: 'a' }];
  await sweep(context);
  const before = world.sink.transactions.length;
  const page = (await sweep(context)).find(({ type }) => type === 'page');
  ok(page?.type === 'page');
  strictEqual(page.counts.unchanged, 1);
  strictEqual(world.sink.transactions.length, before);
});

const madeAt = (ms: number): string => `${Math.floor(ms / 1000).toString(16)}0000000000000000`;

test('in a slice that came after the baseline, what was made since is c, what is older is r', async () => {
  const world = await createWorld();
  await markBaseline(world.shard, 'things', 'w', world.clock.ms);
  const endpoint = fakeEndpoint();
  const context = world.context(endpoint, { params: { workspace: 'w' } });
  const [younger, older] = [madeAt(world.clock.ms + 60_000), madeAt(world.clock.ms - 60_000)];
  endpoint.items = [{ id: younger }, { id: older }, { id: 'no-object-id' }];
  await sweep(context);
  deepStrictEqual(published(world.sink), [`c ${younger}`, `r ${older}`, 'r no-object-id']);
});

test('the baseline of another workspace says nothing', async () => {
  const world = await createWorld();
  await markBaseline(world.shard, 'things', 'v', world.clock.ms);
  const endpoint = fakeEndpoint();
  const id = madeAt(world.clock.ms + 60_000);
  endpoint.items = [{ id }];
  await sweep(world.context(endpoint, { params: { workspace: 'w' } }));
  deepStrictEqual(published(world.sink), [`r ${id}`]);
});

test('P3: what is restored after its delete is c, and goes on after its grave, though the clock went back', async () => {
  const world = await createWorld();
  const endpoint = fakeEndpoint();
  const context = world.context(endpoint);
  endpoint.items = [{ id: '1' }];
  await sweep(context);
  endpoint.items = [];
  await sweep(context);
  world.clock.ms -= 3_600_000;
  endpoint.items = [{ id: '1' }];
  await sweep(context);
  deepStrictEqual(opsOf(world.sink, '1'), ['r', 'd', 'c']);
  const times = world.sink.committed
    .filter(({ value }) => value !== null)
    .map(({ headers }) => Number(headers.__ts_ms));
  ok(times.every((ms, at) => at === 0 || ms > (times[at - 1] ?? 0)));
});

test('an entity seen unchanged by another slice is adopted without a word, and the first can no longer delete it', async () => {
  const world = await createWorld();
  const [one, two] = [fakeEndpoint(), fakeEndpoint()];
  const [first, second] = [world.context(one, { slice: 'a' }), world.context(two, { slice: 'b' })];
  one.items = two.items = [{ id: '1', name: 'a' }];
  await sweep(first);
  await sweep(second);
  deepStrictEqual(published(world.sink), ['r 1']);
  strictEqual(world.shard.state.entry('things', ['1'])?.slice, 'things/b');
  one.items = [];
  const settlement = settlementOf(await sweep(first));
  deepStrictEqual([settlement.missing, one.witnessed], [0, []]);
});

test('an item that says whose it is belongs there, whichever slice shows it', async () => {
  const world = await createWorld();
  const endpoint = fakeEndpoint();
  endpoint.items = [{ id: '1', owner: 'b' }];
  await sweep(world.context(endpoint, { slice: 'a' }));
  strictEqual(world.shard.state.entry('things', ['1'])?.slice, 'things/b');
});

test('P5: a later schema re-encodes what is stored, and publishes only what really differs', async () => {
  const world = await createWorld();
  const endpoint = fakeEndpoint();
  endpoint.items = [
    { id: '1', name: 'a' },
    { id: '2', name: 'b' },
  ];
  await sweep(world.context(endpoint));
  await world.restart();
  const codec = thingCodec([{ name: 'size', type: ['null', 'string'], default: null }]);
  const mapper = {
    ...thingMapper,
    rowOf: (item: unknown) => ({ ...thingMapper.rowOf(item, {}), size: (item as { size?: string }).size ?? null }),
  };
  const later = world.context(endpoint, { source: { codec, mapper } });
  endpoint.items = [
    { id: '1', name: 'a' },
    { id: '2', name: 'b', size: 'L' },
  ];
  await sweep(later);
  deepStrictEqual(published(world.sink), ['r 1', 'r 2', 'u 2']);
  const kept = world.shard.state.entry('things', ['1']) as LiveEntry;
  strictEqual(kept.schema, codec.fingerprint);
  await sweep(later);
  strictEqual(published(world.sink).length, 3);
});

test('P5: a stored row that today cannot be compared counts as changed and does not stop its slice', async () => {
  const world = await createWorld();
  const endpoint = fakeEndpoint();
  endpoint.items = [{ id: '1', name: 'a' }];
  await sweep(world.context(endpoint));
  const codec = thingCodec([{ name: 'must', type: 'string' }]);
  const mapper = { ...thingMapper, rowOf: (item: unknown) => ({ ...thingMapper.rowOf(item, {}), must: 'x' }) };
  const events = await sweep(world.context(endpoint, { source: { codec, mapper } }));
  strictEqual(endOf(events).outcome, 'complete');
  deepStrictEqual(published(world.sink), ['r 1', 'u 1']);
});

test('other fields under ignore_changes publish nothing by themselves', async () => {
  const world = await createWorld();
  const endpoint = fakeEndpoint();
  endpoint.items = [{ id: '1', name: 'a' }];
  await sweep(world.context(endpoint));
  const ignoring = world.context(endpoint, { source: { codec: thingCodec([], ['name']) } });
  await sweep(ignoring);
  endpoint.items = [{ id: '1', name: 'b' }];
  await sweep(ignoring);
  deepStrictEqual(published(world.sink), ['r 1'], 'the name no longer counts');
  await sweep(world.context(endpoint));
  deepStrictEqual(published(world.sink), ['r 1', 'u 1'], 'and it counts again, against what was published last');
});

test('P1: a reject goes to the dead letters once for each content, and is healed when it fits', async () => {
  const world = await createWorld();
  const endpoint = fakeEndpoint();
  const context = world.context(endpoint);
  endpoint.items = [{ id: '1', name: 7 }];
  await sweep(context);
  await sweep(context);
  deepStrictEqual(deadLetters(world.sink), ['{"id":"1","name":7}']);
  endpoint.items = [{ id: '1', name: 8 }];
  await sweep(context);
  strictEqual(deadLetters(world.sink).length, 2);
  endpoint.items = [{ id: '1', name: 'fits' }];
  await sweep(context);
  strictEqual(world.shard.state.rejectCount, 0);
  endpoint.items = [{ id: '1', name: 8 }];
  await sweep(context);
  strictEqual(deadLetters(world.sink).length, 3, 'what had fitted in between is news');
});

test('a reject that the list no longer shows is forgotten', async () => {
  const world = await createWorld();
  const endpoint = fakeEndpoint();
  const context = world.context(endpoint);
  endpoint.items = [{ name: 'no id' }];
  await sweep(context);
  strictEqual(world.shard.state.rejectCount, 1);
  endpoint.items = [];
  await sweep(context);
  strictEqual(world.shard.state.rejectCount, 0);
});

test('two items without a key, and two versions of one that do not fit, say each key of the state once', async () => {
  const world = await createWorld();
  const endpoint = fakeEndpoint();
  const context = world.context(endpoint);
  endpoint.items = [
    { name: 'x' },
    { name: 'x' },
    { id: '1', name: 1 },
    { id: '1', name: 2 },
    { id: '1', name: 'fits' },
  ];
  for (let times = 0; times < 3; times++) await sweep(context);
  for (const { state } of world.sink.transactions) {
    strictEqual(new Set(state.map(({ key }) => key)).size, state.length);
  }
  deepStrictEqual(deadLetters(world.sink).sort(), ['{"id":"1","name":2}', '{"name":"x"}']);
  deepStrictEqual(published(world.sink), ['r 1']);
});
