import type { Fault } from './drift.ts';
import { WorkerError } from './errors.ts';
import { faultsIn } from './faults.ts';
import { type FieldType, valueReader, wrongType } from './field-value.ts';
import { type Item, isItem, own } from './item.ts';
import { compileItemShape, type ItemShape } from './item-shape.ts';
import type { EntityKey, Row, RowValue } from './record.ts';

/**
 * From an item of an answer to a row: the mapping as data, and its compiler. Nothing of a value but its type ever
 * stands in an error (P7).
 */

/** One field of the row: where it is found in the item, or which parameter of the slice gives it. */
export type FieldMapping = ItemField | ParameterField;

export interface ItemField {
  readonly path: readonly string[];
  readonly field: string;
  readonly type: FieldType;
  /** For `json`: names of properties (the last one of `path` included) whose arrays are sets, and come sorted. */
  readonly unordered?: readonly string[];
}

interface ParameterField {
  readonly parameter: string;
  readonly field: string;
}

/** What a slice is bound to: `{ workspace, user }`. */
export type Parameters = Readonly<Record<string, string>>;

export interface RowShape {
  readonly fields: readonly FieldMapping[];
  /** Names of row fields, in the order of the key schema. */
  readonly keyFields: readonly string[];
  /** The row field that says when the entity starts, of type `instant`. */
  readonly startField?: string | undefined;
}

export interface RowMapper {
  /** @throws {WorkerError} record `extract.no_key`, `extract.wrong_type` */
  keyOf(item: unknown, parameters: Parameters): EntityKey;
  /**
   * Fields in the order of the mapping. What the item does not have is null, or empty where the field is a list.
   *
   * @throws {WorkerError} record `extract.wrong_type` naming path, expected and found type; `extract.no_key`
   */
  rowOf(item: unknown, parameters: Parameters): Row;
  /** Start of the entity in epoch ms, null where it has none. */
  startOf(row: Row): number | null;
  /**
   * Dotted paths that the item has and the mapping does not know. What is mapped as a whole is known as a whole; null
   * and what is empty have no type that a field could get, and are not told of.
   */
  unknownFields(item: unknown): readonly string[];
  readonly shape: ItemShape;
  /** All that keeps an item from being a row, where `rowOf` throws at the first of it: each path once. */
  faults(item: unknown): readonly Fault[];
}

type Getter = (item: Item, parameters: Parameters) => RowValue;

/** @throws {WorkerError} config `mapping.invalid` where the shape contradicts itself */
export function compileMapping(shape: RowShape): RowMapper {
  checkShape(shape);
  const { fields, keyFields, startField } = shape;
  const getters = fields.map((mapping) => ({ field: mapping.field, get: compileField(mapping) }));
  const keyParts = keyFields.map((name) => {
    const mapping = fields.find(({ field }) => field === name) as FieldMapping;
    return { get: compileField(mapping), path: pathText(mapping) };
  });
  const itemFields = fields.filter((mapping) => 'path' in mapping);
  const itemShape = compileItemShape(itemFields);
  const readings = itemFields.map((mapping) => {
    return { path: mapping.path, get: compileField(mapping), isKey: keyFields.includes(mapping.field) };
  });

  const keyOf = (item: unknown, parameters: Parameters): EntityKey =>
    keyParts.map(({ get, path }) => {
      const value = get(asItem(item), parameters);
      if (typeof value !== 'string' || value === '') throw noKey(path);
      return value;
    });

  const rowOf = (item: unknown, parameters: Parameters): Row => {
    const object = asItem(item);
    keyOf(object, parameters);
    const row: Record<string, RowValue> = {};
    for (const { field, get } of getters) row[field] = get(object, parameters);
    return row;
  };

  const startOf = (row: Row): number | null => {
    const start = startField === undefined ? null : row[startField];
    return typeof start === 'number' ? start : null;
  };

  return {
    keyOf,
    rowOf,
    startOf,
    shape: itemShape,
    unknownFields: (item) => [...itemShape.tally([item]).unknown.keys()],
    faults: (item) => faultsIn(item, readings),
  };
}

const NAME = /^[A-Za-z_][A-Za-z0-9_]*$/;

function checkShape({ fields, keyFields, startField }: RowShape): void {
  const names = fields.map(({ field }) => field);
  const used = startField === undefined ? keyFields : [...keyFields, startField];
  const fault =
    names.find((name) => !NAME.test(name) || name.startsWith('__')) ??
    names.find((name, index) => names.indexOf(name) !== index) ??
    used.find((name) => !names.includes(name)) ??
    fields.find((mapping) => 'path' in mapping && mapping.path.length === 0)?.field;
  if (fault === undefined) return;
  throw new WorkerError('config', 'mapping.invalid', `the field mapping is wrong at "${fault}"`);
}

function compileField(mapping: FieldMapping): Getter {
  if ('parameter' in mapping) {
    const { parameter } = mapping;
    return (_item, parameters) => (own(parameters, parameter) as string | undefined) ?? null;
  }
  const { path } = mapping;
  const read = valueReader(mapping.type, path, mapping.unordered);
  const [first, ...inner] = path as [string, ...string[]];
  if (inner.length === 0) return (item) => read(own(item, first));
  return (item) => read(descend(own(item, first), path));
}

/** Null and absence end the way down; anything but an object on it is an error. */
function descend(start: unknown, path: readonly string[]): unknown {
  let value = start;
  for (let i = 1; i < path.length; i++) {
    if (value === undefined || value === null) return null;
    if (!isItem(value)) throw wrongType(path.slice(0, i).join('.'), 'object', value);
    value = own(value, path[i] as string);
  }
  return value;
}

function asItem(item: unknown): Item {
  if (!isItem(item)) throw wrongType('the item', 'object', item);
  return item;
}

function pathText(mapping: FieldMapping): string {
  return 'path' in mapping ? mapping.path.join('.') : `parameter ${mapping.parameter}`;
}

function noKey(path: string): WorkerError {
  return new WorkerError('record', 'extract.no_key', `${path} is part of the key and is missing or empty`);
}
