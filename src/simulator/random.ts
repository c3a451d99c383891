/** Numbers that look random and come again in the same order from the same seed. */
export interface Random {
  /** In [0, 1). */
  next(): number;
  /** A whole number from `low` to `high`, both included. */
  integer(low: number, high: number): number;
  chance(probability: number): boolean;
  /** @throws {RangeError} where there is nothing to pick from */
  pick<T>(from: readonly T[]): T;
}

/** The `mulberry32` generator: 32 bits of state, good enough for a practice world. */
export function createRandom(seed: number): Random {
  let state = seed >>> 0;
  const next = (): number => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
  const integer = (low: number, high: number): number => low + Math.floor(next() * (high - low + 1));
  return {
    next,
    integer,
    chance: (probability) => next() < probability,
    pick: (from) => {
      if (from.length === 0) throw new RangeError('nothing to pick from');
      return from[integer(0, from.length - 1)] as (typeof from)[number];
    },
  };
}

/**
 * Mints ids like Mongo ObjectIds: 8 hex digits of the creation second, 10 of the machine, 6 of a counter.
 * Ids of one mint are unique for its first 16 million.
 */
export function createIdMint(random: Random): (createdAtMs: number) => string {
  const machine = hex(random.integer(0, 0xff_ffff), 6) + hex(random.integer(0, 0xffff), 4);
  let counter = random.integer(0, 0xff_ffff);
  return (createdAtMs) => {
    counter = (counter + 1) & 0xff_ffff;
    return hex(Math.floor(createdAtMs / 1000), 8) + machine + hex(counter, 6);
  };
}

function hex(value: number, digits: number): string {
  return value.toString(16).padStart(digits, '0');
}
