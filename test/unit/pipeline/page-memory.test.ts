import { deepStrictEqual, strictEqual } from 'node:assert/strict';
import { test } from 'node:test';
import { PageMemory } from '../../../src/pipeline/page-memory.ts';
import { ShardState } from '../../../src/pipeline/shard-state.ts';
import { createWorld, fakeEndpoint, opsOf, sweep } from '../../support/pipeline-world.ts';

test('P8: what lies beyond the last page is forgotten, and a page that is forgotten says nothing', () => {
  const [pages, state] = [new PageMemory(), new ShardState()];
  for (const number of [1, 2, 3])
    pages.remember({ number, digest: `digest ${number}`, last: false, records: [] }, 'things', '+');
  const recall = (number: number) => pages.recall(number, `digest ${number}`, 'things/a', state)?.keys;
  pages.trim(2);
  deepStrictEqual([recall(1), recall(2), recall(3)], [[], [], undefined]);
  pages.forget(1);
  strictEqual(recall(1), undefined);
  strictEqual(pages.recall(2, 'other bytes', 'things/a', state), undefined);
});

test('an unchanged page is news where the state has come to say something else, also of its own slice', async () => {
  const world = await createWorld();
  const [endpoint, other] = [fakeEndpoint(), fakeEndpoint()];
  endpoint.items = [{ id: '1', name: 'a' }];
  other.items = [{ id: '1', name: 'b', owner: 'a' }];
  const context = world.context(endpoint, { slice: 'a' });
  await sweep(context);
  await sweep(world.context(other, { slice: 'b' }));
  await sweep(context);
  deepStrictEqual(opsOf(world.sink, '1'), ['r', 'u', 'u']);
});
