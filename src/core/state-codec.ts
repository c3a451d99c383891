import { WorkerError } from './errors.ts';
import type { EntityKey } from './record.ts';
import type {
  Checkpoint,
  Grave,
  LiveEntry,
  RejectEntry,
  SourceIdentity,
  Spent,
  StateItem,
  StateRecord,
} from './state.ts';

/**
 * State in bytes. Keys are JSON arrays, so that `kcat` shows them: `["e",source,…key]` entity, `["c",source,slice]`
 * checkpoint, `["x",source,id]` reject, `["d",source]` identity, `["s",fingerprint]` schema, `["b",owner]` budget. Values begin with one
 * byte, the format version; then entities are packed, everything else is JSON.
 *
 * @internal
 */
export const STATE_FORMAT = 1;

const LIVE = 1;
const GRAVE = 2;
const NO_START = -(2 ** 53 - 1);
/** version, kind, hash 16, schema 8, start 8, ts 8, slice length 2 */
const LIVE_HEAD = 1 + 1 + 16 + 8 + 8 + 8 + 2;
const GRAVE_HEAD = 1 + 1 + 8 + 2;

const encoder = new TextEncoder();
/** A byte order mark is part of a name, and what is not UTF-8 is no name. */
const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

export function entityStateKey(source: string, key: EntityKey): string {
  return JSON.stringify(['e', source, ...key]);
}

/** The entity key in a state key that `entityStateKey` made. */
export function entityKeyOf(key: string): EntityKey {
  return (JSON.parse(key) as string[]).slice(2);
}

/** The key under which an item is kept. */
export function stateKey(item: StateItem): string {
  switch (item.type) {
    case 'entity':
      return entityStateKey(item.source, item.key);
    case 'checkpoint':
      return JSON.stringify(['c', item.source, item.slice]);
    case 'reject':
      return JSON.stringify(['x', item.source, item.id]);
    case 'identity':
      return JSON.stringify(['d', item.source]);
    case 'schema':
      return JSON.stringify(['s', item.fingerprint]);
    case 'budget':
      return JSON.stringify(['b', item.owner]);
  }
}

export function encodeState(item: StateItem): StateRecord {
  return { key: stateKey(item), value: encodeValue(item) };
}

/**
 * A record of the state as meaning. The row of an entity is a part of `value`: copy what is kept.
 *
 * @throws {WorkerError} fatal `state.unknown_format` for a later format version, `state.corrupt` for anything else
 *   that cannot be read; both name the key
 */
export function decodeState(key: string, value: Uint8Array): StateItem {
  const version = value[0];
  if (version !== undefined && version !== STATE_FORMAT) {
    throw new WorkerError(
      'fatal',
      'state.unknown_format',
      `state ${key} has format ${version}, this version reads ${STATE_FORMAT}`,
      {
        hint: 'Run the version that wrote it, or drop the state with "clockify-kafka state reset --all" and load anew.',
      },
    );
  }
  try {
    return decodeItem(partsOf(key), value);
  } catch (cause) {
    throw new WorkerError('fatal', 'state.corrupt', `state ${key} cannot be read`, {
      cause,
      hint: 'Stop the worker and drop the record with "clockify-kafka state reset --damaged": what it was about is read anew.',
    });
  }
}

function encodeValue(item: StateItem): Uint8Array {
  switch (item.type) {
    case 'entity':
      return item.entry.kind === 'live' ? encodeLive(item.entry) : encodeGrave(item.entry);
    case 'checkpoint':
      return encodeJson(item.checkpoint);
    case 'reject':
      return encodeJson(item.entry);
    case 'identity':
      return encodeJson(item.identity);
    case 'schema':
      return encodeJson(item.schema);
    case 'budget':
      return encodeJson(item.spent);
  }
}

/** How many strings follow the kind in a key; of an entity's key at least two. */
const PARTS: Readonly<Record<string, number>> = { e: 2, c: 2, x: 2, d: 1, s: 1, b: 1 };

function partsOf(key: string): readonly string[] {
  const parts = JSON.parse(key) as unknown;
  if (!Array.isArray(parts) || !parts.every((part) => typeof part === 'string')) throw new Error('no key of a state');
  const [type, ...named] = parts as [string, ...string[]];
  const wanted = Object.hasOwn(PARTS, type) ? PARTS[type] : undefined;
  if (wanted === undefined) throw new Error(`no state is kept under the kind ${type}`);
  if (type === 'e' ? named.length < wanted : named.length !== wanted) throw new Error('no key of a state');
  return parts;
}

function decodeItem(parts: readonly string[], value: Uint8Array): StateItem {
  const [type, source, ...rest] = parts as [string, string, ...string[]];
  const last = rest[0] ?? '';
  switch (type) {
    case 'e':
      return { type: 'entity', source, key: rest, entry: decodeEntry(value) };
    case 'c':
      return { type: 'checkpoint', source, slice: last, checkpoint: decodeObject<Checkpoint>(value) };
    case 'x':
      return { type: 'reject', source, id: last, entry: decodeObject<RejectEntry>(value) };
    case 'd':
      return { type: 'identity', source, identity: decodeObject<SourceIdentity>(value) };
    case 'b':
      return { type: 'budget', owner: source, spent: decodeSpent(value) };
    default:
      return { type: 'schema', fingerprint: source, schema: decodeText(value) };
  }
}

function encodeLive(entry: LiveEntry): Uint8Array {
  const slice = encoder.encode(entry.slice);
  const bytes = new Uint8Array(LIVE_HEAD + slice.length + entry.rowBytes.length);
  const view = new DataView(bytes.buffer);
  bytes[0] = STATE_FORMAT;
  bytes[1] = LIVE;
  writeHex(bytes, 2, entry.hash, 16);
  writeHex(bytes, 18, entry.schema, 8);
  view.setFloat64(26, entry.startMs ?? NO_START);
  view.setFloat64(34, entry.tsMs);
  view.setUint16(42, slice.length);
  bytes.set(slice, LIVE_HEAD);
  bytes.set(entry.rowBytes, LIVE_HEAD + slice.length);
  return bytes;
}

function encodeGrave(entry: Grave): Uint8Array {
  const slice = encoder.encode(entry.slice);
  const bytes = new Uint8Array(GRAVE_HEAD + slice.length);
  const view = new DataView(bytes.buffer);
  bytes[0] = STATE_FORMAT;
  bytes[1] = GRAVE;
  view.setFloat64(2, entry.tsMs);
  view.setUint16(10, slice.length);
  bytes.set(slice, GRAVE_HEAD);
  return bytes;
}

function decodeEntry(bytes: Uint8Array): LiveEntry | Grave {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (bytes[1] === GRAVE) {
    return { kind: 'grave', tsMs: view.getFloat64(2), slice: text(bytes, GRAVE_HEAD, view.getUint16(10)) };
  }
  if (bytes[1] !== LIVE) throw new Error(`unknown kind of entry ${bytes[1]}`);
  const startMs = view.getFloat64(26);
  const sliceLength = view.getUint16(42);
  return {
    kind: 'live',
    hash: readHex(bytes, 2, 16),
    schema: readHex(bytes, 18, 8),
    startMs: startMs === NO_START ? null : startMs,
    tsMs: view.getFloat64(34),
    slice: text(bytes, LIVE_HEAD, sliceLength),
    rowBytes: bytes.subarray(LIVE_HEAD + sliceLength),
  };
}

function text(bytes: Uint8Array, at: number, length: number): string {
  if (at + length > bytes.length) throw new Error('the record is cut short');
  return decoder.decode(bytes.subarray(at, at + length));
}

function encodeJson(value: unknown): Uint8Array {
  const json = encoder.encode(JSON.stringify(value));
  const bytes = new Uint8Array(1 + json.length);
  bytes[0] = STATE_FORMAT;
  bytes.set(json, 1);
  return bytes;
}

function decodeJson(bytes: Uint8Array): unknown {
  return JSON.parse(decoder.decode(bytes.subarray(1)));
}

function decodeObject<T extends object>(bytes: Uint8Array): T {
  const value = decodeJson(bytes);
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw new Error('not an object');
  return value as T;
}

function decodeSpent(bytes: Uint8Array): Spent {
  const value = decodeJson(bytes);
  const isPair = (pair: unknown) => Array.isArray(pair) && pair.length === 2 && pair.every(Number.isSafeInteger);
  if (!Array.isArray(value) || !value.every(isPair)) throw new Error('not what was spent');
  return value as unknown as Spent;
}

function decodeText(bytes: Uint8Array): string {
  const value = decodeJson(bytes);
  if (typeof value !== 'string') throw new Error('not a text');
  return value;
}

function writeHex(bytes: Uint8Array, at: number, hex: string, length: number): void {
  for (let i = 0; i < length; i++) bytes[at + i] = Number.parseInt(hex.slice(2 * i, 2 * i + 2), 16);
}

const HEX = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, '0'));

function readHex(bytes: Uint8Array, at: number, length: number): string {
  let hex = '';
  for (let i = 0; i < length; i++) hex += HEX[bytes[at + i] as number];
  return hex;
}
