import { type Fields, isFields } from './json-body.ts';

/** Sums of a report over the pieces of its range. What is no number is left for the mapping to refuse. */
export function addNumbers(one: unknown, other: unknown): unknown {
  if (one === undefined || one === null) return other;
  if (other === undefined || other === null) return one;
  return typeof one === 'number' && typeof other === 'number' ? one + other : Number.NaN;
}

/**
 * Lists of `{type, value, amountByCurrency}` or `{currency, amount}`, added by one of their fields, in the order of
 * their first occurrence.
 */
export function addMoney(one: unknown, other: unknown, by: string): unknown {
  if (!Array.isArray(one)) return other;
  if (!Array.isArray(other)) return one;
  const sums = new Map<unknown, unknown>();
  for (const item of [...one, ...other]) {
    const key = isFields(item) ? item[by] : item;
    const known = sums.get(key);
    sums.set(key, isFields(known) && isFields(item) ? addFields(known, item, by) : item);
  }
  return [...sums.values()];
}

function addFields(one: Fields, other: Fields, by: string): Fields {
  const names = new Set([...Object.keys(one), ...Object.keys(other)]);
  const add = (name: string): unknown => {
    if (name === by) return one[name];
    const inner = Array.isArray(one[name]) || Array.isArray(other[name]);
    return inner ? addMoney(one[name], other[name], 'currency') : addNumbers(one[name], other[name]);
  };
  return Object.fromEntries([...names].map((name) => [name, add(name)]));
}
