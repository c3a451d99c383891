import { deepStrictEqual, notStrictEqual, ok, rejects, strictEqual, throws } from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { createCodec } from '../../src/avro/codec.ts';
import { createDecoder } from '../../src/avro/decode.ts';
import { evolve } from '../../src/avro/evolve.ts';
import { fieldsFromSchema, keySchemaOf, valueSchemaOf } from '../../src/avro/generated.ts';
import { createLocalRegistry } from '../../src/avro/local-registry.ts';
import { createRegistry, type SchemaRegistry } from '../../src/avro/registry.ts';
import { compileMapping, type FieldMapping } from '../../src/core/field.ts';
import { emptyShape, fieldsOf, observe } from '../../src/core/infer.ts';
import { keyedFields } from '../../src/core/infer-key.ts';
import { sharedStack } from '../stack/shared-stack.ts';

const AUTO = { autoRegister: true };
const log = { info: () => undefined, warn: () => undefined };
const registryAt = (url: string) => createRegistry({ url, timeoutMs: 10_000, log });
const { registryUrl } = await sharedStack();

const REGISTRIES: Readonly<Record<string, () => SchemaRegistry>> = {
  'a real registry': () => registryAt(registryUrl),
  'a local registry': () => createLocalRegistry(),
};

const infer = (...items: readonly unknown[]) => fieldsOf(items.reduce(observe, emptyShape()), []);
const schemaOf = (fields: readonly FieldMapping[], keyFields: readonly string[]) =>
  valueSchemaOf({ record: 'Approval', fields, keyFields });

const FIRST = { id: 'a', size: 1, at: '2027-01-16T09:00:00Z', tags: ['x'], 'odd "näme"': { deep: true }, mix: 'text' };
const FIRST_TOO = { id: 'b', mix: 7 };
const SECOND = { id: 'c', owner: { name: 'n' }, score: 0.5, list: [1], more: ['y'], size: 'not a number' };

for (const [name, open] of Object.entries(REGISTRIES)) {
  test(`${name} knows nothing of a subject without versions, and else the last one`, async () => {
    const registry = open();
    const subject = `test-${randomUUID()}/with a slash-value`;
    strictEqual(await registry.latest(subject), undefined);
    const fields = infer(FIRST);
    const first = schemaOf(fields, ['row_hash']);
    const id = await registry.register(subject, first, AUTO);
    deepStrictEqual(await registry.latest(subject), { id, schema: first, version: 1 });
    const second = schemaOf(evolve(fields, infer(SECOND)).fields, ['row_hash']);
    const secondId = await registry.register(subject, second, AUTO);
    deepStrictEqual(await registry.latest(subject), { id: secondId, schema: second, version: 2 });
    strictEqual(await registry.register(subject, first, AUTO), id);
    deepStrictEqual((await registry.latest(subject))?.version, 2);
  });

  test(`an inferred schema is found again in ${name}, grows, and reads what it wrote before`, async () => {
    const registry = open();
    const topic = `test-${randomUUID()}`;
    const { fields, keyFields } = keyedFields(infer(FIRST, FIRST_TOO), [['id']]);
    await registry.register(`${topic}-value`, schemaOf(fields, keyFields), AUTO);

    const known = fieldsFromSchema((await registry.latest(`${topic}-value`))?.schema ?? '');
    deepStrictEqual(known, fields);
    const evolution = evolve(known ?? [], infer(SECOND));
    deepStrictEqual(evolution.added, ['list_json', 'more', 'score', 'owner_name']);
    deepStrictEqual(evolution.conflicts, [{ path: 'size', known: 'long', found: 'string' }]);
    const keySchema = keySchemaOf({ record: 'Approval', keyFields });
    const valueSchema = schemaOf(evolution.fields, keyFields);
    const keySchemaId = await registry.register(`${topic}-key`, keySchema, AUTO);
    const valueSchemaId = await registry.register(`${topic}-value`, valueSchema, AUTO);

    const before = createCodec({ keySchema, valueSchema: schemaOf(fields, keyFields), keySchemaId, valueSchemaId: 1 });
    const after = createCodec({ keySchema, valueSchema, keySchemaId, valueSchemaId });
    const row = compileMapping({ fields, keyFields }).rowOf(FIRST, {});
    const upgraded = after.upgradeRow(before.encodeRow(row).rowBytes, before.rowSchema);
    const wider = compileMapping({ fields: evolution.fields, keyFields }).rowOf(FIRST, {});
    deepStrictEqual(upgraded, after.encodeRow(wider));
    const value = after.encodeValue(upgraded.rowBytes, { op: 'u', sourceTsMs: 1, tsMs: 2 });
    const decoded = await createDecoder(registry.fetchSchema, { instants: 'ms' })(value);
    deepStrictEqual(decoded, { ...wider, __op: 'u', __deleted: 'false', __source_ts_ms: 1, __ts_ms: 2 });
  });
}

test('a known field of another type is refused by the registry, so that evolution must never change one', async () => {
  const registry = registryAt(registryUrl);
  const subject = `test-${randomUUID()}-value`;
  await registry.register(subject, schemaOf(infer(FIRST), ['row_hash']), AUTO);
  const changed = infer({ ...FIRST, size: 0.5 });
  await rejects(registry.register(subject, schemaOf(changed, ['row_hash']), AUTO), { code: 'registry.incompatible' });
});

async function answering(t: TestContext, status: number, body: unknown): Promise<SchemaRegistry> {
  const server = createServer((_request, response) => {
    response.writeHead(status, { 'content-type': 'application/json' });
    response.end(JSON.stringify(body));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.after(() => server.close());
  return registryAt(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
}

test('answers to the question for the latest version are told apart', async (t) => {
  const cases: readonly (readonly [number, unknown, string | undefined])[] = [
    [404, { error_code: 40401, message: 'Subject not found.' }, undefined],
    [404, { error_code: 40402, message: 'Version not found.' }, undefined],
    [404, 'nothing here', 'registry.unexpected_answer'],
    [200, { id: 1, version: 1 }, 'registry.unexpected_answer'],
    [200, { id: 1, schema: '"string"' }, 'registry.unexpected_answer'],
    [401, { error_code: 40101, message: 'no' }, 'registry.refused'],
    [503, { error_code: 50301, message: 'later' }, 'registry.unavailable'],
  ];
  for (const [status, body, code] of cases) {
    const latest = (await answering(t, status, body)).latest('s');
    if (code === undefined) strictEqual(await latest, undefined);
    else await rejects(latest, { code });
  }
  const stop = AbortSignal.abort(new Error('stopping'));
  await rejects(registryAt(registryUrl).latest('s', stop), /stopping/);
});

async function folder(t: TestContext): Promise<string> {
  const path = await mkdtemp(join(tmpdir(), 'clockify-kafka-'));
  t.after(() => rm(path, { recursive: true }));
  return path;
}

test('a local registry with a file has its schemas in the next run', async (t) => {
  const file = join(await folder(t), 'made', 'schemas.json');
  const registry = createLocalRegistry({ file });
  const ids = await Promise.all(
    ['a', 'b', 'c'].map((name) => registry.register(name, schemaOf(infer(FIRST, { [name]: 1 }), ['row_hash']), AUTO)),
  );
  const last = await registry.register('a', schemaOf(infer(SECOND), ['row_hash']), AUTO);
  const next = createLocalRegistry({ file });
  for (const name of ['a', 'b', 'c']) deepStrictEqual(await next.latest(name), await registry.latest(name));
  deepStrictEqual([(await next.latest('a'))?.id, (await next.latest('a'))?.version], [last, 2]);
  for (const id of ids) strictEqual(next.schemaOf(id), registry.schemaOf(id));
  notStrictEqual(next.schemaOf(last), undefined);
});

test('a file that is none of ours is told of and left alone', async (t) => {
  const file = join(await folder(t), 'schemas.json');
  for (const text of ['', '{', '[]', '{"format":"clockify-kafka schemas 2","subjects":[]}', 'null']) {
    await writeFile(file, text);
    throws(() => createLocalRegistry({ file }), { kind: 'config', code: 'registry.file_unreadable' });
    strictEqual(await readFile(file, 'utf8'), text);
  }
});

test('a file that cannot be written is a transient error, and made good by the next registration', async (t) => {
  const path = await folder(t);
  const blocked = join(path, 'blocked');
  await writeFile(blocked, '');
  const file = join(blocked, 'schemas.json');
  const registry = createLocalRegistry();
  ok(await registry.register('s', '"string"', AUTO));
  throws(() => createLocalRegistry({ file }), { code: 'registry.file_unreadable' });

  const later = join(path, 'later');
  const kept = createLocalRegistry({ file: join(later, 'schemas.json') });
  await writeFile(later, '');
  await rejects(kept.register('s', '"string"', AUTO), { kind: 'transient', code: 'registry.file_not_written' });
  await rm(later);
  await kept.register('s', '"string"', AUTO);
  strictEqual((await createLocalRegistry({ file: join(later, 'schemas.json') }).latest('s'))?.version, 1);
});
