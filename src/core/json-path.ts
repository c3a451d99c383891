import { type PathPart, scanPath } from './json-path-scan.ts';
import { TextFault } from './request-text-fault.ts';

/**
 * JSON paths of the configuration. A field path names one value and is compiled to plain property reads; a data path
 * may name many, and only what is beyond such reads is left to a library.
 */

/** Names and indexes, outermost first; none is the item itself. */
export type FieldPath = readonly (string | number)[];

/**
 * `$.a.b`, `$['x y'][0]`.
 *
 * @throws {WorkerError} config `path.invalid`, with the position of the fault
 */
export function parseFieldPath(text: string): FieldPath {
  return scanPath(text).map((part) => {
    const key = keyOf(part);
    if (key !== undefined) return key;
    const hint = 'A field path has names and indexes only: $.a.b, $.list[0].';
    throw new TextFault('path.invalid', 'the path names more than one value', part.position, hint);
  });
}

/** Reads own properties of objects and items of arrays only; undefined where nothing is. */
export function compileFieldPath(path: FieldPath): (item: unknown) => unknown {
  let read = (item: unknown): unknown => item;
  for (const key of path) {
    const outer = read;
    read = typeof key === 'number' ? (item) => itemAt(outer(item), key) : (item) => memberOf(outer(item), key);
  }
  return read;
}

/** A data path, cut where it begins to name more than one value. */
export interface DataPath {
  readonly definite: FieldPath;
  /** What follows, from `$` on, in a form that jsonpath-plus reads without scripts; undefined where nothing does. */
  readonly rest: string | undefined;
  /** It ends in `[*]`: the items of a list are meant. Not part of the two others. */
  readonly each: boolean;
}

/** @throws {WorkerError} config `path.invalid`, with the position of the fault */
export function parseDataPath(text: string): DataPath {
  const parts = scanPath(text);
  const each = text.endsWith('[*]') && parts.at(-2)?.kind !== 'descent';
  const inner = each ? parts.slice(0, -1) : parts;
  const cut = inner.findIndex((part) => keyOf(part) === undefined);
  const definite = (cut === -1 ? inner : inner.slice(0, cut)).map((part) => keyOf(part) as string | number);
  const rest = cut === -1 ? undefined : `$${inner.slice(cut).map(libraryText).join('')}`;
  return { definite, rest, each };
}

/** Nothing but scripts and filters is missing. Errors as `parseDataPath`. */
export function checkDataPath(text: string): void {
  parseDataPath(text);
}

function keyOf(part: PathPart): string | number | undefined {
  if (part.kind === 'name') return part.name;
  return part.kind === 'index' ? part.index : undefined;
}

/** Other names mean something else to jsonpath-plus, whatever the quotes around them (tried with 11.3.0). */
const SAFE_NAME = /^[\p{L}_][\p{L}\p{N}_ -]*$/u;

function libraryText(part: PathPart, index: number, parts: readonly PathPart[]): string {
  const after = parts[index - 1]?.kind === 'descent';
  switch (part.kind) {
    case 'descent':
      return '..';
    case 'wildcard':
      return after ? '*' : '[*]';
    case 'several':
      return `[${part.text}]`;
    case 'index':
      return `[${part.index}]`;
    case 'name':
      if (SAFE_NAME.test(part.name)) return after ? part.name : `['${part.name}']`;
      throw new TextFault(
        'path.invalid',
        'a name of this kind cannot follow a part that names more than one value',
        part.position,
        'After *, .. or a slice a name has letters, digits, spaces, - and _ only.',
      );
  }
}

function memberOf(value: unknown, name: string): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return undefined;
  return Object.hasOwn(value, name) ? (value as Record<string, unknown>)[name] : undefined;
}

function itemAt(value: unknown, index: number): unknown {
  return Array.isArray(value) ? value[index] : undefined;
}
