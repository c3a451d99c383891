import { crc32 } from 'node:zlib';
import type { StateRecord } from '../core/state.ts';

/**
 * One committed transaction in the state file: a length and a checksum of four bytes each, then the body. A frame that
 * is whole was committed; what follows the last whole one was not.
 */
export interface Frame {
  readonly shard: number;
  readonly state: readonly StateRecord[];
  /** Bytes of each data file that belong to committed transactions; only the files that this one wrote to. */
  readonly lengths: ReadonlyMap<string, number>;
}

export const FRAME_HEAD = 8;
/** No removal: what a removed key has in place of a length. */
const REMOVED = 0xffff_ffff;
const NUMBERS = { shard: 2, count: 4, length: 4, fileLength: 8 };

const encoder = new TextEncoder();
const decoder = new TextDecoder();

export function encodeFrame({ shard, state, lengths }: Frame): Uint8Array {
  const keys = state.map(({ key }) => encoder.encode(key));
  const names = [...lengths.keys()].map((name) => encoder.encode(name));
  const bytes = new Uint8Array(FRAME_HEAD + bodySize(state, keys, names));
  const view = new DataView(bytes.buffer);
  let at = FRAME_HEAD;
  const number = (value: number) => {
    view.setUint32(at, value);
    at += NUMBERS.length;
  };
  const put = (part: Uint8Array) => {
    bytes.set(part, at);
    at += part.length;
  };
  view.setUint16(at, shard);
  at += NUMBERS.shard;
  number(names.length);
  for (const [i, length] of [...lengths.values()].entries()) {
    const name = names[i] as Uint8Array;
    number(name.length);
    put(name);
    view.setFloat64(at, length);
    at += NUMBERS.fileLength;
  }
  number(state.length);
  for (const [i, { value }] of state.entries()) {
    const key = keys[i] as Uint8Array;
    number(key.length);
    number(value === null ? REMOVED : value.length);
    put(key);
    if (value !== null) put(value);
  }
  view.setUint32(0, bytes.length - FRAME_HEAD);
  view.setUint32(4, crc32(bytes.subarray(FRAME_HEAD)));
  return bytes;
}

function bodySize(state: readonly StateRecord[], keys: readonly Uint8Array[], names: readonly Uint8Array[]): number {
  let size = NUMBERS.shard + 2 * NUMBERS.count;
  for (const name of names) size += NUMBERS.length + name.length + NUMBERS.fileLength;
  for (const key of keys) size += 2 * NUMBERS.length + key.length;
  for (const { value } of state) size += value?.length ?? 0;
  return size;
}

/** The length of a frame's body, from its first bytes. */
export function bodyLength(head: Uint8Array): number {
  return viewOf(head).getUint32(0);
}

/** @returns undefined where the checksum does not fit: a write that was cut off */
export function decodeFrame(head: Uint8Array, body: Uint8Array): Frame | undefined {
  if (crc32(body) !== viewOf(head).getUint32(4)) return undefined;
  const view = viewOf(body);
  let at = NUMBERS.shard;
  const number = (): number => {
    at += NUMBERS.length;
    return view.getUint32(at - NUMBERS.length);
  };
  const take = (length: number): Uint8Array => {
    at += length;
    return body.subarray(at - length, at);
  };
  const lengths = new Map<string, number>();
  for (let left = number(); left > 0; left--) {
    const name = decoder.decode(take(number()));
    lengths.set(name, view.getFloat64(at));
    at += NUMBERS.fileLength;
  }
  const state: StateRecord[] = [];
  for (let left = number(); left > 0; left--) {
    const keyLength = number();
    const valueLength = number();
    const key = decoder.decode(take(keyLength));
    state.push({ key, value: valueLength === REMOVED ? null : take(valueLength).slice() });
  }
  return { shard: view.getUint16(0), state, lengths };
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

/** Bounds of the search: a larger frame is not looked for, and so many bytes are summed at most. */
const LARGEST_SOUGHT = 1024 * 1024;
const SUMMED_AT_MOST = 256 * 1024 * 1024;

/** Whether a whole frame begins anywhere in these bytes: then what is before it was damaged, not cut off. */
export function holdsFrame(bytes: Uint8Array): boolean {
  const view = viewOf(bytes);
  let summed = 0;
  for (let at = 0; at + FRAME_HEAD <= bytes.length && summed < SUMMED_AT_MOST; at++) {
    const length = view.getUint32(at);
    const end = at + FRAME_HEAD + length;
    if (length < SMALLEST_BODY || length > LARGEST_SOUGHT || end > bytes.length) continue;
    summed += length;
    if (view.getUint32(at + 4) === crc32(bytes.subarray(at + FRAME_HEAD, end))) return true;
  }
  return false;
}

const SMALLEST_BODY = NUMBERS.shard + 2 * NUMBERS.count;
