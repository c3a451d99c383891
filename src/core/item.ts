/** An item of an answer, or an object within it: names from outside, values of any kind. */
export type Item = Readonly<Record<string, unknown>>;

export function isItem(value: unknown): value is Item {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Never what an object inherits: items come from outside, and so may the paths. */
export function own(object: Item, name: string): unknown {
  return Object.hasOwn(object, name) ? object[name] : undefined;
}
