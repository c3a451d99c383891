import { readFileSync } from 'node:fs';
import avsc from 'avsc';
import { WorkerError } from '../core/errors.ts';
import { hookSafeLong } from './safe-long.ts';

/**
 * Avro schemas as text and as what they compile to. avsc makes code of a schema, so its size is limited before: a
 * registry may hold anything.
 */

const MAX_BYTES = 256 * 1024;
/** 32 records within each other: three levels of JSON each. */
const MAX_JSON_DEPTH = 96;
const MAX_FIELDS = 2_000;
const MAX_FIXED_BYTES = 1024 * 1024;

export type AvroType = avsc.Type;

export interface RecordField {
  readonly name: string;
  readonly type: unknown;
  readonly default?: unknown;
  readonly doc?: string;
}

export interface RecordSchema {
  readonly type: 'record';
  readonly name: string;
  readonly namespace?: string;
  readonly doc?: string;
  readonly fields: readonly RecordField[];
}

/** @throws {WorkerError} config `schema.invalid`, `schema.too_large` */
export function parseSchema(text: string): unknown {
  if (text.length > MAX_BYTES) throw tooLarge(`longer than ${MAX_BYTES} characters`);
  let schema: unknown;
  try {
    schema = JSON.parse(text);
  } catch (cause) {
    throw invalid('it is not JSON', cause);
  }
  checkLimits(schema);
  return schema;
}

/** @throws {WorkerError} config `schema.invalid`, `schema.too_large` */
export function compileSchema(text: string): AvroType {
  return compile(parseSchema(text));
}

/** @throws {WorkerError} config `schema.invalid`, `schema.too_large` */
export function parseRecordSchema(text: string): RecordSchema {
  const schema = parseSchema(text) as RecordSchema | null;
  if (schema?.type !== 'record' || !Array.isArray(schema.fields)) throw invalid('it is not a record');
  compile(schema);
  return schema;
}

/** `["null", X]` comes unwrapped, and logical types stay the numbers they are. */
export function compile(schema: unknown): AvroType {
  try {
    return avsc.Type.forSchema(schema as avsc.Schema, { typeHook: hookSafeLong });
  } catch (cause) {
    throw invalid(cause instanceof Error ? cause.message : String(cause), cause);
  }
}

export interface CommittedSchemas {
  readonly keySchema: string;
  readonly valueSchema: string;
}

/** The schemas of a template; `avro/` lies beside `src` and beside `dist`. */
export function readCommittedSchemas(plural: string): CommittedSchemas {
  const read = (part: string) => readFileSync(new URL(`../../avro/${plural}-${part}.avsc`, import.meta.url), 'utf8');
  return { keySchema: read('key'), valueSchema: read('value') };
}

function checkLimits(schema: unknown): void {
  const nodes = objectsOf(schema, 0);
  const fields = nodes.reduce((sum, { fields }) => sum + (Array.isArray(fields) ? fields.length : 0), 0);
  if (fields > MAX_FIELDS) throw tooLarge(`more than ${MAX_FIELDS} fields`);
  if (nodes.some(({ size }) => typeof size === 'number' && size > MAX_FIXED_BYTES)) throw tooLarge('a huge fixed');
  if (nodes.some(({ name }) => name === '__proto__')) throw invalid('a field is named __proto__');
}

interface SchemaNode {
  readonly name?: unknown;
  readonly fields?: unknown;
  readonly size?: unknown;
}

function objectsOf(node: unknown, depth: number): SchemaNode[] {
  if (typeof node !== 'object' || node === null) return [];
  if (depth > MAX_JSON_DEPTH) throw tooLarge(`deeper than ${MAX_JSON_DEPTH} levels of JSON`);
  return [node, ...Object.values(node).flatMap((part) => objectsOf(part, depth + 1))];
}

function invalid(why: string, cause?: unknown): WorkerError {
  return new WorkerError('config', 'schema.invalid', `this is no Avro schema we can use: ${why}`, { cause });
}

function tooLarge(why: string): WorkerError {
  return new WorkerError('config', 'schema.too_large', `the Avro schema is ${why}`);
}
