import { compileMapping, type FieldMapping, type Parameters, type RowMapper } from './field.ts';
import { canonicalJson } from './field-json.ts';
import type { Row } from './record.ts';

/** The only field of the key, and the first of the row, where the key is the hash of the row. */
export const ROW_HASH = 'row_hash';

/**
 * A mapper for rows that nothing identifies but what they are: a change is then a delete and a create. Fields that are
 * null or empty are no part of the hash, so that a field added later leaves the keys as they are.
 *
 * @param fields without one that is named `row_hash`
 * @param digest of text, at least 32 hex digits of a cryptographic hash
 * @returns a mapper whose `keyOf` throws what `rowOf` throws: record `extract.wrong_type`
 * @throws {WorkerError} config `mapping.invalid`
 */
export function rowHashMapper(fields: readonly FieldMapping[], digest: (text: string) => string): RowMapper {
  const mapper = compileMapping({ fields, keyFields: [] });
  const rowOf = (item: unknown, parameters: Parameters): Row => {
    const row = mapper.rowOf(item, parameters);
    return { [ROW_HASH]: digest(contentOf(row)), ...row };
  };
  return { ...mapper, rowOf, keyOf: (item, parameters) => [rowOf(item, parameters)[ROW_HASH] as string] };
}

function contentOf(row: Row): string {
  const filled = Object.entries(row).filter(
    ([, value]) => value !== null && !(Array.isArray(value) && value.length === 0),
  );
  return canonicalJson(Object.fromEntries(filled)) as string;
}
