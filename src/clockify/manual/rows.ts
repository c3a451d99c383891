import { JSONPath } from 'jsonpath-plus';
import { WorkerError } from '../../core/errors.ts';
import { canonicalJson } from '../../core/field-json.ts';
import { typeName } from '../../core/field-value.ts';
import { compileFieldPath, type FieldPath, parseDataPath, parseFieldPath } from '../../core/json-path.ts';

/**
 * From a parsed answer to its rows: the data path says where they are, the metadata path what is merged into each.
 * Errors name keys of the answer, never values.
 *
 * - An object is one row, an array one row an element; an element that is no object becomes `{ value }`.
 * - A trailing `[*]` means a list that must be there. On an object it is that object: take `.*` for its values.
 * - Without it, a last name that is missing, or null, in an object that is there means no rows.
 */
export type RowReader = (json: unknown) => readonly unknown[];

/** As `compileRows`, for one answer. */
export function extractRows(
  json: unknown,
  dataPath: string,
  metadataPath?: string,
  prefix: string = DEFAULT_PREFIX,
): readonly unknown[] {
  return compileRows(dataPath, metadataPath, prefix)(json);
}

const DEFAULT_PREFIX = 'meta_';

/**
 * @throws {WorkerError} config `path.invalid`; from the reader config `path.nothing_there` with the keys that are
 *   there, `path.no_rows`, `path.too_deep`, `metadata.collides`
 */
export function compileRows(dataPath: string, metadataPath: string | undefined, prefix: string): RowReader {
  const rowsOf = compileData(dataPath);
  if (metadataPath === undefined) return rowsOf;
  const metadataOf = compileMetadata(metadataPath, prefix);
  return (json) => {
    const metadata = metadataOf(json);
    const names = Object.keys(metadata);
    return rowsOf(json).map((row) => merge(row as object, metadata, names));
  };
}

function compileData(text: string): RowReader {
  const { definite, rest, each } = parseDataPath(text);
  const read = compileFieldPath(definite);
  return (json) => {
    const found = read(json);
    if (found === undefined || found === null) return nothingAt(json, definite, each || rest !== undefined);
    if (rest === undefined) return rowsAt(found, definite);
    return matches(found, rest, text)
      .flatMap((match) => (isEmpty(match) ? [] : Array.isArray(match) ? match : [match]))
      .map(asRow);
  };
}

function isEmpty(match: unknown): boolean {
  return match === undefined || match === null;
}

function rowsAt(found: unknown, path: FieldPath): readonly unknown[] {
  if (Array.isArray(found)) return found.map(asRow);
  if (typeof found === 'object') return [found];
  throw new WorkerError(
    'config',
    'path.no_rows',
    `at ${pathText(path)} is a ${typeName(found)}, no object and no list`,
    {
      hint: 'data_path names the list or the object that is data.',
    },
  );
}

/** Scripts are off: no evaluator of them is a sandbox. */
function matches(json: unknown, path: string, text: string): readonly unknown[] {
  if (typeof json !== 'object' || json === null) return [];
  try {
    return JSONPath({ path, json, eval: false, wrap: true }) as readonly unknown[];
  } catch {
    // No cause: it could quote the answer (P7). Only depth makes it fail, for the path was read before.
    throw new WorkerError('config', 'path.too_deep', `the answer is nested too deeply for ${text}`);
  }
}

function asRow(item: unknown): unknown {
  return typeof item === 'object' && item !== null && !Array.isArray(item) ? item : { value: item };
}

/** Nothing is an empty list only where its place is there: an object that lacks the last name, or has null for it. */
function nothingAt(json: unknown, path: FieldPath, mustBeThere: boolean): readonly never[] {
  const last = path.at(-1);
  const parent = compileFieldPath(path.slice(0, -1))(json);
  const place = typeof last === 'number' ? Array.isArray(parent) : isObject(parent);
  if (last !== undefined && place && !mustBeThere) return [];
  throw nothingThere(json, path);
}

function nothingThere(json: unknown, path: FieldPath): WorkerError {
  const known = path.findIndex((_, index) => isEmpty(compileFieldPath(path.slice(0, index + 1))(json)));
  const deepest = path.slice(0, Math.max(0, known));
  const value = compileFieldPath(deepest)(json);
  return new WorkerError(
    'config',
    'path.nothing_there',
    `the answer has nothing at ${pathText(path)}; ${pathText(deepest)} ${describe(value)}`,
    { hint: 'Choose a path that is there. Without [*] at its end, a missing last name means an empty list.' },
  );
}

const MAX_KEYS = 20;
const MAX_KEY_LENGTH = 40;

function describe(value: unknown): string {
  if (!isObject(value)) return Array.isArray(value) ? `is a list of ${value.length}` : `is a ${typeName(value)}`;
  const keys = Object.keys(value);
  if (keys.length === 0) return 'is an object without keys';
  const shown = keys.slice(0, MAX_KEYS).map((key) => JSON.stringify(key.slice(0, MAX_KEY_LENGTH)));
  return `has ${shown.join(', ')}${keys.length > MAX_KEYS ? ` and ${keys.length - MAX_KEYS} more` : ''}`;
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function pathText(path: FieldPath): string {
  return `$${path.map((key) => (typeof key === 'number' ? `[${key}]` : nameText(key))).join('')}`;
}

function nameText(name: string): string {
  return /^[\p{L}_][\p{L}\p{N}_-]*$/u.test(name) ? `.${name}` : `['${name}']`;
}

type Metadata = Readonly<Record<string, unknown>>;

function compileMetadata(text: string, prefix: string): (json: unknown) => Metadata {
  const path = parseFieldPath(text);
  const read = compileFieldPath(path);
  const own = path.findLast((key) => typeof key === 'string') ?? 'value';
  return (json) => {
    const found = read(json);
    if (isEmpty(found)) return nothingAt(json, path, false) && {};
    const members: readonly (readonly [string, unknown])[] = isObject(found) ? Object.entries(found) : [[own, found]];
    return Object.fromEntries(
      members.map(([name, value]) => [prefix + name, Array.isArray(value) ? jsonOf(value) : value]),
    );
  };
}

/** Keys sorted: their order means nothing, and must not look like a change. */
function jsonOf(list: readonly unknown[]): string {
  const json = canonicalJson(list);
  if (json !== undefined) return json;
  throw new WorkerError('config', 'path.too_deep', 'a list in the metadata is nested too deeply');
}

function merge(row: object, metadata: Metadata, names: readonly string[]): object {
  const taken = names.find((name) => Object.hasOwn(row, name));
  if (taken === undefined) return { ...row, ...metadata };
  throw new WorkerError(
    'config',
    'metadata.collides',
    `the rows have a field ${JSON.stringify(taken.slice(0, MAX_KEY_LENGTH))} already, which metadata would overwrite`,
    { hint: 'Choose another metadata_prefix.' },
  );
}
