import { deepStrictEqual, ok, rejects, strictEqual } from 'node:assert/strict';
import { test } from 'node:test';
import type { WorkerError } from '../../../src/core/errors.ts';
import { sourceSlice } from '../../../src/core/state.ts';
import type { SourceKind } from '../../../src/pipeline/ports.ts';
import { markBaseline } from '../../../src/worker/baseline.ts';
import type { WorkerEvent } from '../../../src/worker/events.ts';
import { adoptIdentity } from '../../../src/worker/identity.ts';
import type { Source } from '../../../src/worker/source.ts';
import { createSourceWorld } from '../../support/pipeline-source.ts';
import { createWorld, fakeEndpoint, published, sweep, thingCodec, thingSource } from '../../support/pipeline-world.ts';

const sourceOf = (kind: Partial<SourceKind> = {}, over: Partial<Source> = {}): Source =>
  createSourceWorld().source({ kind: thingSource(kind), ...over });

async function adopted() {
  const world = await createWorld();
  const events: WorkerEvent[] = [];
  const report = (event: WorkerEvent) => void events.push(event);
  const adopt = (source: Source) => adoptIdentity(world.shard, source, report);
  await adopt(sourceOf());
  const endpoint = fakeEndpoint();
  endpoint.items = [{ id: '1' }, { id: '2' }, { id: '3', name: 7 }];
  await sweep(world.context(endpoint));
  return { world, events, adopt, endpoint };
}

test('the first identity is written once, and the same one again changes nothing', async () => {
  const { world, events, adopt } = await adopted();
  const before = world.sink.transactions.length;
  await adopt(sourceOf());
  deepStrictEqual([world.sink.transactions.length, events], [before, []]);
  strictEqual(world.shard.state.size, 2);
});

test('another topic, key or shape starts the source anew: nothing is deleted, and all comes again as r', async () => {
  const changes = [
    sourceOf({ topic: 'clockify.things' }, { shape: 'things/nested' }),
    sourceOf({}, { keyFields: ['workspace_id', 'id'] }),
    sourceOf({ topic: 'other' }),
    sourceOf({ topic: 'other', codec: { ...thingCodec(), keySchemaId: 99 } }),
  ];
  for (const changed of changes) {
    const { world, events, adopt, endpoint } = await adopted();
    const from = world.sink.committed.length;
    await adopt(changed);
    deepStrictEqual([world.shard.state.size, world.shard.state.rejectCount], [0, 0]);
    strictEqual(world.shard.state.checkpoint('things', 'things/a'), undefined);
    strictEqual(world.sink.committed.length, from, 'not a word in the old topic');
    ok(events.some((event) => event.type === 'source-reset' && event.source === 'things'));
    await sweep(world.context(endpoint));
    deepStrictEqual(published(world.sink, from), ['r 1', 'r 2']);
    const before = world.sink.transactions.length;
    await adopt(changed);
    strictEqual(world.sink.transactions.length, before, 'and then it stays');
  }
});

test('P2: another id of the key schema in the same topic is refused: one entity would have two keys', async () => {
  const { world, adopt } = await adopted();
  const before = world.sink.transactions.length;
  await rejects(
    adopt(sourceOf({ codec: { ...thingCodec(), keySchemaId: 99 } })),
    (error: WorkerError) => error.kind === 'config' && error.code === 'state.key_schema_changed',
  );
  strictEqual(world.sink.transactions.length, before);
  strictEqual(world.shard.state.size, 2);
});

test('the state of another source is not touched', async () => {
  const { world, adopt } = await adopted();
  const other = fakeEndpoint();
  other.items = [{ id: '9' }];
  await sweep(world.context(other, { slice: 'other', source: { name: 'others', topic: 'clockify.others' } }));
  await adopt(sourceOf({}, { shape: 'things/nested' }));
  ok(world.shard.state.entry('others', ['9']));
  strictEqual(world.shard.state.size, 1);
});

test('a start that was cut off in the middle of dropping the old state goes on with it', async () => {
  const { world, adopt, endpoint } = await adopted();
  const changed = sourceOf({}, { shape: 'things/nested' });
  world.sink.failNext('unknown_lost');
  await rejects(adopt(changed), (error: WorkerError) => error.code === 'sink.outcome_unknown');
  await world.restart();
  await adopt(changed);
  strictEqual(world.shard.state.size, 0);
  const from = world.sink.committed.length;
  await sweep(world.context(endpoint));
  deepStrictEqual(published(world.sink, from), ['r 1', 'r 2']);
});

test('the baseline is marked once and keeps its first time', async () => {
  const world = await createWorld();
  await markBaseline(world.shard, 'things', 'w', 5);
  await markBaseline(world.shard, 'things', 'w', 9);
  deepStrictEqual(world.shard.state.checkpoint('things', sourceSlice('w')), { firstCompleteAtMs: 5 });
  strictEqual(world.sink.transactions.length, 1);
  await markBaseline(world.shard, 'things', undefined, 7);
  deepStrictEqual(world.shard.state.checkpoint('things', '*'), { firstCompleteAtMs: 7 });
});
