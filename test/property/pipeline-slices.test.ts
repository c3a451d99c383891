import { deepStrictEqual, ok, strictEqual } from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { SliceContext } from '../../src/pipeline/sweep.ts';
import { createWorld, fakeEndpoint, sweep, type Thing } from '../support/pipeline-world.ts';

const ID = fc.constantFrom('0', '1', '2', '3');
const THING = fc.record({ id: ID, name: fc.constantFrom('a', 'b'), owner: fc.constantFrom('a', 'b') });
/** What is, at one time: each thing has one owner, whose list shows it. */
const TRUTH: fc.Arbitrary<Thing[]> = fc.uniqueArray(THING, { selector: ({ id }) => id });
const OWNERS = ['a', 'b'] as const;

/** Two slices of one shard; each lists what is its own, and the read by id knows all. */
async function createPair() {
  const world = await createWorld();
  const endpoints = OWNERS.map(() => fakeEndpoint());
  const guard = { share: 1, atLeast: 100 };
  const contexts = OWNERS.map((slice, at) => world.context(endpoints[at] ?? fakeEndpoint(), { slice, guard }));
  const tell = (truth: readonly Thing[]) => {
    for (const [at, owner] of OWNERS.entries()) {
      const endpoint = endpoints[at];
      if (endpoint === undefined) continue;
      endpoint.pageSize = 2;
      endpoint.items = truth.filter((thing) => thing.owner === owner);
      endpoint.testify = async (id) => {
        await new Promise((resolve) => setImmediate(resolve));
        const item = truth.find((thing) => thing.id === id);
        return item === undefined ? { says: 'gone', receivedAtMs: 1 } : { says: 'alive', item, receivedAtMs: 1 };
      };
    }
  };
  return { world, contexts, tell };
}

const sweepAll = (contexts: readonly SliceContext[]) => Promise.all(contexts.map(sweep));

test('P1, P3: slices that sweep at once and hand entities to each other lose, repeat and reorder nothing', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(TRUTH, { minLength: 1, maxLength: 6 }), async (truths) => {
      const { world, contexts, tell } = await createPair();
      for (const truth of truths) {
        tell(truth);
        await sweepAll(contexts);
      }
      await sweepAll(contexts);
      const last = new Map<string, { op: string; ms: number }>();
      for (const { headers, value } of world.sink.committed) {
        if (value === null) continue;
        const [id, op, ms] = [String(headers.ce_subject), String(headers.__op), Number(headers.__ts_ms)];
        const before = last.get(id);
        ok(before === undefined || ms > before.ms, 'P3');
        strictEqual(
          op === 'u' || op === 'd',
          before !== undefined && before.op !== 'd',
          'u and d only of what is there',
        );
        last.set(id, { op, ms });
      }
      const live = [...last].flatMap(([id, { op }]) => (op === 'd' ? [] : [id])).sort();
      const truth = truths.at(-1) ?? [];
      deepStrictEqual(live, truth.map(({ id }) => id).sort());
      for (const { id, owner } of truth) {
        strictEqual(world.shard.state.entry('things', [id])?.slice, `things/${owner}`);
      }
    }),
  );
});
