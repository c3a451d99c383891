/**
 * From the hash of a key to the address of its record: extendible hashing over typed arrays. It grows one small segment
 * at a time, so that no insertion ever waits for the whole to be hashed again.
 */
export class AddressIndex {
  /** By the first `#depth` bits of a hash; neighbours share a segment that has not been split. */
  #directory: Segment[] = [{ slots: new Uint32Array(0), count: 0, depth: 0 }];
  #depth = 0;
  #size = 0;
  readonly #hashAt: (address: number) => number;

  /** @param hashAt the hash of a record's key, 32 bits */
  constructor(hashAt: (address: number) => number) {
    this.#hashAt = hashAt;
  }

  get size(): number {
    return this.#size;
  }

  /** The first address under a hash that is the one looked for; 0: there is none. */
  find(hash: number, isIt: (address: number) => boolean): number {
    const { slots } = this.#segment(hash);
    const mask = slots.length - 1;
    if (mask < 0) return 0;
    for (let at = hash & mask; ; at = (at + 1) & mask) {
      const address = slots[at] as number;
      if (address === 0 || isIt(address)) return address;
    }
  }

  /** Adds an address that is not there yet. */
  insert(hash: number, address: number): void {
    let segment = this.#segment(hash);
    while ((segment.count + 1) * 5 > segment.slots.length * 4) {
      if (segment.slots.length < SEGMENT_SLOTS || segment.depth === MAX_DEPTH) this.#enlarge(segment);
      else this.#split(segment, hash);
      segment = this.#segment(hash);
    }
    put(segment, hash, address);
    this.#size += 1;
  }

  /** The record at an address is at another one now. */
  replace(hash: number, from: number, to: number): void {
    const { slots } = this.#segment(hash);
    slots[slotOf(slots, hash, from)] = to;
  }

  /** Those that follow move up, so that no gap breaks their way. */
  delete(hash: number, address: number): void {
    const segment = this.#segment(hash);
    const { slots } = segment;
    const mask = slots.length - 1;
    let gap = slotOf(slots, hash, address);
    for (let at = (gap + 1) & mask; slots[at] !== 0; at = (at + 1) & mask) {
      const home = this.#hashAt(slots[at] as number) & mask;
      if (((at - home) & mask) < ((at - gap) & mask)) continue;
      slots[gap] = slots[at] as number;
      gap = at;
    }
    slots[gap] = 0;
    segment.count -= 1;
    this.#size -= 1;
    if (this.#size === 0) this.#clear();
  }

  #clear(): void {
    this.#directory = [{ slots: new Uint32Array(0), count: 0, depth: 0 }];
    this.#depth = 0;
  }

  #segment(hash: number): Segment {
    return this.#directory[firstBits(hash, this.#depth)] as Segment;
  }

  #enlarge(segment: Segment): void {
    const old = segment.slots;
    segment.slots = new Uint32Array(Math.max(8, old.length * 2));
    segment.count = 0;
    for (const address of old) if (address !== 0) put(segment, this.#hashAt(address), address);
  }

  #split(segment: Segment, hash: number): void {
    if (segment.depth === this.#depth) {
      this.#directory = this.#directory.flatMap((each) => [each, each]);
      this.#depth += 1;
    }
    const depth = segment.depth + 1;
    const size = segment.slots.length;
    const low: Segment = { slots: new Uint32Array(size), count: 0, depth };
    const high: Segment = { slots: new Uint32Array(size), count: 0, depth };
    const width = 1 << (this.#depth - depth);
    const first = firstBits(hash, segment.depth) * width * 2;
    this.#directory.fill(low, first, first + width).fill(high, first + width, first + width * 2);
    for (const address of segment.slots) {
      if (address === 0) continue;
      const itsHash = this.#hashAt(address);
      put(firstBits(itsHash, depth) % 2 === 0 ? low : high, itsHash, address);
    }
  }
}

interface Segment {
  /** Addresses, 0 where there is none; a power of two. */
  slots: Uint32Array;
  count: number;
  /** How many first bits its hashes share. */
  readonly depth: number;
}

const SEGMENT_SLOTS = 1024;
/** Deeper than this only equal hashes go, and splitting does not part them. */
const MAX_DEPTH = 20;

function firstBits(hash: number, count: number): number {
  return count === 0 ? 0 : hash >>> (32 - count);
}

function put(segment: Segment, hash: number, address: number): void {
  const { slots } = segment;
  slots[slotOf(slots, hash, 0)] = address;
  segment.count += 1;
}

function slotOf(slots: Uint32Array, hash: number, address: number): number {
  const mask = slots.length - 1;
  let at = hash & mask;
  while (slots[at] !== address) at = (at + 1) & mask;
  return at;
}
