import type { FieldMapping, ItemField } from '../core/field.ts';
import type { FieldType } from '../core/field-value.ts';
import type { RecordField } from './schema.ts';

/**
 * One field of a row, as mapping and as Avro. What Avro has no word for stands in attributes of our own, which registries
 * keep and readers pass over (Avro specification, "Schema Declaration": attributes that are not defined are metadata):
 * `path`, names down to the value; `parameter`, where the slice gives it; `mapping`, where the Avro type has more than one
 * reading; `unordered`.
 */
export interface MappedField extends RecordField {
  readonly path?: unknown;
  readonly parameter?: unknown;
  readonly mapping?: unknown;
  readonly unordered?: unknown;
}

const INSTANT = { type: 'long', logicalType: 'timestamp-millis' };
const STRINGS = { type: 'array', items: 'string' };

const AVRO: Readonly<Record<FieldType, unknown>> = {
  string: 'string',
  json: 'string',
  boolean: 'boolean',
  long: 'long',
  duration: 'long',
  double: 'double',
  instant: INSTANT,
  strings: STRINGS,
  'string-set': STRINGS,
};

/** What an Avro type may be read from; the first is meant where `mapping` does not say. */
const READINGS: Readonly<Record<string, readonly FieldType[]>> = {
  string: ['string', 'json'],
  boolean: ['boolean'],
  int: ['long', 'duration'],
  long: ['long', 'duration'],
  float: ['double'],
  double: ['double'],
  'timestamp-millis': ['instant'],
  array: ['strings', 'string-set'],
};

export function nullableField(mapping: FieldMapping): MappedField {
  const type = AVRO['type' in mapping ? mapping.type : 'string'];
  const shape = type === STRINGS ? { type, default: [] } : { type: ['null', type], default: null };
  return { name: mapping.field, ...shape, ...attributesOf(mapping) };
}

/** Part of the key: required, always a string. */
export function keyField(name: string, mapping: FieldMapping | undefined): MappedField {
  return { name, type: 'string', ...(mapping && attributesOf(mapping)) };
}

/** @returns undefined where the type is none of ours, or contradicts the attributes */
export function typeOfField({ type, mapping }: MappedField): FieldType | undefined {
  const readings = READINGS[nameOf(Array.isArray(type) ? type[1] : type)] ?? [];
  return mapping === undefined ? readings[0] : readings.find((reading) => reading === mapping);
}

/** @returns undefined where the field does not say, or not properly, where it comes from */
export function originOf(field: MappedField): { readonly path: readonly string[] } | { parameter: string } | undefined {
  const { path, parameter } = field;
  if (typeof parameter === 'string' && path === undefined) return { parameter };
  return isNames(path) && path.length > 0 && parameter === undefined ? { path } : undefined;
}

/** @returns undefined where a field is not fully described */
export function mappingOf(field: MappedField): FieldMapping | undefined {
  const type = typeOfField(field);
  const origin = originOf(field);
  if (type === undefined || origin === undefined) return undefined;
  if ('parameter' in origin) return type === 'string' ? { ...origin, field: field.name } : undefined;
  const item: ItemField = { path: origin.path, field: field.name, type };
  return isNames(field.unordered) ? { ...item, unordered: field.unordered } : item;
}

function attributesOf(mapping: FieldMapping): Partial<MappedField> {
  if ('parameter' in mapping) return { parameter: mapping.parameter };
  const { path, type, unordered } = mapping;
  const isImplied = READINGS[nameOf(AVRO[type])]?.[0] === type;
  return { path, ...(isImplied ? {} : { mapping: type }), ...(unordered && { unordered }) };
}

/** `string`, `timestamp-millis`, `array`; something that is none of ours for any other type. */
function nameOf(type: unknown): string {
  if (typeof type === 'string') return type === 'timestamp-millis' || type === 'array' ? '' : type;
  const { type: base, items, logicalType } = (type ?? {}) as Record<string, unknown>;
  if (base === 'long' && logicalType === 'timestamp-millis') return logicalType;
  return base === 'array' && items === 'string' ? base : '';
}

function isNames(value: unknown): value is readonly string[] {
  return Array.isArray(value) && value.every((name) => typeof name === 'string');
}
