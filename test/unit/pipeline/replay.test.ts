import { deepStrictEqual, rejects, strictEqual } from 'node:assert/strict';
import { test } from 'node:test';
import type { WorkerError } from '../../../src/core/errors.ts';
import { createRejectGuard } from '../../../src/pipeline/reject-guard.ts';
import { type Letter, replayLetter } from '../../../src/pipeline/replay.ts';
import {
  createWorld,
  deadLetters,
  endOf,
  fakeEndpoint,
  published,
  sweep,
  thingMapper,
  type World,
} from '../../support/pipeline-world.ts';

const BAD = { id: '1', name: 7 };

/** A slice with one thing that fits and one that does not, and the letter of that one. */
async function withLetter() {
  const world = await createWorld();
  const endpoint = fakeEndpoint();
  endpoint.items = [{ id: '0' }, BAD];
  const context = world.context(endpoint);
  await sweep(context);
  return { world, endpoint, context, letter: lastLetter(world), from: world.sink.committed.length };
}

function lastLetter({ sink, clock }: World): Letter {
  const record = sink.committed.filter(({ topic }) => topic === 'dlq.clockify').at(-1);
  const text = (bytes: Uint8Array | null | undefined) => Buffer.from(bytes ?? []).toString();
  return {
    id: text(record?.key),
    hash: String(record?.headers['clockify.content_hash']),
    attempt: Number(record?.headers['clockify.attempt']),
    receivedAtMs: clock.ms,
    item: JSON.parse(text(record?.value)) as unknown,
  };
}

/** Takes names of any type. */
const lenient = {
  ...thingMapper,
  rowOf: (item: unknown) => ({ id: (item as { id: string }).id, name: String((item as { name: unknown }).name) }),
};

test('N27 P2: a letter that fits today is published once, and is no dead letter any more', async () => {
  const { world, endpoint, letter, from } = await withLetter();
  const context = world.context(endpoint, { source: { mapper: lenient } });
  strictEqual(await replayLetter(context, letter), 'published');
  deepStrictEqual(published(world.sink, from), ['c 1']);
  strictEqual(await replayLetter(context, letter), 'superseded');
  await world.restart();
  strictEqual(await replayLetter(world.context(endpoint), letter), 'superseded');
  strictEqual(world.sink.committed.length, from + 1);
});

test('N27: a letter that still does not fit comes back with one attempt more, and stays open', async () => {
  const { world, context, letter } = await withLetter();
  strictEqual(letter.attempt, 1);
  strictEqual(await replayLetter(context, letter), 'rejected');
  const second = lastLetter(world);
  deepStrictEqual([second.attempt, second.id, second.hash, second.item], [2, letter.id, letter.hash, BAD]);
  strictEqual(await replayLetter(context, second), 'rejected');
  strictEqual(lastLetter(world).attempt, 3);
  strictEqual(deadLetters(world.sink).length, 3);
});

test('N27 P3: an old item never follows a newer one, whether that fitted or not', async () => {
  const { world, endpoint, context, letter } = await withLetter();
  endpoint.items = [{ id: '0' }, { id: '1', name: 8 }];
  await sweep(context);
  strictEqual(await replayLetter(context, letter), 'superseded');
  const newer = lastLetter(world);
  endpoint.items = [{ id: '0' }, { id: '1', name: 'fits' }];
  await sweep(context);
  strictEqual(await replayLetter(world.context(endpoint, { source: { mapper: lenient } }), newer), 'superseded');
});

test('N27: where the key was the fault, a letter is known by its content and is healed under it', async () => {
  const world = await createWorld();
  const endpoint = fakeEndpoint();
  endpoint.items = [{ name: 'nameless' }];
  await sweep(world.context(endpoint));
  const letter = lastLetter(world);
  const keyed = { ...lenient, keyOf: () => ['made'] };
  const context = world.context(endpoint, {
    source: { mapper: { ...keyed, rowOf: () => ({ id: 'made', name: 'x' }) } },
  });
  strictEqual(await replayLetter(context, letter), 'published');
  strictEqual(world.shard.state.rejectCount, 0);
});

test('N27: a commit that fails leaves the letter open', async () => {
  const { world, endpoint, letter } = await withLetter();
  world.sink.failNext('not_committed');
  const context = world.context(endpoint, { source: { mapper: lenient } });
  await rejects(replayLetter(context, letter), (error: WorkerError) => error.code === 'sink.not_committed');
  strictEqual(await replayLetter(context, letter), 'published');
});

test('a source of which too much does not fit stops before the page is committed, and is tried again after an hour', async () => {
  const world = await createWorld();
  const endpoint = fakeEndpoint();
  endpoint.pageSize = 1000;
  const rejects = createRejectGuard({ share: 0.5, atLeast: 10 });
  const context = world.context(endpoint, { source: { rejects } });
  const things = (bad: number, good: number, name: unknown) => [
    ...Array.from({ length: bad }, (_, at) => ({ id: `b${at}`, name })),
    ...Array.from({ length: good }, (_, at) => ({ id: `g${at}` })),
  ];
  endpoint.items = things(9, 0, 1);
  strictEqual(endOf(await sweep(context)).outcome, 'complete', 'few are never too many');
  endpoint.items = things(9, 30, 2);
  strictEqual(endOf(await sweep(context)).outcome, 'complete', '18 of 48 are less than half');
  const from = world.sink.committed.length;
  endpoint.items = things(60, 0, 3);
  const end = endOf(await sweep(context));
  strictEqual(end.outcome === 'partial' && end.error.code, 'encode.too_many_rejects');
  strictEqual(world.sink.committed.length, from, 'nothing of the page is committed');
  world.clock.ms += 3_600_000;
  endpoint.items = things(60, 61, 3);
  strictEqual(endOf(await sweep(context)).outcome, 'complete');
});
