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

/** A copy along the path. What is not there, null or empty says nothing, and stays. Undefined takes the property away. */
function replaced(value: unknown, [name, ...rest]: readonly string[], by: (value: unknown) => unknown): unknown {
  if (name === undefined) return value === null || value === '' ? value : by(value);
  if (typeof value !== 'object' || value === null || Array.isArray(value) || !Object.hasOwn(value, name)) return value;
  const { [name]: inner, ...others } = value as Readonly<Record<string, unknown>>;
  const seen = replaced(inner, rest, by);
  return seen === undefined ? others : { ...others, [name]: seen };
}
