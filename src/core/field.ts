import { WorkerError } from './errors.ts';
import { type FieldType, readerFor } from './field-value.ts';
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
  /** For `json`: names of properties (or the last name of the path) whose arrays are sets, and come sorted. */
  readonly unordered?: readonly string[];
}

export interface ParameterField {
  readonly parameter: string;
  readonly field: string;
}

/** The parameters a slice is bound to: `{ workspace, user }`. */
export type Parameters = Readonly<Record<string, string>>;

export interface RowShape {
  readonly fields: readonly FieldMapping[];
  /** Names of row fields, in the order of the key schema. */
  readonly keyFields: readonly string[];
  /** The row field that says when the entity starts, of type `instant`. */
  readonly startField?: string | undefined;
}

export interface RowMapper {
  /** @throws {WorkerError} record `extract.no_key` */
  keyOf(item: unknown, parameters: Parameters): EntityKey;
  /**
   * Fields in the order of the mapping. What the item does not have is null, or empty where the field is a list.
   *
   * @throws {WorkerError} record `extract.wrong_type` naming path, expected and found type; `extract.no_key`
   */
  rowOf(item: unknown, parameters: Parameters): Row;
  /** Start of the entity in epoch ms, null where it has none. */
  startOf(row: Row): number | null;
  /** Dotted paths that the item has and the mapping does not know; a part that is mapped whole is known whole. */
  unknownFields(item: unknown): readonly string[];
}

type Getter = (item: Record<string, unknown>, parameters: Parameters) => RowValue;

const NAME = /^[A-Za-z_][A-Za-z0-9_]*$/;

/** @throws {WorkerError} config `mapping.invalid` where the shape contradicts itself */
export function compileMapping(shape: RowShape): RowMapper {
  const { fields, keyFields, startField } = shape;
  checkShape(shape);
  const names = fields.map(({ field }) => field);
  const getters = fields.map(compileField);
  const keyIndexes = keyFields.map((field) => names.indexOf(field));
  const makeRow = rowFactory(names);
  const known = knownPaths(fields);

  const keyOf = (item: unknown, parameters: Parameters): EntityKey => {
    const object = asItem(item);
    return keyIndexes.map((index) => {
      const value = keyValue(getters[index] as Getter, object, parameters);
      if (value === undefined) throw noKey(fields[index] as FieldMapping);
      return value;
    });
  };

  return {
    keyOf,
    rowOf(item, parameters) {
      keyOf(item, parameters);
      const object = asItem(item);
      return makeRow(getters.map((get) => get(object, parameters)));
    },
    startOf(row) {
      const start = startField === undefined ? null : row[startField];
      return typeof start === 'number' ? start : null;
    },
    unknownFields(item) {
      const found: string[] = [];
      collectUnknown(item, known, '', found);
      return found;
    },
  };
}

function checkShape({ fields, keyFields, startField }: RowShape): void {
  const names = new Set(fields.map(({ field }) => field));
  const fault =
    fields.find(({ field }) => !NAME.test(field) || field.startsWith('__'))?.field ??
    (names.size === fields.length ? undefined : 'a field that stands there twice') ??
    [...keyFields, ...(startField === undefined ? [] : [startField])].find((field) => !names.has(field)) ??
    fields.find((mapping) => 'path' in mapping && mapping.path.length === 0)?.field;
  if (fault !== undefined) throw new WorkerError('config', 'mapping.invalid', `the field mapping is wrong at ${fault}`);
}

/**
 * An object literal of the fields as code: rows then share one hidden class, which encodes in half the time of objects
 * that grow field by field (measured). The names were checked to be identifiers.
 */
function rowFactory(names: readonly string[]): (values: readonly RowValue[]) => Row {
  const body = names.map((name, index) => `${name}:v[${index}]`).join(',');
  return new Function('v', `return {${body}};`) as (values: readonly RowValue[]) => Row;
}

function compileField(mapping: FieldMapping): Getter {
  if ('parameter' in mapping) {
    const { parameter } = mapping;
    return (_item, parameters) => own(parameters, parameter) as string | undefined ?? null;
  }
  const read = readerFor(mapping.type, mapping.path.join('.'), mapping.unordered);
  const [first, second, ...rest] = mapping.path as [string, ...string[]];
  if (second === undefined) return (item) => read(own(item, first));
  const inner = [second, ...rest];
  return (item) => read(descend(own(item, first), inner, mapping.path));
}

/** Null and absence end the way down; anything else than an object on it is an error. */
function descend(start: unknown, names: readonly string[], path: readonly string[]): unknown {
  let value = start;
  for (const [index, name] of names.entries()) {
    if (value === undefined || value === null) return null;
    if (!isObject(value)) throw wrongType(path.slice(0, index + 1).join('.'), 'object', value);
    value = own(value, name);
  }
  return value;
}
