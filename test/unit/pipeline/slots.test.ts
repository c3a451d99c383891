import { deepEqual, equal, ok, rejects } from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { firstValueFrom, lastValueFrom, merge, NEVER, of, takeUntil, throwError, toArray } from 'rxjs';
import { sweepOnce } from '../../../src/pipeline/slice.ts';
import { createSlots, inSlot } from '../../../src/pipeline/slots.ts';
import { createWorld, fakeEndpoint } from '../../support/pipeline-world.ts';

const settled = () => sleep(0);

test('P8: of many slices on a slow broker no more pages are on their way than there are slots', async () => {
  const world = await createWorld();
  const { shard } = world;
  let onTheirWay = 0;
  let most = 0;
  world.shard = {
    ...shard,
    commit: async (transaction) => {
      await sleep(1);
      await shard.commit(transaction);
      if (transaction.records.length > 0) onTheirWay -= 1;
    },
  };
  const slices = Array.from({ length: 200 }, (_, number) => {
    const endpoint = fakeEndpoint();
    endpoint.items = [{ id: `t${number}`, name: 'a thing' }];
    endpoint.before = () => {
      onTheirWay += 1;
      most = Math.max(most, onTheirWay);
    };
    return sweepOnce(world.context(endpoint, { slice: `things/${number}` }));
  });
  const events = await lastValueFrom(merge(...slices).pipe(toArray()));
  equal(events.filter((event) => event.type === 'sweep' && event.outcome === 'complete').length, 200);
  equal(onTheirWay, 0);
  ok(most <= 16, `${most} pages`);
});

test('nobody waits for the slots of another name', async () => {
  const slots = createSlots(1);
  slots.enter('recent');
  equal(await firstValueFrom(inSlot(slots, 'running', of(1))), 1);
});

test('a slot is free again after an end, a failure, and when its work is wanted no more, also while it waits', async () => {
  const slots = createSlots(1);
  equal(await lastValueFrom(inSlot(slots, 'a', of(1))), 1);
  await rejects(
    lastValueFrom(
      inSlot(
        slots,
        'a',
        throwError(() => new Error('no')),
      ),
    ),
    /no/,
  );
  const told: string[] = [];
  const first = slots.enter('a');
  const second = slots.enter('a');
  const third = slots.enter('a');
  for (const [name, place] of Object.entries({ first, second, third })) void place.granted.then(() => told.push(name));
  await settled();
  deepEqual(told, ['first']);
  second.unsubscribe();
  await settled();
  deepEqual(told, ['first'], 'one that leaves the queue frees no slot');
  first.unsubscribe();
  await settled();
  deepEqual(told, ['first', 'third']);
  third.unsubscribe();
  equal(await lastValueFrom(inSlot(slots, 'a', of(2))), 2);
  await rejects(firstValueFrom(inSlot(slots, 'a', NEVER).pipe(takeUntil(settled()))), /no elements/);
  equal(await lastValueFrom(inSlot(slots, 'a', of(3))), 3);
});
