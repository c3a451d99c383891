/**
 * A reader of Avro's binary encoding, written from the specification and knowing nothing of the library that the worker
 * uses: what it reads is what any other reader would.
 */
export interface ReadResult {
  readonly value: Record<string, unknown>;
  readonly bytesRead: number;
}

interface NamedField {
  readonly name: string;
  readonly type: unknown;
}

export function readRecord(schema: { readonly fields: readonly NamedField[] }, bytes: Uint8Array, at = 0): ReadResult {
  const cursor = { bytes, at };
  const value = readType({ type: 'record', fields: schema.fields }, cursor) as Record<string, unknown>;
  return { value, bytesRead: cursor.at - at };
}

interface Cursor {
  readonly bytes: Uint8Array;
  at: number;
}

function readType(type: unknown, cursor: Cursor): unknown {
  if (Array.isArray(type)) return readType(type[Number(readLong(cursor))], cursor);
  if (typeof type === 'object' && type !== null) return readComplex(type as Record<string, unknown>, cursor);
  switch (type) {
    case 'null':
      return null;
    case 'boolean':
      return take(cursor, 1)[0] === 1;
    case 'int':
    case 'long':
      return Number(readLong(cursor));
    case 'double': {
      const bytes = take(cursor, 8);
      return new DataView(bytes.buffer, bytes.byteOffset, 8).getFloat64(0, true);
    }
    case 'string':
      return new TextDecoder('utf-8', { fatal: true }).decode(take(cursor, Number(readLong(cursor))));
    default:
      throw new Error(`type ${String(type)} is not in our schemas`);
  }
}

function readComplex(schema: Record<string, unknown>, cursor: Cursor): unknown {
  if (schema.type === 'record') {
    const value: Record<string, unknown> = {};
    for (const field of schema.fields as NamedField[]) value[field.name] = readType(field.type, cursor);
    return value;
  }
  if (schema.type === 'array') return readArray(schema.items, cursor);
  return readType(schema.type, cursor);
}

/** Blocks: a count, then so many items; a negative count is followed by the block's size; zero ends the array. */
function readArray(items: unknown, cursor: Cursor): unknown[] {
  const all: unknown[] = [];
  for (let count = readLong(cursor); count !== 0n; count = readLong(cursor)) {
    if (count < 0n) readLong(cursor);
    const size = count < 0n ? -count : count;
    for (let i = 0n; i < size; i++) all.push(readType(items, cursor));
  }
  return all;
}

/** Variable length, seven bits a byte, lowest first, zig-zag. */
function readLong(cursor: Cursor): bigint {
  let unsigned = 0n;
  for (let shift = 0n; ; shift += 7n) {
    const byte = take(cursor, 1)[0] as number;
    unsigned |= BigInt(byte & 0x7f) << shift;
    if (byte < 0x80) return (unsigned >> 1n) ^ -(unsigned & 1n);
  }
}

function take(cursor: Cursor, length: number): Uint8Array {
  if (cursor.at + length > cursor.bytes.length) throw new Error('the bytes end too early');
  cursor.at += length;
  return cursor.bytes.subarray(cursor.at - length, cursor.at);
}
