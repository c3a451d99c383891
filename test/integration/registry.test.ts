import { deepStrictEqual, match, notStrictEqual, ok, rejects, strictEqual } from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { createServer, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type TestContext, test } from 'node:test';
import { createCodec } from '../../src/avro/codec.ts';
import { createDecoder } from '../../src/avro/decode.ts';
import { createRegistry } from '../../src/avro/registry.ts';
import { WorkerError } from '../../src/core/errors.ts';
import { sharedStack } from '../stack/shared-stack.ts';
import { PARAMETERS, resources } from '../unit/avro/resources.ts';

const AUTO = { autoRegister: true };
const { registryUrl } = await sharedStack();

function registryAt(url: string, timeoutMs = 10_000) {
  const lines: { level: string; fields: object }[] = [];
  const log = {
    info: (fields: object) => void lines.push({ level: 'info', fields }),
    warn: (fields: object) => void lines.push({ level: 'warn', fields }),
  };
  return { registry: createRegistry({ url, timeoutMs, log }), lines };
}

const subjectName = () => `test-${randomUUID()}-value`;
const nullable = (name: string, type: string) => ({ name, type: ['null', type], default: null });

function schemaOf(...fields: readonly object[]): string {
  const id = { name: 'id', type: 'string' };
  return JSON.stringify({ type: 'record', name: 'Thing', namespace: 'test', fields: [id, ...fields] });
}

async function ask(
  method: string,
  path: string,
  body?: object,
): Promise<{ status: number; body: Record<string, unknown> }> {
  const headers = { 'content-type': 'application/vnd.schemaregistry.v1+json' };
  const answer = await fetch(registryUrl + path, { method, headers, ...(body && { body: JSON.stringify(body) }) });
  return { status: answer.status, body: (await answer.json()) as Record<string, unknown> };
}

async function thrownBy(promise: Promise<unknown>): Promise<WorkerError> {
  const thrown = await promise.then(
    () => undefined,
    (error: unknown) => error,
  );
  ok(thrown instanceof WorkerError, String(thrown));
  return thrown;
}

test('a new subject is FULL_TRANSITIVE, and the same schema has the same id', async () => {
  const { registry } = registryAt(registryUrl);
  const subject = subjectName();
  const id = await registry.register(subject, schemaOf(nullable('a', 'long')), AUTO);
  deepStrictEqual((await ask('GET', `/config/${subject}`)).body.compatibilityLevel, 'FULL_TRANSITIVE');
  strictEqual(await registry.register(subject, schemaOf(nullable('a', 'long')), AUTO), id);
  const laidOut = JSON.stringify(JSON.parse(schemaOf(nullable('a', 'long'))), null, 4);
  strictEqual(await registryAt(registryUrl).registry.register(subject, laidOut, { autoRegister: false }), id);
  deepStrictEqual((await ask('GET', `/subjects/${subject}/versions`)).body, [1]);
});

test('a compatible version follows, an incompatible one is refused with the reason of the registry', async () => {
  const { registry } = registryAt(registryUrl);
  const subject = subjectName();
  const first = await registry.register(subject, schemaOf(nullable('a', 'long')), AUTO);
  const second = await registry.register(subject, schemaOf(nullable('a', 'long'), nullable('b', 'string')), AUTO);
  notStrictEqual(second, first);

  const retyped = schemaOf(nullable('a', 'string'));
  const verdict = await registry.check(subject, retyped);
  strictEqual(verdict.compatible, false);
  const error = await thrownBy(registry.register(subject, retyped, AUTO));
  deepStrictEqual([error.kind, error.code], ['config', 'registry.incompatible']);
  match(error.message, /\/fields\/1/);
  deepStrictEqual((await ask('GET', `/subjects/${subject}/versions`)).body, [1, 2]);
});

test('a field without a default is refused, and so is taking one away that had none', async () => {
  const { registry } = registryAt(registryUrl);
  const subject = subjectName();
  await registry.register(subject, schemaOf({ name: 'a', type: 'long' }), AUTO);
  for (const schema of [schemaOf(), schemaOf({ name: 'a', type: 'long' }, { name: 'b', type: 'long' })]) {
    strictEqual((await thrownBy(registry.register(subject, schema, AUTO))).code, 'registry.incompatible');
  }
});

test('a new version must be compatible with all earlier ones, not only with the last', async () => {
  const { registry } = registryAt(registryUrl);
  const subject = subjectName();
  await registry.register(subject, schemaOf(nullable('a', 'long')), AUTO);
  await registry.register(subject, schemaOf(), AUTO);
  const error = await thrownBy(registry.register(subject, schemaOf(nullable('a', 'string')), AUTO));
  deepStrictEqual([error.kind, error.code], ['config', 'registry.incompatible']);
});

test('a subject that is there already keeps its level, whatever it is', async () => {
  const { registry, lines } = registryAt(registryUrl);
  for (const level of ['BACKWARD', 'FULL', 'NONE']) {
    const subject = subjectName();
    await ask('PUT', `/config/${subject}`, { compatibility: level });
    await ask('POST', `/subjects/${subject}/versions`, { schema: schemaOf() });
    await registry.register(subject, schemaOf(nullable('a', 'long')), AUTO);
    strictEqual((await ask('GET', `/config/${subject}`)).body.compatibilityLevel, level);
  }
  deepStrictEqual(lines.filter(({ level }) => level === 'warn').length, 3);
});

test('a subject that follows the level of the registry still does so afterwards', async () => {
  const { registry } = registryAt(registryUrl);
  const subject = subjectName();
  await ask('POST', `/subjects/${subject}/versions`, { schema: schemaOf() });
  const before = await ask('GET', `/config/${subject}`);
  await registry.register(subject, schemaOf(nullable('a', 'long')), AUTO);
  deepStrictEqual(await ask('GET', `/config/${subject}`), before);
});

test('without auto_register nothing is written', async () => {
  const { registry } = registryAt(registryUrl);
  const subject = subjectName();
  const error = await thrownBy(registry.register(subject, schemaOf(), { autoRegister: false }));
  deepStrictEqual([error.kind, error.code], ['config', 'registry.not_registered']);
  ok(error.hint?.includes('schema register'));
  deepStrictEqual(
    [(await ask('GET', `/config/${subject}`)).status, (await ask('GET', `/subjects/${subject}/versions`)).status],
    [404, 404],
  );
});

test('two workers that register at once get the same id', async () => {
  const subject = subjectName();
  const ids = await Promise.all(
    Array.from({ length: 4 }, () => registryAt(registryUrl).registry.register(subject, schemaOf(), AUTO)),
  );
  strictEqual(new Set(ids).size, 1);
});

test('every committed schema is taken, and what it encodes is read back by its id alone', async () => {
  const { registry } = registryAt(registryUrl);
  const decode = createDecoder(registry.fetchSchema, { instants: 'ms' });
  for (const { template, keySchema, valueSchema, mapper, items } of resources) {
    const topic = `test-${randomUUID()}.${template.plural}`;
    const keySchemaId = await registry.register(`${topic}-key`, keySchema, AUTO);
    const valueSchemaId = await registry.register(`${topic}-value`, valueSchema, AUTO);
    const codec = createCodec({ keySchema, valueSchema, keySchemaId, valueSchemaId });
    const row = mapper.rowOf(items[0], PARAMETERS);
    const value = codec.encodeValue(codec.encodeRow(row).rowBytes, { op: 'c', sourceTsMs: 1, tsMs: 2 });
    deepStrictEqual(await decode(value), { ...row, __op: 'c', __deleted: 'false', __source_ts_ms: 1, __ts_ms: 2 });
    ok(JSON.parse(await registry.fetchSchema(valueSchemaId)).fields.length > 0);
  }
});

test('instants are still instants after the registry', async () => {
  const { registry } = registryAt(registryUrl);
  const id = await registry.register(
    subjectName(),
    schemaOf({ name: 'at', type: { type: 'long', logicalType: 'timestamp-millis' } }),
    AUTO,
  );
  match(await registry.fetchSchema(id), /timestamp-millis/);
});

test('a schema that nobody has is a config error', async () => {
  const { registry } = registryAt(registryUrl);
  const error = await thrownBy(registry.fetchSchema(2_000_000_000));
  deepStrictEqual([error.kind, error.code], ['config', 'registry.unknown_schema']);
});

test('a check writes nothing, and says of an unknown subject that it takes anything', async () => {
  const { registry } = registryAt(registryUrl);
  const subject = subjectName();
  deepStrictEqual(await registry.check(subject, schemaOf()), { compatible: true, reason: undefined });
  strictEqual((await ask('GET', `/subjects/${subject}/versions`)).status, 404);
});

/** A registry that answers as it is told. */
async function fakeRegistry(
  t: TestContext,
  answer: (path: string, response: ServerResponse, authorization?: string) => void,
) {
  const server: Server = createServer((request, response) => {
    request.resume();
    answer(`${request.method} ${request.url}`, response, request.headers.authorization);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.after(() => {
    server.closeAllConnections();
    server.close();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

function send(response: ServerResponse, status: number, body: object | string): void {
  response.writeHead(status, { 'content-type': 'application/json' });
  response.end(typeof body === 'string' ? body : JSON.stringify(body));
}

const UNKNOWN_SUBJECT = { error_code: 40401, message: 'Subject not found.' };

test('a registry that is away, hangs or fails is transient, for reading and writing', {
  timeout: 20_000,
}, async (t) => {
  const closed = await fakeRegistry(t, () => undefined);
  const urls = {
    nobody: 'http://127.0.0.1:1',
    hangs: closed,
    fails: await fakeRegistry(t, (_, response) => send(response, 503, 'Service Unavailable')),
    cuts: await fakeRegistry(t, (_, response) => void response.destroy()),
    busy: await fakeRegistry(t, (_, response) => send(response, 429, { error_code: 42901, message: 'slow down' })),
  };
  for (const [name, url] of Object.entries(urls)) {
    const { registry } = registryAt(url, 300);
    for (const promise of [
      registry.register('s', schemaOf(), AUTO),
      registry.fetchSchema(1),
      registry.check('s', schemaOf()),
    ]) {
      const error = await thrownBy(promise);
      deepStrictEqual([error.kind, error.code], ['transient', 'registry.unavailable'], name);
    }
  }
});

test('a connection that breaks while the schema is registered is transient, or already done', {
  timeout: 20_000,
}, async (t) => {
  for (const fault of ['cut', 'hang', 'fail'] as const) {
    for (const arrives of [true, false]) {
      let stored = false;
      const url = await fakeRegistry(t, (path, response) => {
        if (path === 'POST /subjects/s')
          return stored ? send(response, 200, { id: 9 }) : send(response, 404, UNKNOWN_SUBJECT);
        if (path === 'PUT /config/s') return send(response, 200, { compatibility: 'FULL_TRANSITIVE' });
        if (path === 'GET /config/s') return send(response, 404, UNKNOWN_SUBJECT);
        stored = arrives;
        if (fault === 'cut') response.destroy();
        if (fault === 'fail') send(response, 500, { error_code: 50001, message: 'backend store' });
      });
      const promise = registryAt(url, 300).registry.register('s', schemaOf(), AUTO);
      if (arrives) strictEqual(await promise, 9);
      else deepStrictEqual((await thrownBy(promise)).code, 'registry.unavailable', `${fault} ${arrives}`);
    }
  }
});

test('the refusals of a registry are told apart', async (t) => {
  const cases: readonly (readonly [number, object | string, string])[] = [
    [401, { error_code: 40101, message: 'no' }, 'registry.refused'],
    [403, { error_code: 40301, message: 'no' }, 'registry.refused'],
    [422, { error_code: 42201, message: 'bad schema' }, 'registry.invalid_schema'],
    [404, '<html>not here</html>', 'registry.unexpected_answer'],
    [200, '<html>hello</html>', 'registry.unexpected_answer'],
    [200, {}, 'registry.unexpected_answer'],
    [302, '', 'registry.unexpected_answer'],
    [409, { error_code: 409, message: 'why' }, 'registry.incompatible'],
  ];
  for (const [status, body, code] of cases) {
    const url = await fakeRegistry(t, (path, response) => {
      if (status === 409 && path === 'POST /subjects/s') return send(response, 404, UNKNOWN_SUBJECT);
      send(response, status, body);
    });
    const error = await thrownBy(registryAt(url).registry.register('s', schemaOf(), AUTO));
    deepStrictEqual([error.kind, error.code], ['config', code]);
    ok(status !== 403 || error.hint?.includes('registry.token'));
  }
});

test('P7: a page that a proxy answers in its place is quoted without what was sent, and cut after that', async (t) => {
  const url = await fakeRegistry(t, (_, response, authorization) =>
    send(response, 502, `${'x'.repeat(190)}planted-secret ${authorization} ${'y'.repeat(200)}`),
  );
  const log = { info: () => undefined, warn: () => undefined };
  for (const given of [{ token: 'planted-secret' }, { username: 'me', password: 'planted-secret' }]) {
    const registry = createRegistry({ url, timeoutMs: 5_000, log, auth: () => given });
    const { message } = await thrownBy(registry.register('s', schemaOf(), AUTO));
    deepStrictEqual([message.includes('plant'), message.endsWith('x[redacted]')], [false, true], message);
  }
});

test("Confluent's list of reasons is understood as well", async (t) => {
  const url = await fakeRegistry(t, (path, response) => {
    if (path === 'POST /subjects/s') return send(response, 404, { error_code: 40403, message: 'Schema not found' });
    send(response, 200, { is_compatible: false, messages: ['first reason', 'second reason'] });
  });
  const error = await thrownBy(registryAt(url).registry.register('s', schemaOf(), AUTO));
  match(error.message, /first reason; second reason/);
});

test('credentials are sent with every request, by both clients', async (t) => {
  const seen: string[] = [];
  const url = await fakeRegistry(t, (path, response, authorization) => {
    seen.push(`${path} ${authorization}`);
    if (path === 'POST /subjects/s/versions') return send(response, 200, { id: 4 });
    if (path.startsWith('PUT')) return send(response, 200, {});
    send(response, 404, UNKNOWN_SUBJECT);
  });
  const log = { info: () => undefined, warn: () => undefined };
  const options = { url: `${url}/`, timeoutMs: 1_000, log };
  strictEqual(
    await createRegistry({ ...options, auth: () => ({ username: 'u', password: 'p' }) }).register(
      's',
      schemaOf(),
      AUTO,
    ),
    4,
  );
  ok(seen.length >= 5 && seen.every((line) => line.endsWith('Basic dTpw')), seen.join('\n'));
  seen.length = 0;
  await createRegistry({ ...options, auth: () => ({ token: 'abc' }) }).register('s', schemaOf(), AUTO);
  ok(seen.length >= 5 && seen.every((line) => line.endsWith('Bearer abc')), seen.join('\n'));
});

test('waiting for a registry ends when it is told to', async (t) => {
  const url = await fakeRegistry(t, () => undefined);
  const reason = new Error('stopping');
  const signal = AbortSignal.timeout(50);
  const stop = AbortSignal.abort(reason);
  const { registry } = registryAt(url);
  await rejects(registry.register('s', schemaOf(), { ...AUTO, signal: stop }), reason);
  await rejects(registry.check('s', schemaOf(), signal), { name: 'TimeoutError' });
});
