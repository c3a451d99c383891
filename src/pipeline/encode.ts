import { toWorkerError } from '../core/errors.ts';
import type { EncodedRecord, Reject, SourceRecord } from '../core/record.ts';
import { entityStateKey } from '../core/state-codec.ts';
import { type Extracted, seenOf } from './extract.ts';
import type { SourceKind } from './ports.ts';

/** One page in bytes, each entity once. */
export interface Encoded extends Omit<Extracted, 'records'> {
  readonly records: readonly EncodedRecord[];
  /** Items that a later one of the same page, with the same key, has replaced. */
  readonly superseded: number;
}

/** Stage 3: rows to Avro. What does not fit its schema is set aside (P5). */
export function encode(page: Extracted): Encoded {
  const { source } = page.sweep.context;
  const latest = latestByKey(source.name, page.records);
  const records: EncodedRecord[] = [];
  const rejects: Reject[] = [...page.rejects];
  for (const record of latest) {
    const encoded = encodeRecord(source, record);
    if ('code' in encoded) rejects.push(encoded);
    else records.push(encoded);
  }
  return { ...page, records, rejects, superseded: page.records.length - latest.length };
}

/** One record in bytes, or what goes to the dead letters. */
export function encodeRecord(source: SourceKind, record: SourceRecord): EncodedRecord | Reject {
  try {
    const keyBytes = source.codec.encodeKey(record.key);
    const encoded = { ...record, keyBytes, ...source.codec.encodeRow(record.row) };
    return tooLarge(source, encoded) ?? encoded;
  } catch (thrown) {
    const error = toWorkerError(thrown);
    if (error.kind !== 'record') throw error;
    const raw = seenOf(source, record.raw);
    return { key: record.key, raw, code: error.code, message: error.message, stage: 'encode' };
  }
}

/** Of headers, the `__` fields, and what the state adds. */
const SPARE_BYTES = 2_048;

/** The key is in the message twice: a header names it, too. */
function tooLarge(source: SourceKind, { key, raw, keyBytes, rowBytes }: EncodedRecord): Reject | undefined {
  const { topic, maxBytes } = source;
  const bytes = 2 * keyBytes.length + rowBytes.length + SPARE_BYTES;
  if (maxBytes === undefined || bytes <= maxBytes) return undefined;
  const message = `its message may take ${bytes} bytes, one of ${topic} at most ${maxBytes}`;
  return { key, raw: seenOf(source, raw), code: 'encode.too_large', message, stage: 'encode', bytes };
}

function latestByKey(source: string, records: readonly SourceRecord[]): readonly SourceRecord[] {
  const byKey = new Map<string, SourceRecord>();
  for (const record of records) {
    const key = entityStateKey(source, record.key);
    byKey.delete(key);
    byKey.set(key, record);
  }
  return byKey.size === records.length ? records : [...byKey.values()];
}
