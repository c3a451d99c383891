import type { FieldType } from './field-value.ts';

/** PostgreSQL cuts longer names of columns, and two would then be one. */
const MAX_LENGTH = 63;
/** Debezium's sinks take a record with `op` for an envelope; `row_hash` is the key of rows without one. */
const RESERVED = new Set(['op', 'row_hash']);

/** The name of a row field for what is found under a path: snake_case, beginning with a letter. Not yet unique. */
export function fieldName(path: readonly string[], type: FieldType): string {
  const joined = path.map(snakeCase).filter(Boolean).join('_');
  const named = /^[a-z]/.test(joined) ? joined : `field${joined && '_'}${joined}`;
  const name = RESERVED.has(named) ? `item_${named}` : named;
  return type === 'json' ? withSuffix(name.replace(/_json$/, ''), '_json') : withSuffix(name, '');
}

/** The name, or else the first of `name_2`, `name_3` and so on that is free. */
export function freshName(name: string, used: ReadonlySet<string>): string {
  let fresh = name;
  for (let number = 2; used.has(fresh); number++) fresh = withSuffix(name, `_${number}`);
  return fresh;
}

function withSuffix(name: string, suffix: string): string {
  return name.slice(0, MAX_LENGTH - suffix.length).replace(/_+$/, '') + suffix;
}

function snakeCase(name: string): string {
  return name
    .normalize('NFKD')
    .replace(/\p{M}/gu, '')
    .replace(/([a-z0-9])([A-Z])/g, '$1_$2')
    .replace(/([A-Z])([A-Z][a-z])/g, '$1_$2')
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '_')
    .replace(/^_+|_+$/g, '');
}
