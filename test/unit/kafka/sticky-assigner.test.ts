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

test('no more moves than must: no other even sharing keeps more where it was', () => {
  const few = groups.filter(({ members, shards }) => members.length ** shards <= 800);
  fc.assert(
    fc.property(few, ({ members, shards }) => {
      const claims = claimsOf(members, shards);
      const kept = (ownerOf: (shard: number) => string | undefined) =>
        [...claims].filter(([shard, claimant]) => ownerOf(shard) === claimant).length;
      const assigned = assignShards(members, shards);
      const ours = kept((shard) => [...assigned].find(([, owned]) => owned.includes(shard))?.[0]);
      for (const sharing of evenSharings(members, shards)) ok(kept((shard) => sharing[shard]) <= ours);
    }),
  );
});

/** Of two members that claim a shard the one of the later generation holds it; of two of one generation the first. */
function claimsOf(members: readonly GroupMember[], shards: number): Map<number, string> {
  const order = [...members].sort(
    (a, b) => b.generation - a.generation || compare(a.worker, b.worker) || compare(a.memberId, b.memberId),
  );
  const claims = new Map<number, string>();
  for (const { memberId, shards: claimed } of order) {
    for (const shard of claimed) if (shard >= 0 && shard < shards && !claims.has(shard)) claims.set(shard, memberId);
  }
  return claims;
}

const compare = (a: string, b: string) => Number(a > b) - Number(a < b);

/** Every way to share so that nobody has more than one more than another. */
function* evenSharings(members: readonly GroupMember[], shards: number): Generator<readonly string[]> {
  for (let code = 0; code < members.length ** shards; code++) {
    const digits = Array.from({ length: shards }, (_, i) => Math.floor(code / members.length ** i) % members.length);
    const sizes = members.map((_, i) => digits.filter((digit) => digit === i).length);
    if (Math.max(...sizes) - Math.min(...sizes) <= 1) yield digits.map((digit) => members[digit]?.memberId ?? '');
  }
}

test('workers of one name, as two on one host, share evenly, and none takes what another keeps', () => {
  const names = fc.record({ count: fc.integer({ min: 2, max: 6 }), shards: fc.integer({ min: 1, max: 30 }) });
  fc.assert(
    fc.property(names, ({ count, shards }) => {
      const joined: GroupMember[] = [];
      for (let i = 0; i < count; i++) {
        joined.push({ memberId: `m${(i * 7) % count}-${i}`, worker: 'host', shards: [], generation: 0 });
        const before = joined.map((each) => each.shards);
        const assigned = assignShards(joined, shards);
        for (const [at, each] of joined.entries()) {
          joined[at] = { ...each, shards: assigned.get(each.memberId) ?? [], generation: i + 1 };
          const had = before[at] ?? [];
          if (at < i) ok((joined[at]?.shards ?? []).every((shard) => had.includes(shard)));
        }
        const sizes = joined.map((each) => each.shards.length);
        ok(Math.max(...sizes) - Math.min(...sizes) <= 1);
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
