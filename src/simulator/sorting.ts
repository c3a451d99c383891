import type { ApiRequest } from './answer.ts';
import { enumOf } from './query.ts';

type Value = string | number | null;

/** How each column of a list orders its rows; the column without a `sort-column` is the first. */
export type Columns<R> = Readonly<Record<string, (row: R) => Value>>;

/** In the order that `sort-column` and `sort-order` ask for; equal rows by id, as nothing else is documented. */
export function sorted<R extends { readonly id: string }>(
  { query }: ApiRequest,
  rows: readonly R[],
  columns: Columns<R>,
): readonly R[] {
  const names = Object.keys(columns);
  const column = enumOf(query, 'sort-column', names) ?? (names[0] as string);
  const sign = enumOf(query, 'sort-order', ['ASCENDING', 'DESCENDING']) === 'DESCENDING' ? -1 : 1;
  const read = columns[column] as (row: R) => Value;
  return rows.toSorted((one, other) => sign * (compare(read(one), read(other)) || compare(one.id, other.id)));
}

/** Nulls first; texts by code unit, so that every machine gives the same order. */
function compare(one: Value, other: Value): number {
  if (one === other) return 0;
  if (one === null) return -1;
  if (other === null) return 1;
  return one < other ? -1 : 1;
}
