import { parseFieldPath } from './json-path.ts';
import { TextFault } from './request-text-fault.ts';

/**
 * Texts of a request with placeholders (`{workspace_id}`, `{projects.id}`) and times (`{now-7}`, `(now+1)`). They are
 * read once, at start; each request then only puts values in.
 *
 * A brace that begins no placeholder is text. What looks like one must be one: `{name}`, `{name.path}`, `{now-1}`.
 */
export type Segment =
  | { readonly kind: 'text'; readonly text: string }
  /** `name` as it stands between the braces; `position` of the brace, counted from 1. */
  | { readonly kind: 'value'; readonly name: string; readonly position: number }
  | { readonly kind: 'now'; readonly offset: number; readonly position: number };

/** `item` for the item itself, a step's name, or a parameter; the path below it. */
export interface PlaceholderName {
  readonly head: string;
  readonly path: readonly (string | number)[];
}

/** A body whose strings are segments; everything else stays as it is. */
export type BodyTemplate =
  | { readonly kind: 'segments'; readonly segments: readonly Segment[] }
  | { readonly kind: 'list'; readonly items: readonly BodyTemplate[] }
  | { readonly kind: 'map'; readonly entries: readonly (readonly [string, BodyTemplate])[] }
  | { readonly kind: 'literal'; readonly value: unknown };

/** What a request is made with. */
export interface Values {
  readonly value: (name: string) => unknown;
  /** A time as its format writes it; a number where it is one of seconds or milliseconds. */
  readonly now: (offset: number) => string | number;
}

const NOW = String.raw`\{now(?<braced>[+-]\d+)?\}|\(now(?<round>[+-]\d+)?\)`;
const BRACKET = String.raw`\[(?:\d+|'(?:\\.|[^'\\])*'|"(?:\\.|[^"\\])*")\]`;
const NAME = String.raw`\{(?<name>[\p{L}_][\p{L}\p{N}_-]*(?:\.[\p{L}\p{N}_$-]+|${BRACKET})*)\}`;
const PLACEHOLDER = new RegExp(`${NOW}|${NAME}|(?<broken>\\{now[+-][^{}]*\\}?)`, 'gu');

/**
 * @returns text and placeholders in turn; no text is empty, none follows another
 * @throws {WorkerError} config `placeholder.invalid`, with the position
 */
export function parseText(text: string): readonly Segment[] {
  const segments: Segment[] = [];
  let end = 0;
  for (const match of text.matchAll(PLACEHOLDER)) {
    if (match.index > end) segments.push({ kind: 'text', text: text.slice(end, match.index) });
    segments.push(placeholder(match));
    end = match.index + match[0].length;
  }
  if (end < text.length) segments.push({ kind: 'text', text: text.slice(end) });
  return segments;
}

function placeholder(match: RegExpExecArray): Segment {
  const position = match.index + 1;
  const { name, braced, round, broken } = match.groups ?? {};
  if (broken !== undefined) throw notWhole(position);
  if (name !== undefined && name !== 'now') return { kind: 'value', name, position };
  const offset = Number(braced ?? round ?? 0) + 0;
  if (!Number.isSafeInteger(offset)) throw notWhole(position);
  return { kind: 'now', offset, position };
}

function notWhole(position: number): TextFault {
  return new TextFault(
    'placeholder.invalid',
    'a time has no whole number',
    position,
    'Write {now}, {now-7} or {now+1}; time_unit says of what.',
  );
}

/** Names of the placeholders, each once, in the order of the text. */
export function namesIn(segments: readonly Segment[]): readonly string[] {
  const names = segments.flatMap((segment) => (segment.kind === 'value' ? [segment.name] : []));
  return [...new Set(names)];
}

/** `projects.owner.id` is the head `projects` and the path below it. */
export function splitName(name: string): PlaceholderName {
  const cut = name.search(/[.[]/);
  if (cut === -1) return { head: name, path: [] };
  return { head: name.slice(0, cut), path: parseFieldPath(`$${name.slice(cut)}`) };
}

/**
 * A body as the configuration gives it: a map or list, or JSON text, where a placeholder may stand unquoted too.
 *
 * @throws {WorkerError} config `body.invalid` for text that is no JSON; `placeholder.invalid`
 */
export function parseBody(value: unknown): BodyTemplate {
  return templateOf(typeof value === 'string' ? parseJsonText(value) : value);
}

function templateOf(value: unknown): BodyTemplate {
  if (typeof value === 'string') return { kind: 'segments', segments: parseText(value) };
  if (Array.isArray(value)) return { kind: 'list', items: value.map(templateOf) };
  if (typeof value !== 'object' || value === null) return { kind: 'literal', value };
  return { kind: 'map', entries: Object.entries(value).map(([name, member]) => [name, templateOf(member)] as const) };
}

const QUOTED_OR_PLACEHOLDER = new RegExp(String.raw`"(?:\\.|[^"\\])*"|${PLACEHOLDER.source}`, 'gu');

function parseJsonText(text: string): unknown {
  const quoted = text.replaceAll(QUOTED_OR_PLACEHOLDER, (found) =>
    found.startsWith('"') ? found : JSON.stringify(found),
  );
  try {
    return JSON.parse(quoted) as unknown;
  } catch {
    throw new TextFault('body.invalid', 'the body is no JSON', 1, 'Write it as a map, or as JSON text in quotes.');
  }
}

/** Every list of segments of a body with its dotted path, in order. */
export function segmentsIn(template: BodyTemplate, path = ''): readonly (readonly [string, readonly Segment[]])[] {
  const below = (name: string, inner: BodyTemplate) => segmentsIn(inner, path === '' ? name : `${path}.${name}`);
  switch (template.kind) {
    case 'segments':
      return [[path, template.segments]];
    case 'list':
      return template.items.flatMap((item, index) => below(String(index), item));
    case 'map':
      return template.entries.flatMap(([name, member]) => below(name, member));
    case 'literal':
      return [];
  }
}

/** `write` puts a value into the text around it. */
export function renderText(
  segments: readonly Segment[],
  values: Values,
  write: (value: unknown, segment: Exclude<Segment, { kind: 'text' }>) => string,
): string {
  return segments
    .map((segment) => (segment.kind === 'text' ? segment.text : write(put(segment, values), segment)))
    .join('');
}

/** A string that is one placeholder and nothing else becomes the value itself, a number for instance. */
export function renderBody(
  template: BodyTemplate,
  values: Values,
  write: (value: unknown, segment: Exclude<Segment, { kind: 'text' }>) => string,
): unknown {
  switch (template.kind) {
    case 'segments': {
      const [first, ...others] = template.segments;
      const alone = first !== undefined && first.kind !== 'text' && others.length === 0;
      return alone ? put(first, values) : renderText(template.segments, values, write);
    }
    case 'list':
      return template.items.map((item) => renderBody(item, values, write));
    case 'map':
      return Object.fromEntries(template.entries.map(([name, member]) => [name, renderBody(member, values, write)]));
    case 'literal':
      return template.value;
  }
}

function put(segment: Exclude<Segment, { kind: 'text' }>, values: Values): unknown {
  return segment.kind === 'now' ? values.now(segment.offset) : values.value(segment.name);
}
