import { deepStrictEqual, ok, strictEqual } from 'node:assert';
import { test } from 'node:test';
import fc from 'fast-check';
import { assignShards, type GroupMember, stickyAssigner } from '../../../src/kafka/sticky-assigner.ts';

const member = (worker: string, shards: number[] = [], generation = 0): GroupMember => ({
  memberId: `${worker}-id`,
  worker,
  shards,
  generation,
});

test('a lone worker gets every shard, two share evenly, in the order of their names', () => {
  deepStrictEqual(Object.fromEntries(assignShards([member('a')], 3)), { 'a-id': [0, 1, 2] });
  deepStrictEqual(Object.fromEntries(assignShards([member('b'), member('a')], 5)), {
    'a-id': [0, 1, 2],
    'b-id': [3, 4],
  });
});

test('a newcomer takes only what is beyond the fair share of the others', () => {
  const assigned = assignShards([member('a', [0, 1, 2, 3]), member('b')], 4);
  deepStrictEqual(assigned.get('a-id'), [0, 1]);
  deepStrictEqual(assigned.get('b-id'), [2, 3]);
});

test('of two claims to a shard the later generation holds', () => {
  const assigned = assignShards([member('slept', [0, 1], 3), member('awake', [0, 1, 2, 3], 4)], 4);
  deepStrictEqual(assigned.get('awake-id'), [0, 1]);
  deepStrictEqual(assigned.get('slept-id'), [2, 3]);
});

const groups = fc
  .record({ size: fc.integer({ min: 1, max: 9 }), shards: fc.integer({ min: 0, max: 40 }) })
  .chain(({ size, shards }) => {
    const one = fc.record({
      shards: fc.uniqueArray(fc.integer({ min: -1, max: shards + 1 })),
      generation: fc.integer({ min: 0, max: 3 }),
    });
    return fc.record({ members: fc.array(one, { minLength: size, maxLength: size }), shards: fc.constant(shards) });
  })
  .map(({ members, shards }) => ({ members: members.map((each, i) => ({ ...each, ...name(i) })), shards }));
const name = (i: number) => ({ memberId: `m${i}`, worker: `w${i % 4}` });

test('every shard has one owner, and no worker has more than one more than another', () => {
  fc.assert(
    fc.property(groups, ({ members, shards }) => {
      const assigned = assignShards(members, shards);
      deepStrictEqual(
        [...assigned.values()].flat().sort((a, b) => a - b),
        Array.from({ length: shards }, (_, i) => i),
      );
      const sizes = [...assigned.values()].map((owned) => owned.length);
      ok(Math.max(...sizes) - Math.min(...sizes) <= 1);
    }),
  );
});

test('the same members in any order give the same answer, and asking again moves nothing', () => {
  fc.assert(
    fc.property(groups, ({ members, shards }) => {
      const assigned = assignShards(members, shards);
      const reversed = assignShards([...members].reverse(), shards);
      for (const [id, owned] of assigned) deepStrictEqual(reversed.get(id), owned);
      const settled = members.map((each) => ({ ...each, shards: assigned.get(each.memberId) ?? [], generation: 9 }));
      deepStrictEqual(assignShards(settled, shards), assigned);
    }),
  );
});

test('when one leaves, the others keep all they had', () => {
  fc.assert(
    fc.property(groups, ({ members, shards }) => {
      const before = assignShards(members, shards);
      const left = members
        .slice(1)
        .map((each) => ({ ...each, shards: before.get(each.memberId) ?? [], generation: 9 }));
      if (left.length === 0) return;
      const after = assignShards(left, shards);
      for (const { memberId, shards: had } of left) {
        const owned = after.get(memberId) ?? [];
        strictEqual(had.filter((shard) => owned.includes(shard)).length, had.length);
      }
    }),
  );
});

test('a member of another version, or none at all, owned nothing and gets its share', async () => {
  const create = stickyAssigner({
    topic: 't',
    shards: 4,
    self: () => ({ worker: 'a', shards: [2, 3], generation: 1 }),
  });
  const assigner = create({} as never);
  const { metadata } = assigner.protocol({ topics: ['t'] });
  const garbled = Buffer.concat([metadata.subarray(0, metadata.length - 4), Buffer.from('!!!!')]);
  const assigned = await assigner.assign({
    members: [
      { memberId: 'm1', memberMetadata: metadata },
      { memberId: 'm2', memberMetadata: garbled },
    ],
    topics: ['t'],
  });
  strictEqual(assigned.length, 2);
});
