import { deepStrictEqual, ok, rejects, strictEqual } from 'node:assert/strict';
import { test } from 'node:test';
import { WorkerError } from '../../../src/core/errors.ts';
import { sampleFirst } from '../../../src/pipeline/evidence.ts';
import { exceedsGuard } from '../../../src/pipeline/guard.ts';
import type { Testimony } from '../../../src/pipeline/ports.ts';
import { settle } from '../../../src/pipeline/settle.ts';
import { beginSweep } from '../../../src/pipeline/sweep.ts';
import {
  type ContextOptions,
  createWorld,
  deadLetters,
  endOf,
  fakeEndpoint,
  published,
  settlementOf,
  sweep,
  type Thing,
} from '../../support/pipeline-world.ts';

const things = (count: number, from = 0): Thing[] => Array.from({ length: count }, (_, at) => ({ id: `${from + at}` }));
const alive = (item: unknown): Testimony => ({ says: 'alive', item, receivedAtMs: 2_000_000 });

/** A slice that has once been read to its end, with these in its state. */
async function settled(items: readonly Thing[], over: ContextOptions & { witness?: boolean } = {}) {
  const world = await createWorld();
  const endpoint = fakeEndpoint(over.witness === undefined ? {} : { witness: over.witness });
  endpoint.items = items;
  const context = world.context(endpoint, over);
  await sweep(context);
  return { world, endpoint, context, from: world.sink.committed.length };
}

test('P4: d needs absence from a complete sweep and a read by id that says gone', async () => {
  const { world, endpoint, context, from } = await settled(things(3));
  endpoint.items = [{ id: '0' }, { id: '2' }];
  deepStrictEqual(settlementOf(await sweep(context)), { missing: 1, alive: 0, open: 0, gone: 1, guarded: false });
  deepStrictEqual(endpoint.witnessed, ['1']);
  deepStrictEqual(published(world.sink, from), ['d 1', '- 1']);
});

test('P4: a delete is the last known row and a tombstone, with the same headers, in one transaction', async () => {
  const { world, endpoint, context, from } = await settled([{ id: '1', name: 'last known' }]);
  endpoint.items = [];
  await sweep(context);
  const [row, tombstone] = world.sink.committed.slice(from);
  ok(Buffer.from(row?.value ?? []).includes('last known'));
  strictEqual(tombstone?.value, null);
  deepStrictEqual(tombstone.headers, row?.headers);
  deepStrictEqual([tombstone.key, tombstone.topic], [row?.key, row?.topic]);
  strictEqual(world.sink.transactions.filter(({ records }) => records.some(({ value }) => value === null)).length, 1);
});

test('P4: a partial sweep deletes nothing and asks nobody', async () => {
  const { world, endpoint, context, from } = await settled(things(3));
  endpoint.items = things(1);
  endpoint.before = () => {
    throw new WorkerError('config', 'clockify.forbidden', 'refused');
  };
  strictEqual(endOf(await sweep(context)).outcome, 'partial');
  deepStrictEqual([endpoint.witnessed, world.sink.committed.length], [[], from]);
});

test('P4: a read that proves nothing leaves the entity as it is, and is asked again with the next sweep', async () => {
  const { world, endpoint, context, from } = await settled(things(2));
  endpoint.items = things(1);
  endpoint.testify = () => ({ says: 'nothing', reason: 'forbidden' });
  deepStrictEqual(settlementOf(await sweep(context)), { missing: 1, alive: 0, open: 1, gone: 0, guarded: false });
  await sweep(context);
  deepStrictEqual(endpoint.witnessed, ['1', '1']);
  strictEqual(world.sink.committed.length, from);
});

test('P4: an answer about another entity proves nothing, and its row is not taken', async () => {
  for (const item of [{ id: '0', name: 'other' }, { name: 'nobody' }, [], null]) {
    const { world, endpoint, context, from } = await settled(things(2));
    endpoint.items = things(1);
    endpoint.testify = () => alive(item);
    strictEqual(settlementOf(await sweep(context)).open, 1);
    strictEqual(world.sink.committed.length, from);
  }
});

test('what the read shows instead of a missing entity is published as u, and nothing where it is as it was', async () => {
  const { world, endpoint, context, from } = await settled(things(3));
  endpoint.items = things(1);
  endpoint.testify = (id) => alive(id === '1' ? { id, name: 'moved' } : { id });
  const events = await sweep(context);
  strictEqual(settlementOf(events).alive, 2);
  deepStrictEqual(published(world.sink, from), ['u 1']);
});

test('P1: what the read shows and does not fit goes to the dead letters once', async () => {
  const { world, endpoint, context } = await settled(things(2));
  endpoint.items = things(1);
  endpoint.testify = (id) => alive({ id, name: 5 });
  for (let times = 0; times < 3; times++) await sweep(context);
  strictEqual(deadLetters(world.sink).length, 1);
});

test('P4: where most of the missing are alive the sweep lied: nothing is deleted and the rest is not asked', async () => {
  const { world, endpoint, context, from } = await settled(things(90));
  endpoint.items = [];
  endpoint.testify = (id) => (Number(id) % 20 === 0 ? { says: 'gone', receivedAtMs: 1 } : alive({ id }));
  const { outcome, ...end } = endOf(await sweep(context));
  strictEqual(outcome, 'partial');
  strictEqual('error' in end && end.error.code, 'settle.sweep_not_credible');
  strictEqual(endpoint.witnessed.length, 10);
  strictEqual(world.sink.committed.length, from);
});

test('the sample is from all over, and every key is asked once', () => {
  const keys = Array.from({ length: 57 }, (_, at) => `${at}`);
  const asked = sampleFirst(keys);
  deepStrictEqual(asked.slice(0, 10), ['0', '5', '11', '17', '22', '28', '34', '39', '45', '51']);
  deepStrictEqual([...asked].sort(), [...keys].sort());
  deepStrictEqual(sampleFirst(['a', 'b']), ['a', 'b']);
});

test('P4: the guard trips only where both its share and its number are exceeded', () => {
  const guard = { share: 0.2, atLeast: 50 };
  strictEqual(exceedsGuard(guard, 49, 49), false);
  strictEqual(exceedsGuard(guard, 50, 250), false);
  strictEqual(exceedsGuard(guard, 51, 250), true);
  strictEqual(exceedsGuard(guard, 50, 249), true);
  strictEqual(exceedsGuard(guard, 0, 0), false);
});

test('P4: a sweep beyond the guard deletes none at all, asks no more than it must, and says so', async () => {
  const { world, endpoint, context, from } = await settled(things(40), { guard: { share: 0.2, atLeast: 5 } });
  endpoint.items = things(20);
  const settlement = settlementOf(await sweep(context));
  deepStrictEqual(settlement, { missing: 20, alive: 0, open: 20, gone: 0, guarded: true, held: 9 });
  strictEqual(endpoint.witnessed.length, 9);
  strictEqual(world.sink.committed.length, from);
  const transactions = world.sink.transactions.length;
  world.clock.ms += 3_600_000;
  await sweep(context);
  strictEqual(world.sink.transactions.length, transactions, 'and it is not written down as complete');
});

test('within the guard a sweep deletes all that is gone', async () => {
  const { world, endpoint, context, from } = await settled(things(40), { guard: { share: 0.2, atLeast: 5 } });
  endpoint.items = things(32);
  strictEqual(settlementOf(await sweep(context)).gone, 8);
  strictEqual(published(world.sink, from).length, 16);
});

test('deletes come in transactions of a bounded size', async () => {
  const { world, endpoint, context } = await settled(things(1200), { guard: { share: 1, atLeast: 5000 } });
  const before = world.sink.transactions.length;
  endpoint.items = [];
  strictEqual(settlementOf(await sweep(context)).gone, 1200);
  const sizes = world.sink.transactions.slice(before).map(({ records }) => records.length);
  deepStrictEqual(sizes, [1000, 1000, 400]);
});

test('P4: an entity that another slice changed while the witnesses were heard is not deleted', async () => {
  const { world, endpoint, context, from } = await settled(things(2));
  const other = fakeEndpoint();
  other.items = [{ id: '1', name: 'still here', owner: 'a' }];
  endpoint.items = things(1);
  endpoint.testify = async () => {
    await sweep(world.context(other, { slice: 'b' }));
    return { says: 'gone', receivedAtMs: 1 };
  };
  const settlement = settlementOf(await sweep(context));
  deepStrictEqual([settlement.gone, settlement.open], [0, 1]);
  deepStrictEqual(published(world.sink, from), ['u 1']);
});

test('a grave is forgotten after seven days, and the entity then begins anew', async () => {
  const { world, endpoint, context } = await settled(things(1));
  endpoint.items = [];
  await sweep(context);
  strictEqual(world.shard.state.entry('things', ['0'])?.kind, 'grave');
  world.clock.ms += 7 * 24 * 3_600_000 + 2;
  await sweep(context);
  strictEqual(world.shard.state.entry('things', ['0']), undefined);
});

test('a wait between two reads by id ends with the slice, and leaves no timer behind', async () => {
  const { endpoint, context } = await settled(things(2));
  const controller = new AbortController();
  endpoint.testify = () => {
    setImmediate(() => controller.abort(new Error('stopped')));
    throw new WorkerError('transient', 'clockify.rate_limited', 'wait', { retryAfterMs: 3_600_000 });
  };
  const begun = beginSweep(context);
  await rejects(settle(begun, controller.signal), /stopped/);
});

test('P6: where the first reads prove nothing the rest is not asked, whatever is missing', async () => {
  const { world, endpoint, context, from } = await settled(things(200));
  endpoint.items = things(50);
  endpoint.testify = () => ({ says: 'nothing', reason: 'forbidden' });
  deepStrictEqual(settlementOf(await sweep(context)), { missing: 150, alive: 0, open: 150, gone: 0, guarded: false });
  deepStrictEqual([endpoint.witnessed.length, world.sink.committed.length], [10, from]);
});

test('P6: of what left the list alive, each sweep reads a bounded number, in turn, and finds the gone among them', async () => {
  const { world, endpoint, context, from } = await settled(things(160));
  endpoint.items = things(40);
  endpoint.testify = (id) => alive({ id });
  for (let tries = 0; endOf(await sweep(context)).outcome === 'partial'; tries++) ok(tries < 20);
  endpoint.witnessed.length = 0;
  for (let times = 0; times < 3; times++) {
    const before = endpoint.witnessed.length;
    strictEqual(endOf(await sweep(context)).outcome, 'complete');
    ok(endpoint.witnessed.length - before <= 50);
  }
  strictEqual(new Set(endpoint.witnessed).size, 120, 'all had their turn');
  endpoint.testify = (id) => (id === '77' ? { says: 'gone', receivedAtMs: 1 } : alive({ id }));
  for (let times = 0; times < 3; times++) await sweep(context);
  deepStrictEqual(published(world.sink, from), ['d 77', '- 77']);
});

test('P1: what no read can prove does not hide a later delete', async () => {
  const { world, endpoint, context, from } = await settled(things(100));
  endpoint.items = things(60);
  endpoint.testify = () => ({ says: 'nothing', reason: 'forbidden' });
  for (let times = 0; times < 5; times++) await sweep(context);
  endpoint.items = things(59);
  endpoint.testify = (id) =>
    id === '59' ? { says: 'gone', receivedAtMs: 1 } : { says: 'nothing', reason: 'forbidden' };
  await sweep(context);
  deepStrictEqual(published(world.sink, from), ['d 59', '- 59']);
});
