import type { EntityKey, Row } from '../core/record.ts';
import { digest } from './digest.ts';
import { doesNotFit, misfit } from './misfit.ts';
import { neutralValues, splitValueSchema } from './row-schema.ts';
import { type AvroType, compile, compileSchema, parseRecordSchema } from './schema.ts';
import { createScratch, createSlab, type Write } from './slab.ts';

/**
 * Rows of one resource to bytes. Data in: keys, rows, what is known of a change. Data out: the bytes of a Kafka key and
 * value, and of the row alone, over which unchanged is told from changed.
 */

export interface CodecOptions {
  /** Text of the key's record schema: strings only. */
  readonly keySchema: string;
  /** Text of the value's record schema: the row, then `__op`, `__deleted`, `__source_ts_ms`, `__ts_ms`. */
  readonly valueSchema: string;
  readonly keySchemaId: number;
  readonly valueSchemaId: number;
  /** Row fields that the hash leaves out. */
  readonly ignoreChanges?: readonly string[];
}

interface EncodedRow {
  readonly rowBytes: Uint8Array;
  readonly hash: string;
}

interface ValueMeta {
  readonly op: string;
  readonly sourceTsMs: number;
  readonly tsMs: number;
}

export interface RowCodec {
  readonly fingerprint: string;
  readonly rowSchema: string;
  readonly keySchemaId: number;
  encodeKey(key: EntityKey): Uint8Array;
  encodeRow(row: Row): EncodedRow;
  upgradeRow(rowBytes: Uint8Array, writerSchema: string): EncodedRow;
  encodeValue(rowBytes: Uint8Array, meta: ValueMeta): Uint8Array;
}

/** @throws {WorkerError} config `schema.invalid`, `schema.too_large`, `schema.unknown_field` (`ignoreChanges`) */
export function createCodec(options: CodecOptions): RowCodec {
  const { rowSchema, metaSchema } = splitValueSchema(parseRecordSchema(options.valueSchema));
  const rowType = compile(rowSchema);
  const canonical = JSON.stringify(rowType.schema());
  const write = createSlab();
  const encodeRow = rowEncoder(rowType, neutralValues(rowSchema, options.ignoreChanges ?? []));
  const readAs = rowReader(rowType);
  return {
    fingerprint: digest(canonical).slice(0, 16),
    rowSchema: canonical,
    keySchemaId: options.keySchemaId,
    encodeKey: keyEncoder(options, write),
    encodeRow,
    upgradeRow: (rowBytes, writerSchema) => encodeRow(readAs(rowBytes, writerSchema)),
    encodeValue: valueEncoder(compile(metaSchema), options.valueSchemaId, write),
  };
}

/** The five bytes before every key and value: zero, and the registry's id (Confluent wire format). */
function wireHeader(schemaId: number): Uint8Array {
  const header = Buffer.alloc(5);
  header.writeInt32BE(schemaId, 1);
  return header;
}

function keyEncoder({ keySchema, keySchemaId }: CodecOptions, write: Write): RowCodec['encodeKey'] {
  const schema = parseRecordSchema(keySchema);
  const type = compile(schema);
  const names = schema.fields.map(({ name }) => name);
  const header = wireHeader(keySchemaId);
  return (key) => {
    if (key.length !== names.length) throw doesNotFit(`${schema.name} has ${names.length} parts and not ${key.length}`);
    const value: Record<string, unknown> = {};
    for (let i = 0; i < names.length; i++) value[names[i] as string] = key[i];
    return fitting(type, value, () => write(type, value, header));
  };
}

/** Each row gets its own bytes: the state keeps them, and a slice would hold a whole block with it. */
function rowEncoder(type: AvroType, neutral: Readonly<Record<string, unknown>>): (row: unknown) => EncodedRow {
  const write = createScratch();
  const partial = Object.keys(neutral).length > 0;
  return (row) =>
    fitting(type, row, () => {
      const rowBytes = Uint8Array.prototype.slice.call(write(type, row));
      const hashed = partial ? write(type, { ...(row as Row), ...neutral }) : rowBytes;
      return { rowBytes, hash: digest(hashed) };
    });
}

function valueEncoder(type: AvroType, schemaId: number, write: Write): RowCodec['encodeValue'] {
  const header = wireHeader(schemaId);
  return (rowBytes, { op, sourceTsMs, tsMs }) => {
    const meta = { __op: op, __deleted: String(op === 'd'), __source_ts_ms: sourceTsMs, __ts_ms: tsMs };
    return fitting(type, meta, () => write(type, meta, header, rowBytes));
  };
}

/** Reads rows that other versions of the schema wrote; a resolver is made once for each of them. */
function rowReader(type: AvroType): (rowBytes: Uint8Array, writerSchema: string) => unknown {
  const readers = new Map<string, (bytes: Buffer) => unknown>();
  return (rowBytes, writerSchema) => {
    const read = readers.get(writerSchema) ?? resolve(type, writerSchema);
    readers.set(writerSchema, read);
    try {
      return read(Buffer.from(rowBytes.buffer, rowBytes.byteOffset, rowBytes.byteLength));
    } catch {
      throw doesNotFit(`a stored row of ${type.name} cannot be read with the schema that is stored for it`);
    }
  };
}

function resolve(type: AvroType, writerSchema: string): (bytes: Buffer) => unknown {
  const writer = compileSchema(writerSchema);
  try {
    const resolver = type.createResolver(writer);
    return (bytes) => type.fromBuffer(bytes, resolver);
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw doesNotFit(`rows of an earlier schema of ${type.name} cannot be read as today's: ${why}`);
  }
}

function fitting<T>(type: AvroType, value: unknown, encode: () => T): T {
  try {
    return encode();
  } catch (thrown) {
    throw misfit(type, value) ?? thrown;
  }
}
