/**
 * Strict formats for one value each. The file is read with every scalar as text and the environment is text anyway, so
 * each format reads text, says what it wants, and never guesses: `42abc`, `1e3` or `no` are refused, not rounded.
 */

import { suggestion } from './suggest.ts';

/** What an editor's JSON Schema says of the value. */
export type JsonSchema = Readonly<Record<string, unknown>>;

export interface Refusal {
  /** May quote the value. */
  readonly message: string;
  /** What would be right. Never quotes the value. */
  readonly hint: string;
  /** Of the item, where one item of a list is refused. */
  readonly index?: number | undefined;
  /** Of the character, from 1, where one character of the text is at fault. */
  readonly position?: number | undefined;
}

export type Reading<T> =
  | { readonly value: T; readonly refusal?: undefined }
  | { readonly value?: undefined; readonly refusal: Refusal };

export interface Format<T> {
  /** `a duration`: stands in for the message where the value must not be shown. */
  readonly what: string;
  readonly schema: JsonSchema;
  /** A list is read only by a format of lists. */
  readonly list?: boolean;
  read(value: unknown): Reading<T>;
}

export function accept<T>(value: T): Reading<T> {
  return { value };
}

export function refuse<T>(message: string, hint: string): Reading<T> {
  return { refusal: { message, hint } };
}

/** A value as it may stand in a message: quoted and short. */
export function quote(text: string): string {
  return JSON.stringify(text.length > 60 ? `${text.slice(0, 57)}...` : text);
}

/** A format of one scalar; `parse` sees text that is neither empty nor `null`. */
export function scalar<T>(what: string, schema: JsonSchema, parse: (text: string) => Reading<T>): Format<T> {
  return {
    what,
    schema,
    read(value) {
      if (value === undefined) return refuse('is missing', `Give ${what}.`);
      if (typeof value !== 'string') {
        return refuse(`is ${Array.isArray(value) ? 'a list' : 'a map'} and should be ${what}`, `Give ${what}.`);
      }
      if (isEmpty(value)) return refuse('is empty', `Give ${what}, or leave the key out where it has a default.`);
      return parse(value);
    },
  };
}

function isEmpty(text: string): boolean {
  return ['', '~', 'null'].includes(text.trim());
}

/** Text that matches; `shape` says in words what the pattern wants. */
export function matching(what: string, pattern: RegExp, shape: string): Format<string> {
  return scalar(what, { type: 'string', pattern: pattern.source }, (text) =>
    pattern.test(text) ? accept(text) : refuse(`${quote(text)} is not ${what}`, shape),
  );
}

/** Text of which nothing may be shown. */
export function secret(what: string): Format<string> {
  return scalar(what, { type: 'string', minLength: 1 }, (text) =>
    /^[\x21-\x7e]+$/.test(text)
      ? accept(text)
      : refuse(`has characters that ${what} cannot have`, 'Printable ASCII without white space.'),
  );
}

/** Where a short one could be guessed. */
export function atLeast(length: number, format: Format<string>): Format<string> {
  return {
    ...format,
    read(value) {
      const reading = format.read(value);
      if (reading.value === undefined || reading.value.length >= length) return reading;
      return refuse(`is shorter than ${length} characters`, `Give ${format.what}.`);
    },
  };
}

export function choice<const T extends string>(what: string, values: readonly T[]): Format<T> {
  return scalar(what, { enum: values }, (text) => {
    const found = values.find((value) => value === text);
    return found === undefined ? refuse(`${quote(text)} is not ${what}`, suggestion(text, values)) : accept(found);
  });
}

export const flag: Format<boolean> = scalar('true or false', { type: 'boolean' }, (text) => {
  if (text === 'true') return accept(true);
  return text === 'false' ? accept(false) : refuse(`${quote(text)} is not true or false`, 'Exactly true or false.');
});

export function integer(minimum: number, maximum: number): Format<number> {
  const what = `a whole number from ${minimum} to ${maximum}`;
  return scalar(what, { type: 'integer', minimum, maximum }, (text) => {
    const value = /^-?\d{1,15}$/.test(text) ? Number(text) : Number.NaN;
    return value >= minimum && value <= maximum
      ? accept(value)
      : refuse(`${quote(text)} is not ${what}`, 'Digits only, without a unit.');
  });
}

/** A part of a whole, as `0.2`. */
export const share: Format<number> = scalar(
  'a number from 0 to 1',
  { type: 'number', minimum: 0, maximum: 1 },
  (text) => {
    const value = /^\d(\.\d{1,9})?$/.test(text) ? Number(text) : Number.NaN;
    return value <= 1 ? accept(value) : refuse(`${quote(text)} is not a number from 0 to 1`, 'A share, such as 0.2.');
  },
);

/** Items from a YAML list, or from one text with commas between them (that is how a variable gives a list). */
export function listOf<T>(what: string, item: Format<T>, most = 1000): Format<readonly T[]> {
  const schema = { anyOf: [item.schema, { type: 'array', items: item.schema, maxItems: most }] };
  return {
    what,
    schema,
    list: true,
    read(value) {
      if (value === undefined) return refuse('is missing', `Give ${what}.`);
      const items = typeof value === 'string' ? value.split(',').map((part) => part.trim()) : value;
      if (!Array.isArray(items)) return refuse(`is a map and should be ${what}`, `Give ${what}.`);
      if (items.length > most) return refuse(`has ${items.length} items`, `At most ${most}.`);
      return readAll(items, item);
    },
  };
}

function readAll<T>(items: readonly unknown[], item: Format<T>): Reading<readonly T[]> {
  const values = new Set<T>();
  for (const [index, raw] of items.entries()) {
    const reading = item.read(raw);
    if (reading.refusal !== undefined) return { refusal: { ...reading.refusal, index } };
    values.add(reading.value);
  }
  return accept([...values]);
}

export const NAME = /^[a-z0-9][a-z0-9-]{0,62}$/;
export const NAME_HINT = 'Up to 63 of a-z, 0-9 and "-", not starting with "-".';

/** What a credential or a source is called. */
export const identity: Format<string> = matching('a name', NAME, NAME_HINT);
