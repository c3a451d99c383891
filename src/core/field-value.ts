import { durationSeconds } from './duration.ts';
import { WorkerError } from './errors.ts';
import { canonicalJson } from './field-json.ts';
import type { RowValue } from './record.ts';

/**
 * - `long`: a whole number that the encoder writes exactly, from −2^52 to 2^53 − 2.
 * - `instant`: ISO 8601 with a zone, as epoch ms. `duration`: ISO 8601, as whole seconds.
 * - `strings`, `string-set`: a list, empty where absent; a set comes sorted, since its order differs between answers
 *   (observed 2026-03: a workspace's features).
 * - `json`: anything, as canonical text.
 */
export type FieldType =
  | 'string'
  | 'boolean'
  | 'long'
  | 'double'
  | 'instant'
  | 'duration'
  | 'strings'
  | 'string-set'
  | 'json';

export type ValueReader = (value: unknown) => RowValue;

/**
 * The reader of one field. It throws {@link wrongType} for `path`; null and absence are null, or an empty list.
 *
 * @param unordered for `json`: see `canonicalJson`
 */
export function valueReader(type: FieldType, path: readonly string[], unordered: readonly string[] = []): ValueReader {
  const name = path.join('.');
  if (type === 'strings') return (value) => strings(value, name);
  if (type === 'string-set') return (value) => strings(value, name).toSorted();
  const read = type === 'json' ? jsonReader(path, unordered) : SCALARS[type];
  return (value) => {
    if (value === undefined || value === null) return null;
    const result = read(value);
    if (result === undefined) throw wrongType(name, EXPECTED[type], value);
    return result;
  };
}

/** The type of a value as an error message names it; never the value. */
export function typeName(value: unknown): string {
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'array';
  if (typeof value !== 'number') return typeof value;
  if (!Number.isFinite(value)) return 'number that is not finite';
  if (!Number.isInteger(value)) return 'fraction';
  return isLong(value) ? 'whole number' : 'whole number too large';
}

/** A value that a field cannot take. */
export class WrongTypeError extends WorkerError {
  /** Dotted, without the place in a list: `tags[]`. */
  readonly path: string;
  readonly expected: string;
  readonly found: string;

  /** @param place where it is in this one item: `tags[3]` */
  constructor(path: string, expected: string, found: string, place: string) {
    super('record', 'extract.wrong_type', `${place} should be ${expected} and is ${found}`);
    this.path = path;
    this.expected = expected;
    this.found = found;
  }
}

export function wrongType(path: string, expected: string, value: unknown, place: string = path): WrongTypeError {
  const found = typeName(value);
  const detail = found === 'string' && expected.startsWith('ISO') ? 'another string' : found;
  return new WrongTypeError(path, expected, detail, place);
}

/** What a field of this type takes, as an error message names it. */
export function expectedOf(type: FieldType): string {
  return type === 'strings' || type === 'string-set' ? STRINGS : EXPECTED[type];
}

const STRINGS = 'list of strings';

type Scalar = Exclude<FieldType, 'strings' | 'string-set'>;

const EXPECTED: Readonly<Record<Scalar, string>> = {
  string: 'string',
  boolean: 'boolean',
  long: 'whole number',
  double: 'number',
  instant: 'ISO 8601 date and time with a zone',
  duration: 'ISO 8601 duration',
  json: 'JSON value of at most 100 levels',
};

/** Each gives undefined for what it cannot take. `+ 0` makes one zero of the two. */
const SCALARS: Readonly<Record<Exclude<Scalar, 'json'>, (value: unknown) => RowValue | undefined>> = {
  string: (value) => (typeof value === 'string' ? value.toWellFormed() : undefined),
  boolean: (value) => (typeof value === 'boolean' ? value : undefined),
  long: (value) => (isLong(value) ? value + 0 : undefined),
  double: (value) => (typeof value === 'number' && Number.isFinite(value) ? value + 0 : undefined),
  instant: (value) => (typeof value === 'string' ? instantMs(value) : undefined),
  duration: (value) => (typeof value === 'string' ? wholeSeconds(value) : undefined),
};

/** A whole number that the encoder writes exactly. */
export function isLong(value: unknown): value is number {
  return Number.isInteger(value) && (value as number) >= -(2 ** 52) && (value as number) < Number.MAX_SAFE_INTEGER;
}

function wholeSeconds(iso: string): number | undefined {
  const seconds = durationSeconds(iso);
  return isLong(seconds) ? seconds : undefined;
}

const INSTANT = /^(\d{4})-(\d\d)-(\d\d)T\d\d:\d\d:\d\d(?:\.\d{1,9})?(?:Z|[+-]\d\d:\d\d)$/;

/**
 * Epoch ms of an ISO 8601 date and time with a zone, undefined for any other text. `Date.parse` takes more than ISO 8601,
 * and the 31st of any month: hence the pattern, and the check of the day.
 */
export function instantMs(iso: string): number | undefined {
  const match = INSTANT.exec(iso);
  if (match === null) return undefined;
  const day = Number(match[3]);
  if (day > 28 && day > daysInMonth(Number(match[1]), Number(match[2]))) return undefined;
  const ms = Date.parse(iso);
  return Number.isNaN(ms) ? undefined : ms;
}

function daysInMonth(year: number, month: number): number {
  if (month === 2) return (year % 4 === 0 && year % 100 !== 0) || year % 400 === 0 ? 29 : 28;
  return [4, 6, 9, 11].includes(month) ? 30 : 31;
}

function strings(value: unknown, path: string): string[] {
  if (value === undefined || value === null) return [];
  if (!Array.isArray(value)) throw wrongType(path, STRINGS, value);
  return value.map((item, index) => {
    if (typeof item !== 'string') throw wrongType(`${path}[]`, 'string', item, `${path}[${index}]`);
    return item.toWellFormed();
  });
}

function jsonReader(path: readonly string[], unordered: readonly string[]): (value: unknown) => string | undefined {
  const name = path.at(-1);
  return (value) => canonicalJson(value, unordered, name);
}
