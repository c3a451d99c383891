import { strictEqual } from 'node:assert/strict';
import { mock, test } from 'node:test';
import { heartbeats } from '../../../src/kafka/heartbeats.ts';

test('P2: a wall clock that jumps makes no old sign fresh, and no fresh one old', (t) => {
  mock.timers.enable({ apis: ['Date'], now: 1_000_000_000 });
  t.after(() => mock.timers.reset());
  const group = heartbeats(30_000);
  group.joined();
  mock.timers.setTime(1_000_000_000 + 3_600_000);
  strictEqual(group.fresh(), true);
  let monotonicMs = 0;
  const other = heartbeats(30_000, () => monotonicMs);
  other.joined();
  mock.timers.setTime(1_000_000_000 - 3_600_000);
  monotonicMs = 20_001;
  strictEqual(other.fresh(), false);
});
