/**
 * Encoded rows, smaller: Clockify's ids are 24 hex digits each, half of many a row, and fit 12 bytes. Those that are
 * known already, because the entity's key or its slice says them, need none.
 *
 * Packed: the length of the row, then in turn four times the length of a piece plus a code, the piece, and an id, which
 * is there only for code 0. Numbers are little-endian base 128.
 */
const ID_DIGITS = 24;
const ID_BYTES = 12;
/** Of a text of 24 bytes: twice its length. */
const AVRO_LENGTH = 48;

/** Ids that need not be repeated, 12 bytes each. */
export interface KnownIds {
  /** Where the entity's own id lies, code 1. Undefined: it is no such id. */
  readonly own: Uint8Array | undefined;
  readonly ownAt: number;
  /** Codes 2 and 3. */
  readonly others: readonly Uint8Array[];
}

/** The first two ids in a text. */
export function idsIn(text: string): Uint8Array[] {
  const found = new Set(text.match(/[0-9a-f]{24}/g));
  return [...found].slice(0, 2).map((id) => {
    const bytes = new Uint8Array(ID_BYTES);
    packHex(new TextEncoder().encode(id), 0, bytes, 0);
    return bytes;
  });
}

/** Value of a lower-case hex digit; 255 for any other byte. */
const DIGIT = Uint8Array.from({ length: 256 }, (_, byte) => {
  const at = '0123456789abcdef'.indexOf(String.fromCharCode(byte));
  return at === -1 ? 255 : at;
});
const TEXT = Uint8Array.from('0123456789abcdef', (digit) => digit.charCodeAt(0));

/**
 * Packs a row into a buffer.
 *
 * @param into at least `packedAtMost(row.length)` bytes
 * @returns how many bytes were written; as many as the row has or more: it is not worth while
 */
export function packRow(row: Uint8Array, into: Uint8Array, known: KnownIds): number {
  let to = writeNumber(into, 0, row.length);
  let pieceAt = 0;
  for (let at = 0, runAt = 0; at <= row.length; at++) {
    if (at < row.length && DIGIT[row[at] as number] !== 255) continue;
    for (let idAt = idIn(row, runAt, at); idAt !== -1; idAt = idIn(row, pieceAt, at)) {
      to = writeId(row, pieceAt, idAt, known, into, to);
      pieceAt = idAt + ID_DIGITS;
    }
    runAt = at + 1;
  }
  return writePiece(row, pieceAt, row.length, 0, into, to);
}

/** Where in a run of digits the first id begins: Avro says its length before it, by the byte that also is the digit 0. */
function idIn(row: Uint8Array, from: number, end: number): number {
  if (end - from < ID_DIGITS) return -1;
  return row[from] === AVRO_LENGTH && end - from > ID_DIGITS ? from + 1 : from;
}

function writeId(
  row: Uint8Array,
  pieceAt: number,
  idAt: number,
  known: KnownIds,
  into: Uint8Array,
  to: number,
): number {
  packHex(row, idAt, id, 0);
  const code = codeOf(id, known);
  const at = writePiece(row, pieceAt, idAt, code, into, to);
  if (code !== 0) return at;
  into.set(id, at);
  return at + ID_BYTES;
}

const id = new Uint8Array(ID_BYTES);

function codeOf(sought: Uint8Array, { own, ownAt, others }: KnownIds): number {
  if (own !== undefined && isAt(sought, own, ownAt)) return 1;
  const found = others.findIndex((other) => isAt(sought, other, 0));
  return found === -1 ? 0 : found + 2;
}

function isAt(sought: Uint8Array, bytes: Uint8Array, at: number): boolean {
  for (let i = 0; i < ID_BYTES; i++) if (bytes[at + i] !== sought[i]) return false;
  return true;
}

/** Each id saves more than its lengths cost: only the first and the last length can be too many. */
export function packedAtMost(length: number): number {
  return length + 10;
}

/** @param known as it was for `packRow` */
export function unpackRow(packed: Uint8Array, from: number, end: number, known: KnownIds): Uint8Array {
  let at = from;
  const readNumber = (): number => {
    let number = 0;
    for (let scale = 1; ; scale *= 128) {
      const byte = packed[at++] as number;
      number += (byte & 127) * scale;
      if (byte < 128) return number;
    }
  };
  const row = new Uint8Array(readNumber());
  for (let to = 0; ; to += ID_DIGITS) {
    const head = readNumber();
    const [length, code] = [Math.floor(head / 4), head % 4];
    for (let i = 0; i < length; i++) row[to + i] = packed[at + i] as number;
    at += length;
    to += length;
    if (code === 1) unpackHex(known.own as Uint8Array, known.ownAt, row, to);
    else if (code > 1) unpackHex(known.others[code - 2] as Uint8Array, 0, row, to);
    else if (at >= end) return row;
    else {
      unpackHex(packed, at, row, to);
      at += ID_BYTES;
    }
  }
}

function writePiece(row: Uint8Array, from: number, end: number, code: number, into: Uint8Array, to: number): number {
  let at = writeNumber(into, to, (end - from) * 4 + code);
  for (let i = from; i < end; i++) into[at++] = row[i] as number;
  return at;
}

function writeNumber(into: Uint8Array, to: number, number: number): number {
  let at = to;
  let rest = number;
  for (; rest >= 128; rest = Math.floor(rest / 128)) into[at++] = (rest % 128) | 128;
  into[at++] = rest;
  return at;
}

function packHex(from: Uint8Array, at: number, into: Uint8Array, to: number): void {
  for (let i = 0; i < ID_BYTES; i++) {
    const high = DIGIT[from[at + 2 * i] as number] as number;
    into[to + i] = (high << 4) | (DIGIT[from[at + 2 * i + 1] as number] as number);
  }
}

function unpackHex(from: Uint8Array, at: number, into: Uint8Array, to: number): void {
  for (let i = 0; i < ID_BYTES; i++) {
    const byte = from[at + i] as number;
    into[to + 2 * i] = TEXT[byte >>> 4] as number;
    into[to + 2 * i + 1] = TEXT[byte & 15] as number;
  }
}
