import { deepStrictEqual, strictEqual } from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { readRecord } from './avro-reader.ts';
import { PARAMETERS, resources } from './resources.ts';

/**
 * Bytes that were published once are in topics and in state for ever: these may change by a new schema only, never by
 * a new library. Made by the codec, and read here by a reader that shares nothing with it.
 */
interface Golden {
  readonly key: string;
  readonly value: string;
  readonly hash: string;
  readonly fingerprint: string;
}

const url = new URL('../../fixtures/avro/golden.json', import.meta.url);
const golden = JSON.parse(readFileSync(url, 'utf8')) as Record<string, Golden>;
const META = { op: 'u', sourceTsMs: 1_772_440_000_000, tsMs: 1_772_440_000_123 } as const;

for (const { template, mapper, codec, items, keySchema, valueSchema } of resources) {
  const expected = golden[template.plural] as Golden;
  const key = mapper.keyOf(items[0], PARAMETERS);
  const row = mapper.rowOf(items[0], PARAMETERS);

  test(`${template.plural}: the bytes of key, row and value are those that were always written`, () => {
    const { rowBytes, hash } = codec.encodeRow(row);
    strictEqual(Buffer.from(codec.encodeKey(key)).toString('hex'), expected.key);
    strictEqual(Buffer.from(codec.encodeValue(rowBytes, META)).toString('hex'), expected.value);
    strictEqual(hash, expected.hash);
    strictEqual(codec.fingerprint, expected.fingerprint);
  });

  test(`${template.plural}: an independent reader finds in them what was put in`, () => {
    const keyBytes = Buffer.from(expected.key, 'hex');
    deepStrictEqual([keyBytes[0], keyBytes.readInt32BE(1)], [0, 7]);
    const readKey = readRecord(JSON.parse(keySchema), keyBytes, 5);
    deepStrictEqual(Object.values(readKey.value), [...key]);
    strictEqual(readKey.bytesRead, keyBytes.length - 5);

    const bytes = Buffer.from(expected.value, 'hex');
    deepStrictEqual([bytes[0], bytes.readInt32BE(1)], [0, 300]);
    const read = readRecord(JSON.parse(valueSchema), bytes, 5);
    strictEqual(read.bytesRead, bytes.length - 5);
    deepStrictEqual(read.value, {
      ...inSchemaOrder(row, valueSchema),
      __op: 'u',
      __deleted: 'false',
      __source_ts_ms: META.sourceTsMs,
      __ts_ms: META.tsMs,
    });
  });
}

function inSchemaOrder(row: object, schema: string): object {
  const { fields } = JSON.parse(schema) as { fields: { name: string }[] };
  const values = new Map(Object.entries(row));
  const own = fields.filter(({ name }) => !name.startsWith('__'));
  return Object.fromEntries(own.map(({ name }) => [name, values.get(name)]));
}
