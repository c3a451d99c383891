import { ok, strictEqual } from 'node:assert/strict';
import { test } from 'node:test';
import { encodeState } from '../../../src/core/state-codec.ts';
import { openShard } from '../../../src/pipeline/shard.ts';
import { ShardState } from '../../../src/pipeline/shard-state.ts';
import type { SliceContext } from '../../../src/pipeline/sweep.ts';
import { createControl } from '../../../src/worker/control.ts';
import { createStatus } from '../../../src/worker/status.ts';

const SOURCE = 'time-entries';
const writer = { commit: async () => undefined, close: async () => undefined };

/** A worker with so many people in two rhythms; counts how often anybody looks at the rhythm of a slice. */
function crowd(people: number) {
  const state = new ShardState();
  const shard = openShard(0, state, writer, () => undefined);
  const control = createControl([SOURCE], () => undefined);
  const sources = [{ name: SOURCE, topic: 't' }];
  const status = createStatus({ app: 'a', version: '1', shardCount: 1, sources, now: () => 1_000 });
  status.attach(control, () => []);
  status.report({ type: 'source-started', source: SOURCE, topic: 't' });
  let looks = 0;
  for (const rhythm of ['recent', 'reconcile']) {
    for (let user = 0; user < people; user++) {
      const owner = `${SOURCE}/w/u${user}`;
      const slice = {
        id: `${owner}/~${rhythm}`,
        params: { workspace: 'w', user: `u${user}` },
        owner,
        get rhythm() {
          looks += 1;
          return rhythm;
        },
      };
      control.slices.enter({ slice, source: { name: SOURCE }, shard } as unknown as SliceContext);
      status.report({ type: 'slice-due', slice, atMs: 1 });
      const checkpoint = { firstCompleteAtMs: 1, lastCompleteAtMs: 500 + user };
      state.apply(encodeState({ type: 'checkpoint', source: SOURCE, slice: owner, checkpoint }));
      state.apply(encodeState({ type: 'checkpoint', source: SOURCE, slice: slice.id, checkpoint }));
    }
  }
  return { status, looks: () => looks };
}

test('P8: what the status costs grows with the slices and not with their square', () => {
  const { status, looks } = crowd(500);
  const before = looks();
  const [source] = status.snapshot(3).sources;
  status.freshness();
  strictEqual(source?.sliceCount, 1_000);
  strictEqual(source.slices.length, 3);
  strictEqual(source.firstLoad.done, 500);
  strictEqual(source.lastCompleteAtMs, 500, 'of the oldest of those that keep it fresh');
  ok(looks() - before < 20 * 1_000, `${looks() - before} looks at 1,000 slices`);
});
