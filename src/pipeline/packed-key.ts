/** Bytes of the end of a key at most; of a key with a longer end nothing is packed. */
const END_AT_MOST = 254;
/** In place of the length: the end is an id of 24 hex digits and `"]`, packed into 12 bytes. */
export const ID_END = 255;
const ID_DIGITS = 24;
const ID_BYTES = 12;

const encoder = new TextEncoder();
const decoder = new TextDecoder('utf-8', { ignoreBOM: true });

/**
 * A state key in two parts: a beginning that many keys share, and an end in bytes. The same key is always parted in the
 * same place, so that keys are equal where their parts are.
 */
export class PackedKey {
  prefix = '';
  prefixHash = 0;
  hash = 0;
  /** Length of the end, or `ID_END`. */
  endLength = 0;
  /** The end, in its first bytes. */
  readonly end = new Uint8Array(END_AT_MOST);

  /** Parts another key: one object serves for all. */
  set(key: string): this {
    if (this.#packId(key)) {
      this.prefix = key.slice(0, -ID_DIGITS - 2);
      this.endLength = ID_END;
    } else {
      this.#encodeEnd(key);
    }
    this.prefixHash = hashOfText(this.prefix);
    this.hash = hashOfEnd(this.prefixHash, this.end, 0, endBytes(this.endLength));
    return this;
  }

  #packId(key: string): boolean {
    const from = key.length - ID_DIGITS - 2;
    if (from < 0 || !key.endsWith('"]')) return false;
    for (let i = 0; i < ID_BYTES; i++) {
      const high = digitOf(key.charCodeAt(from + 2 * i));
      const low = digitOf(key.charCodeAt(from + 2 * i + 1));
      if (high < 0 || low < 0) return false;
      this.end[i] = (high << 4) | low;
    }
    return true;
  }

  /** Text that is no Unicode has no bytes: it stays what it is. */
  #encodeEnd(key: string): void {
    const from = key.lastIndexOf('"', key.length - 3) + 1;
    const end = key.slice(from);
    const { read, written } = encoder.encodeInto(end, this.end);
    const fits = read === end.length && key.isWellFormed();
    this.prefix = fits ? key.slice(0, from) : key;
    this.endLength = fits ? written : 0;
  }
}

export function endBytes(endLength: number): number {
  return endLength === ID_END ? ID_BYTES : endLength;
}

/** The end of a key as text. */
export function endText(bytes: Uint8Array, at: number, endLength: number): string {
  if (endLength !== ID_END) return decoder.decode(bytes.subarray(at, at + endLength));
  let text = '';
  for (let i = 0; i < ID_BYTES; i++) text += HEX[bytes[at + i] as number];
  return `${text}"]`;
}

export function hashOfEnd(prefixHash: number, bytes: Uint8Array, at: number, length: number): number {
  let hash = prefixHash;
  for (let i = 0; i < length; i++) hash = Math.imul(hash ^ (bytes[at + i] as number), FNV_PRIME);
  return spread(hash);
}

const FNV_BASIS = 0x811c9dc5;
const FNV_PRIME = 0x01000193;
const HEX = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, '0'));

function hashOfText(text: string): number {
  let hash = FNV_BASIS;
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), FNV_PRIME);
  return hash;
}

/** Every bit of the hash depends on every one before: its first bits and its last are both used alone. */
function spread(hash: number): number {
  let mixed = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2ae35);
  return (mixed ^ (mixed >>> 16)) >>> 0;
}

/** Of a lower-case hex digit; -1 for any other character. */
function digitOf(code: number): number {
  if (code >= 48 && code <= 57) return code - 48;
  return code >= 97 && code <= 102 ? code - 87 : -1;
}
