import { strictEqual } from 'node:assert/strict';
import { mock, test } from 'node:test';
import { heapKeeper } from '../../../src/worker/small-heap.ts';

test('P8: what restores have left is given back once, when the last of them is over and it was much', (t) => {
  mock.timers.enable({ apis: ['setTimeout'] });
  t.after(() => mock.timers.reset());
  let collected = 0;
  const keep = heapKeeper(() => (collected += 1));
  const opened = (shard: number, records: number) =>
    keep({ type: 'shard-opened', shard, records, bytes: 0, tookMs: 0 });
  const settle = (expected: number) => {
    mock.timers.tick(5_000);
    strictEqual(collected, expected);
  };
  keep({ type: 'shard-opening', shard: 0 });
  opened(0, 99_999);
  settle(0);
  keep({ type: 'shard-opening', shard: 1 });
  keep({ type: 'shard-opening', shard: 2 });
  opened(1, 500_000);
  settle(0);
  keep({ type: 'shard-closed', shard: 2 });
  settle(1);
  keep({ type: 'shard-opening', shard: 3 });
  opened(3, 10);
  settle(1);
});
