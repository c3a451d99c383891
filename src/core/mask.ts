import { canonicalJson } from './field-json.ts';

/**
 * What of an item nobody downstream may see. It is put out of sight before the item becomes a row, so that topic, state
 * and dead letters alike never have it.
 */

/**
 * `drop`: as if it were not there. `hash`: keyed, the same text for the same value everywhere. `redact`: a fixed text.
 *
 * @internal
 */
export type MaskHow = 'drop' | 'hash' | 'redact';

export interface MaskRule {
  /** Names of properties, outermost first. */
  readonly path: readonly string[];
  readonly how: MaskHow;
}

/** An item as others may see it; the given one stays as it is. */
export type Mask = (item: unknown) => unknown;

/** @internal */
export const REDACTED = '[redacted]';

/** @param hash keyed, of text */
export function compileMask(rules: readonly MaskRule[], hash: (text: string) => string): Mask {
  const conceal = { drop: () => undefined, hash: (value: unknown) => hash(textOf(value)), redact: () => REDACTED };
  return (item) => rules.reduce((seen, { path, how }) => replaced(seen, path, conceal[how]), item);
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : (canonicalJson(value) ?? '');
}

/** Lists within lists, as deep as a path goes into them: an answer can be nested deeper than the stack. */
const MOST_LISTS = 8;

/**
 * A copy along the path, into each member where a list is on it: what was an object yesterday may be a list of them today.
 * What is not there, null or empty says nothing, and stays. Undefined takes the property away. What lies in more lists than
 * `MOST_LISTS` is taken away whole.
 */
function replaced(value: unknown, path: readonly string[], by: (value: unknown) => unknown, lists = 0): unknown {
  const [name, ...rest] = path;
  if (name === undefined) return value === null || value === '' ? value : by(value);
  if (Array.isArray(value))
    return lists === MOST_LISTS ? [] : value.map((member) => replaced(member, path, by, lists + 1));
  if (typeof value !== 'object' || value === null || !Object.hasOwn(value, name)) return value;
  const { [name]: inner, ...others } = value as Readonly<Record<string, unknown>>;
  const seen = replaced(inner, rest, by, lists);
  return seen === undefined ? others : { ...others, [name]: seen };
}
