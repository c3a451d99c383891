import avsc from 'avsc';
import { WorkerError } from '../core/errors.ts';
import { type AvroType, parseSchema } from './schema.ts';

/** Published bytes back to plain objects, for people to read: `tail`, the demo, the local sinks. */

interface DecodeOptions {
  /** `iso` gives `2027-01-16T09:00:00.000Z` for a timestamp, `ms` epoch milliseconds. */
  readonly instants: 'iso' | 'ms';
}

/** A plain value: objects, arrays, strings, numbers, booleans, null. Bytes come as base64. */
export type Decoder = (bytes: Uint8Array) => Promise<unknown>;
export type SyncDecoder = (bytes: Uint8Array) => unknown;

const READABLE: DecodeOptions = { instants: 'iso' };

/**
 * Asks for each schema once.
 *
 * @returns a decoder that throws WorkerError record `decode.no_header` or `decode.unreadable`, and what `fetchSchema` throws
 */
export function createDecoder(fetchSchema: (id: number) => Promise<string>, options = READABLE): Decoder {
  const types = new Map<number, Promise<AvroType>>();
  const typeFor = (id: number): Promise<AvroType> => {
    const known = types.get(id);
    if (known !== undefined) return known;
    const type = fetchSchema(id).then((text) => readableType(text, options));
    types.set(id, type);
    type.catch(() => types.delete(id));
    return type;
  };
  return async (bytes) => readBody(await typeFor(schemaIdOf(bytes)), bytes);
}

/** The same where every schema is at hand; an id that `schemaOf` does not know is `decode.unknown_schema`. */
export function createSyncDecoder(schemaOf: (id: number) => string | undefined, options = READABLE): SyncDecoder {
  const types = new Map<number, AvroType>();
  const typeFor = (id: number): AvroType => {
    const known = types.get(id);
    if (known !== undefined) return known;
    const text = schemaOf(id);
    if (text === undefined) throw new WorkerError('record', 'decode.unknown_schema', `no schema has the id ${id}`);
    const type = readableType(text, options);
    types.set(id, type);
    return type;
  };
  return (bytes) => readBody(typeFor(schemaIdOf(bytes)), bytes);
}

function schemaIdOf(bytes: Uint8Array): number {
  if (bytes.length < 5 || bytes[0] !== 0) {
    throw new WorkerError('record', 'decode.no_header', 'the bytes do not begin with zero and a schema id');
  }
  return new DataView(bytes.buffer, bytes.byteOffset).getInt32(1);
}

function readBody(type: AvroType, bytes: Uint8Array): unknown {
  try {
    return plain(type.fromBuffer(Buffer.from(bytes.buffer, bytes.byteOffset + 5, bytes.byteLength - 5)));
  } catch (cause) {
    throw new WorkerError('record', 'decode.unreadable', `the bytes are no ${type.name ?? type.typeName}`, { cause });
  }
}

function readableType(text: string, { instants }: DecodeOptions): AvroType {
  const logicalTypes = instants === 'iso' ? { 'timestamp-millis': IsoInstant } : {};
  return avsc.Type.forSchema(parseSchema(text) as avsc.Schema, { logicalTypes });
}

class IsoInstant extends avsc.types.LogicalType {
  protected override _fromValue(ms: number): string | number {
    const date = new Date(ms);
    return Number.isNaN(date.getTime()) ? ms : date.toISOString();
  }
}

/** avsc gives instances of classes of its own. */
function plain(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return value.map(plain);
  if (value instanceof Uint8Array) return Buffer.from(value).toString('base64');
  return Object.fromEntries(Object.entries(value).map(([name, member]) => [name, plain(member)]));
}
