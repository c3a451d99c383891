import type { FieldMapping, ItemField } from './field.ts';
import { fieldName, freshName } from './infer-name.ts';

interface Keyed {
  readonly fields: readonly FieldMapping[];
  /** In the order of the paths. */
  readonly keyFields: readonly string[];
}

/**
 * Makes the values under some paths the key: their fields come first and are text, numbers as JSON writes them. A path
 * that no item has shown is added as a string. Idempotent.
 */
export function keyedFields(fields: readonly FieldMapping[], paths: readonly (readonly string[])[]): Keyed {
  const used = new Set(fields.map(({ field }) => field));
  const keys: ItemField[] = [];
  for (const path of paths) {
    if (keys.some((key) => isSamePath(key.path, path))) continue;
    const found = fields.find((mapping) => 'path' in mapping && isSamePath(mapping.path, path)) as
      | ItemField
      | undefined;
    const key = found === undefined ? missing(path, used) : asText(found);
    used.add(key.field);
    keys.push(key);
  }
  const keyFields = keys.map(({ field }) => field);
  return { fields: [...keys, ...fields.filter(({ field }) => !keyFields.includes(field))], keyFields };
}

function missing(path: readonly string[], used: ReadonlySet<string>): ItemField {
  return { path, field: freshName(fieldName(path, 'string'), used), type: 'string' };
}

function asText({ path, field, type }: ItemField): ItemField {
  const isString = type === 'string' || type === 'instant' || type === 'duration';
  return { path, field, type: isString ? 'string' : 'json' };
}

function isSamePath(a: readonly string[], b: readonly string[]): boolean {
  return a.length === b.length && a.every((name, index) => name === b[index]);
}
