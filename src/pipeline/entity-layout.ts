import type { Grave, LiveEntry } from '../core/state.ts';
import type { EntityGroup } from './entity-groups.ts';
import { endBytes, ID_END } from './packed-key.ts';
import { type KnownIds, packedAtMost, packRow, unpackRow } from './packed-row.ts';

/**
 * An entity's record, byte for byte: the arena's word, then the fields named here, the end of its key, and its row.
 * Numbers are big-endian.
 */
export const NEXT = 4;
export const PREVIOUS = 8;
export const GROUP = 12;
const VERSION = 16;
export const END_LENGTH = 22;
/** How many bytes of padding follow; and whether the row is packed. */
const FLAGS = 23;
export const TS = 24;
/** NaN where it has not been seen since it was put here. */
export const SEEN = 32;
/** NaN where it has none. */
const START = 40;
const HASH = 48;
const HASH_BYTES = 16;
export const KEY = HASH + HASH_BYTES;

const PADDING = 3;
const PACKED = 4;
const WORD = 2 ** 32;

/** What a record needs, and its row as it will lie there. */
export interface Measured {
  readonly size: number;
  readonly padded: number;
  readonly row: Uint8Array;
  readonly flags: number;
}

const EMPTY = new Uint8Array(0);
let scratch = new Uint8Array(1024);

/** The row is good until the next call: it may lie in a place that all use. */
export function measure(entry: LiveEntry | Grave, keyBytes: number, known: KnownIds): Measured {
  const plain = entry.kind === 'live' ? entry.rowBytes : EMPTY;
  const atMost = packedAtMost(plain.length);
  if (scratch.length < atMost) scratch = new Uint8Array(atMost * 2);
  const length = packRow(plain, scratch, known);
  const isSmaller = length < plain.length;
  const row = isSmaller ? scratch.subarray(0, length) : plain;
  const size = KEY + keyBytes + row.length;
  const padded = (size + 3) & ~3;
  return { size, padded, row, flags: (padded - size) | (isSmaller ? PACKED : 0) };
}

/** Writes everything but the list, the group and the key. The key's length must be in place, or follow. */
export function write(
  bytes: Uint8Array,
  view: DataView,
  at: number,
  entry: LiveEntry | Grave,
  { padded, row, flags }: Measured,
  version: number,
): void {
  view.setUint16(at + VERSION, Math.floor(version / WORD));
  view.setUint32(at + VERSION + 2, version % WORD);
  bytes[at + FLAGS] = flags;
  view.setFloat64(at + TS, entry.tsMs);
  view.setFloat64(at + SEEN, Number.NaN);
  view.setFloat64(at + START, entry.kind === 'live' ? (entry.startMs ?? Number.NaN) : Number.NaN);
  if (entry.kind === 'live') writeHash(bytes, at + HASH, entry.hash);
  bytes.set(row, at + padded - (flags & PADDING) - row.length);
}

export function writeKey(bytes: Uint8Array, at: number, end: Uint8Array, endLength: number): void {
  bytes[at + END_LENGTH] = endLength;
  for (let i = endBytes(endLength) - 1; i >= 0; i--) bytes[at + KEY + i] = end[i] as number;
}

export function read(bytes: Uint8Array, view: DataView, at: number, group: EntityGroup): LiveEntry | Grave {
  const { slice, schema } = group;
  const tsMs = view.getFloat64(at + TS);
  if (schema === undefined) return { kind: 'grave', slice, tsMs };
  const startMs = view.getFloat64(at + START);
  return {
    kind: 'live',
    slice,
    hash: readHash(bytes, at + HASH),
    schema,
    startMs: Number.isNaN(startMs) ? null : startMs,
    tsMs,
    rowBytes: readRow(bytes, view, at, group),
  };
}

export function readVersion(view: DataView, at: number): number {
  return view.getUint16(at + VERSION) * WORD + view.getUint32(at + VERSION + 2);
}

function readRow(bytes: Uint8Array, view: DataView, at: number, { ids }: EntityGroup): Uint8Array {
  const flags = bytes[at + FLAGS] as number;
  const endLength = bytes[at + END_LENGTH] as number;
  const from = at + KEY + endBytes(endLength);
  const end = at + view.getUint32(at) * 4 - (flags & PADDING);
  if ((flags & PACKED) === 0) return bytes.slice(from, end);
  return unpackRow(bytes, from, end, { own: endLength === ID_END ? bytes : undefined, ownAt: at + KEY, others: ids });
}

function writeHash(bytes: Uint8Array, at: number, hash: string): void {
  for (let i = 0; i < HASH_BYTES; i++) {
    bytes[at + i] = (digitOf(hash.charCodeAt(2 * i)) << 4) | digitOf(hash.charCodeAt(2 * i + 1));
  }
}

function digitOf(code: number): number {
  return code <= 57 ? code - 48 : code - 87;
}

const HEX = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, '0'));

function readHash(bytes: Uint8Array, at: number): string {
  let hash = '';
  for (let i = 0; i < HASH_BYTES; i++) hash += HEX[bytes[at + i] as number];
  return hash;
}
