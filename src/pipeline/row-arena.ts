/**
 * Memory for records of any size outside the JavaScript heap, where the garbage collector does not walk it. A record
 * is 4-aligned and begins with one word that is the arena's own; what follows is its owner's.
 *
 * P8: what is freed comes back. A chunk of which less than three quarters is used has its records moved, so that the
 * whole is never much more than a third above what lives.
 */
export class RowArena {
  /** By number; 0 is nobody's, so that no record has the address 0. */
  readonly #chunks: (Chunk | undefined)[] = [undefined];
  readonly #vacant: number[] = [];
  readonly #onMove: (from: number, to: number) => void;
  #tail = 0;
  #capacity = 0;

  /** @param onMove told after a record was copied, and before its old place is used for anything else */
  constructor(onMove: (from: number, to: number) => void) {
    this.#onMove = onMove;
  }

  /** Bytes that are held, used or not. */
  get capacity(): number {
    return this.#capacity;
  }

  /** A place for a record of so many bytes, the arena's word included. Other records may move. */
  allocate(size: number): number {
    const words = (size + 3) >>> 2;
    if (words > LARGE_WORDS) return this.#place(this.#open(words * 4), words);
    if (!this.#fits(words)) this.#renewTail();
    return this.#place(this.#tail, words);
  }

  /** Gives a record's place back. Other records may move. */
  free(address: number): void {
    const number = address >>> CHUNK_BITS;
    const chunk = this.chunk(address);
    const at = offsetOf(address);
    const words = chunk.view.getUint32(at);
    chunk.view.setUint32(at, (words | DEAD) >>> 0);
    chunk.live -= words * 4;
    if (number !== this.#tail) this.#thin(number, chunk);
  }

  chunk(address: number): Chunk {
    return this.#chunks[address >>> CHUNK_BITS] as Chunk;
  }

  /** The size that a record takes, padding included. */
  sizeOf(address: number): number {
    return this.chunk(address).view.getUint32(offsetOf(address)) * 4;
  }

  #fits(words: number): boolean {
    const tail = this.#chunks[this.#tail];
    return tail !== undefined && tail.used + words * 4 <= tail.bytes.length;
  }

  #place(number: number, words: number): number {
    const chunk = this.#chunks[number] as Chunk;
    const at = chunk.used;
    chunk.view.setUint32(at, words);
    chunk.used += words * 4;
    chunk.live += words * 4;
    return ((number << CHUNK_BITS) | (at >>> 2)) >>> 0;
  }

  #open(size: number): number {
    const number = this.#vacant.pop() ?? this.#chunks.length;
    const bytes = new Uint8Array(size);
    this.#chunks[number] = { bytes, view: new DataView(bytes.buffer), used: 0, live: 0 };
    this.#capacity += size;
    return number;
  }

  /** What is left of a thin tail fits the next one, together with any record that is not large. */
  #renewTail(): void {
    const number = this.#tail;
    const full = this.#chunks[number];
    this.#tail = this.#open(CHUNK_BYTES);
    if (full !== undefined) this.#thin(number, full);
  }

  #thin(number: number, chunk: Chunk): void {
    if (chunk.live * 4 >= chunk.bytes.length * 3) return;
    for (let at = 0; at < chunk.used; ) {
      const head = chunk.view.getUint32(at);
      const words = head & ~DEAD;
      if ((head & DEAD) === 0) this.#move(number, chunk, at, words);
      at += words * 4;
    }
    this.#chunks[number] = undefined;
    this.#vacant.push(number);
    this.#capacity -= chunk.bytes.length;
  }

  #move(number: number, chunk: Chunk, at: number, words: number): void {
    if (!this.#fits(words)) this.#renewTail();
    const to = this.#place(this.#tail, words);
    const target = this.chunk(to);
    target.bytes.set(chunk.bytes.subarray(at + 4, at + words * 4), offsetOf(to) + 4);
    this.#onMove(((number << CHUNK_BITS) | (at >>> 2)) >>> 0, to);
  }
}

export interface Chunk {
  readonly bytes: Uint8Array;
  readonly view: DataView;
  /** Bytes from the start that were given out. */
  used: number;
  /** Of these, what was not given back. */
  live: number;
}

/** Where in its chunk a record begins, in bytes. */
export function offsetOf(address: number): number {
  return (address & OFFSET_MASK) << 2;
}

/** An address is a chunk's number and a word in it: 16 GiB of records. */
const CHUNK_BITS = 14;
const OFFSET_MASK = (1 << CHUNK_BITS) - 1;
const CHUNK_BYTES = 4 << CHUNK_BITS;
/** A larger record gets a chunk of its own. */
const LARGE_WORDS = CHUNK_BYTES / 16;
const DEAD = 0x80000000;
