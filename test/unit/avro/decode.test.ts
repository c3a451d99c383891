import { deepStrictEqual, rejects, strictEqual, throws } from 'node:assert/strict';
import { test } from 'node:test';
import { createCodec } from '../../../src/avro/codec.ts';
import { createDecoder, createSyncDecoder } from '../../../src/avro/decode.ts';
import { createLocalRegistry } from '../../../src/avro/local-registry.ts';
import { PARAMETERS, resources } from './resources.ts';

test('every resource is registered, published and read back by its ids alone', async () => {
  const registry = createLocalRegistry();
  const decode = createDecoder(registry.fetchSchema);
  const decodeNow = createSyncDecoder(registry.schemaOf, { instants: 'ms' });
  for (const { template, keySchema, valueSchema, mapper, items } of resources) {
    const [keySchemaId, valueSchemaId] = [
      await registry.register(`${template.plural}-key`, keySchema, { autoRegister: true }),
      await registry.register(`${template.plural}-value`, valueSchema, { autoRegister: true }),
    ];
    const codec = createCodec({ keySchema, valueSchema, keySchemaId, valueSchemaId });
    for (const item of items) {
      const row = mapper.rowOf(item, PARAMETERS);
      const key = mapper.keyOf(item, PARAMETERS);
      const { rowBytes } = codec.encodeRow(row);
      const value = codec.encodeValue(rowBytes, { op: 'd', sourceTsMs: 1, tsMs: 2 });
      const meta = { __op: 'd', __deleted: 'true', __source_ts_ms: 1, __ts_ms: 2 };
      deepStrictEqual(decodeNow(value), { ...row, ...meta });
      deepStrictEqual(Object.values((await decode(codec.encodeKey(key))) as object), [...key]);
      strictEqual(JSON.stringify(await decode(value)).includes('Buffer'), false);
    }
  }
});

test('instants are ISO text, or the number they are where there is no such date', async () => {
  const registry = createLocalRegistry();
  const instant = { type: 'long', logicalType: 'timestamp-millis' };
  const schema = { type: 'record', name: 'T', fields: [{ name: 'at', type: ['null', instant] }] };
  const id = await registry.register('t-value', JSON.stringify(schema), { autoRegister: true });
  const decode = createDecoder(registry.fetchSchema);
  const header = Buffer.alloc(5);
  header.writeInt32BE(id, 1);
  const read = (hex: string) => decode(Buffer.concat([header, Buffer.from(hex, 'hex')]));
  deepStrictEqual(await read('0202'), { at: '1970-01-01T00:00:00.001Z' });
  deepStrictEqual(await read('00'), { at: null });
  deepStrictEqual(await read('02fcffffffffffff1f'), { at: 2 ** 52 - 2 + 2 ** 52 });
});

test('bytes that are no record of ours are told apart', async () => {
  const registry = createLocalRegistry();
  const schema = JSON.stringify({ type: 'record', name: 'T', fields: [{ name: 'id', type: 'string' }] });
  const id = await registry.register('t-value', schema, { autoRegister: true });
  const decode = createDecoder(registry.fetchSchema);
  const header = Buffer.alloc(5);
  header.writeInt32BE(id, 1);
  for (const bytes of [new Uint8Array(0), Buffer.from('{"a":1}'), new Uint8Array(4)]) {
    await rejects(decode(bytes), { kind: 'record', code: 'decode.no_header' });
  }
  await rejects(decode(Buffer.concat([header, Buffer.from([20, 1])])), { kind: 'record', code: 'decode.unreadable' });
  await rejects(decode(new Uint8Array([0, 0, 0, 0, 9])), { kind: 'config', code: 'registry.unknown_schema' });
  throws(() => createSyncDecoder(registry.schemaOf)(new Uint8Array([0, 0, 0, 0, 9])), {
    code: 'decode.unknown_schema',
  });
});

test('a schema is asked for once, and again after it could not be had', async () => {
  let asked = 0;
  const decode = createDecoder(async () => {
    asked += 1;
    if (asked === 1) throw new Error('away');
    return '"long"';
  });
  const bytes = new Uint8Array([0, 0, 0, 0, 5, 4]);
  await rejects(decode(bytes), /away/);
  deepStrictEqual(await Promise.all([decode(bytes), decode(bytes)]), [2, 2]);
  strictEqual(asked, 2);
});

test('a local id is the same in every run, however the schema is laid out', async () => {
  const text = '{"type": "record", "name": "T", "fields": [{"name": "id", "type": "string"}]}';
  const first = await createLocalRegistry().register('a', text, { autoRegister: true });
  const registry = createLocalRegistry();
  await registry.register('b', '"string"', { autoRegister: true });
  strictEqual(await registry.register('c', JSON.stringify(JSON.parse(text)), { autoRegister: true }), first);
  deepStrictEqual(await registry.check('a', text), { compatible: true, reason: undefined });
});
