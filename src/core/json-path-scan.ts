import { TextFault } from './request-text-fault.ts';

/** One step of a JSON path, with its place in the text, counted from 1. */
export type PathPart =
  | { readonly kind: 'name'; readonly name: string; readonly position: number }
  | { readonly kind: 'index'; readonly index: number; readonly position: number }
  | { readonly kind: 'wildcard' | 'descent'; readonly position: number }
  /** A slice or a union, as it stands between the brackets. */
  | { readonly kind: 'several'; readonly text: string; readonly position: number };

interface Scan {
  readonly text: string;
  readonly at: number;
}

interface Scanned {
  readonly part: PathPart;
  readonly end: number;
}

/** @throws {TextFault} `path.invalid` */
export function scanPath(text: string): readonly PathPart[] {
  if (!text.startsWith('$')) throw fault('a path begins with $', 0, 'Write $ for the whole answer, $.name for a part.');
  const parts: PathPart[] = [];
  for (let at = 1; at < text.length; ) {
    const { part, end } = scanPart({ text, at });
    parts.push(part);
    at = end;
  }
  if (parts.at(-1)?.kind === 'descent') throw fault('a name is missing', text.length);
  return parts;
}

function scanPart({ text, at }: Scan): Scanned {
  if (text[at] === '[') return scanBracket({ text, at });
  if (text[at] !== '.') throw fault(`"${text[at]}" stands where . or [ is expected`, at, UNKNOWN_SIGN);
  if (text[at + 1] === '.') {
    if (text[at + 2] === '.') throw fault('a name is missing', at + 2);
    const bracket = text[at + 2] === '[';
    return { part: { kind: 'descent', position: at + 1 }, end: bracket ? at + 2 : at + 1 };
  }
  return scanName({ text, at: at + 1 });
}

const UNKNOWN_SIGN = "Names with other signs stand in brackets: ['first name'].";
const PLAIN_NAME = /[\p{L}\p{N}_$-]+/uy;

function scanName({ text, at }: Scan): Scanned {
  const position = at + 1;
  if (text[at] === '*') return { part: { kind: 'wildcard', position }, end: at + 1 };
  PLAIN_NAME.lastIndex = at;
  const name = PLAIN_NAME.exec(text)?.[0];
  if (name === undefined) throw fault('a name is missing', at, UNKNOWN_SIGN);
  return { part: { kind: 'name', name, position }, end: at + name.length };
}

const QUOTED = String.raw`'(?:\\.|[^'\\])*'|"(?:\\.|[^"\\])*"`;
const INSIDE: readonly [RegExp, (text: string, position: number) => PathPart][] = [
  [/\*\]/y, (_, position) => ({ kind: 'wildcard', position })],
  [/\d{1,9}\]/y, (text, position) => ({ kind: 'index', index: Number(text), position })],
  [new RegExp(`(?:${QUOTED})\\]`, 'y'), (text, position) => ({ kind: 'name', name: unquoted(text), position })],
  [/-?\d{0,9}:-?\d{0,9}(?::\d{1,9})?\]/y, (text, position) => ({ kind: 'several', text, position })],
  [/\d{1,9}(?:,\d{1,9})+\]/y, (text, position) => ({ kind: 'several', text, position })],
];

function scanBracket({ text, at }: Scan): Scanned {
  const inside = at + 1;
  for (const [pattern, make] of INSIDE) {
    pattern.lastIndex = inside;
    const found = pattern.exec(text)?.[0];
    if (found !== undefined) return { part: make(found.slice(0, -1), inside + 1), end: inside + found.length };
  }
  if (/^[?(]/.test(text.slice(inside))) {
    throw fault(
      'a filter or a script stands',
      inside,
      'Paths are never evaluated as code: take the list, and filter later.',
    );
  }
  throw fault('the bracket cannot be read', inside, "In brackets stands ['a name'], [0], [1:3], [0,2] or [*].");
}

function unquoted(quoted: string): string {
  return quoted.slice(1, -1).replaceAll(/\\(.)/g, '$1');
}

/** @param at counted from 0 */
function fault(what: string, at: number, hint?: string): TextFault {
  return new TextFault('path.invalid', `the path cannot be read: ${what}`, at + 1, hint);
}
