import { WorkerError } from './errors.ts';
import { compileMapping, type FieldMapping, type Parameters, type RowMapper } from './field.ts';
import { canonicalJson } from './field-json.ts';
import type { Row } from './record.ts';

/** The only field of the key, and the first of the row, where the key is the hash of the row. */
export const ROW_HASH = 'row_hash';

/**
 * A mapper for rows that nothing identifies but what they are: a change is then a delete and a create. The hash is over
 * the whole item and the parameters, whatever of it the mapping takes, so that a field added to the schema later leaves
 * the keys as they are. Members that are null are no part of it.
 *
 * @param fields without one that is named `row_hash`
 * @param digest of text, at least 32 hex digits of a cryptographic hash
 * @returns a mapper whose `keyOf` throws what `rowOf` throws: record `extract.wrong_type`, `extract.too_deep`
 * @throws {WorkerError} config `mapping.invalid`
 */
export function rowHashMapper(fields: readonly FieldMapping[], digest: (text: string) => string): RowMapper {
  const mapper = compileMapping({ fields, keyFields: [] });
  const rowOf = (item: unknown, parameters: Parameters): Row => {
    const row = mapper.rowOf(item, parameters);
    return { [ROW_HASH]: digest(contentOf(item, parameters)), ...row };
  };
  return { ...mapper, rowOf, keyOf: (item, parameters) => [rowOf(item, parameters)[ROW_HASH] as string] };
}

function contentOf(item: unknown, parameters: Parameters): string {
  const members = Object.entries(item as object).filter(([, value]) => value !== null);
  const text = canonicalJson([Object.fromEntries(members), parameters]);
  if (text !== undefined) return text;
  throw new WorkerError('record', 'extract.too_deep', 'the item is nested too deeply to be hashed');
}
