import { ok, strictEqual } from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { murmur2, partitionFor, shardFor } from '../../../src/core/murmur2.ts';

const utf8 = new TextEncoder();

/** From Kafka's own UtilsTest, and computed by its Java client. */
const GOLDEN: Readonly<Record<string, number>> = {
  '21': -973932308,
  foobar: -790332482,
  'a-little-bit-long-string': -985981536,
  'a-little-bit-longer-string': -1486304829,
  lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8: -58897971,
  abc: 479470107,
};

for (const [key, hash] of Object.entries(GOLDEN)) {
  test(`P3: murmur2 of "${key}" is what Kafka's Java client computes`, () => {
    strictEqual(murmur2(utf8.encode(key)), hash);
  });
}

test('P3: a key goes to the partition that a Java producer chooses: the sign bit is cleared, not the sign turned', () => {
  strictEqual(partitionFor(utf8.encode('21'), 24), (-973932308 & 0x7fffffff) % 24);
  strictEqual(partitionFor(utf8.encode('abc'), 7), 479470107 % 7);
});

test('P3: any key has one partition within the topic, however its bytes lie in memory', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 64 }), fc.integer({ min: 1, max: 1000 }), (key, partitions) => {
      const shifted = new Uint8Array(key.length + 3);
      shifted.set(key, 3);
      const partition = partitionFor(key, partitions);
      ok(partition >= 0 && partition < partitions);
      strictEqual(partitionFor(shifted.subarray(3), partitions), partition);
      strictEqual(murmur2(key), murmur2(key) | 0);
    }),
  );
});

test('a workspace has the same shard in every process: its id alone decides', () => {
  strictEqual(shardFor('foobar', 24), (-790332482 & 0x7fffffff) % 24);
});
