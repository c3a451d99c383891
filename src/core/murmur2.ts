const M = 0x5bd1e995;
const SEED = 0x9747b28c;

/**
 * Kafka's murmur2 over bytes, as its Java client computes it (`org.apache.kafka.common.utils.Utils.murmur2`).
 *
 * @returns a signed 32-bit integer
 *
 * @internal
 */
export function murmur2(data: Uint8Array): number {
  let h = SEED ^ data.length;
  const whole = data.length & ~3;
  for (let i = 0; i < whole; i += 4) h = Math.imul(h, M) ^ mix(word(data, i));
  h = tail(h, data, whole);
  h = Math.imul(h ^ (h >>> 13), M);
  return h ^ (h >>> 15);
}

/** The partition a Java producer would choose for these key bytes. */
export function partitionFor(key: Uint8Array, partitions: number): number {
  return (murmur2(key) & 0x7fffffff) % partitions;
}

const utf8 = new TextEncoder();

/** The shard that owns a workspace (or, for sources without one, a credential). Shard counts never change. */
export function shardFor(owner: string, shards: number): number {
  return partitionFor(utf8.encode(owner), shards);
}

function word(data: Uint8Array, at: number): number {
  return byte(data, at) | (byte(data, at + 1) << 8) | (byte(data, at + 2) << 16) | (byte(data, at + 3) << 24);
}

function mix(k: number): number {
  const scaled = Math.imul(k, M);
  return Math.imul(scaled ^ (scaled >>> 24), M);
}

function tail(hash: number, data: Uint8Array, from: number): number {
  const left = data.length - from;
  if (left === 0) return hash;
  let h = hash;
  for (let i = left - 1; i >= 0; i--) h ^= byte(data, from + i) << (8 * i);
  return Math.imul(h, M);
}

function byte(data: Uint8Array, at: number): number {
  return data[at] as number;
}
