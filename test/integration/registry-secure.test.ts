import { equal, ok, rejects } from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { request as forward, type IncomingHttpHeaders } from 'node:http';
import { createServer, type Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import { after, before, describe, test } from 'node:test';
import type { SecureContextOptions, TLSSocket } from 'node:tls';
import { createRegistry, type RegistryOptions, type SchemaRegistry } from '../../src/avro/registry.ts';
import type { WorkerError } from '../../src/core/errors.ts';
import { sharedStack } from '../stack/shared-stack.ts';
import { type Authority, type Certificates, openCertificates } from '../support/certificates.ts';

const SCHEMA = '{"type":"record","name":"One","fields":[{"name":"id","type":"string"}]}';

describe('a registry that is reached by https', () => {
  let certificates: Certificates;
  let ours: Authority;
  let server: Server;
  let url: string;
  /** Of the requests since the last test. */
  let seen: { readonly authorization: string | undefined; readonly client: string | undefined }[] = [];
  let answersOnly: (headers: IncomingHttpHeaders, client: string | undefined) => boolean = () => true;

  before(async () => {
    certificates = openCertificates();
    ours = certificates.authority('ours');
    const { certificateFile, keyFile } = ours.sign('registry', 'DNS:localhost');
    const tls = { cert: readFileSync(certificateFile), key: readFileSync(keyFile), ca: readFileSync(ours.caFile) };
    const target = URL.parse((await sharedStack()).registryUrl);
    server = createServer({ ...tls, requestCert: true, rejectUnauthorized: false }, (request, response) => {
      const socket = request.socket as TLSSocket;
      const name = socket.authorized ? socket.getPeerCertificate().subject?.CN : undefined;
      const client = Array.isArray(name) ? name[0] : name;
      seen.push({ authorization: request.headers.authorization, client });
      if (!answersOnly(request.headers, client)) {
        response.writeHead(401, { 'content-type': 'application/json' }).end('{"error_code":401,"message":"who?"}');
        return;
      }
      const { host: _, ...headers } = request.headers;
      const path = `${target?.pathname}${request.url}`;
      const onward = forward(
        { host: target?.hostname, port: target?.port, path, method: request.method, headers },
        (answer) => {
          response.writeHead(answer.statusCode ?? 500, answer.headers);
          answer.pipe(response);
        },
      );
      request.pipe(onward);
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    url = `https://localhost:${(server.address() as AddressInfo).port}`;
  });
  after(() => {
    server?.close();
    server?.closeAllConnections();
    certificates?.close();
  });

  const open = (options: Partial<RegistryOptions>): SchemaRegistry => {
    seen = [];
    answersOnly = () => true;
    const log = { warn: () => undefined, info: () => undefined };
    const tls = (): SecureContextOptions => ({ ca: readFileSync(ours.caFile) });
    return createRegistry({ url, timeoutMs: 10_000, tls, log, ...options });
  };
  const register = (registry: SchemaRegistry) =>
    registry.register(`secure-${Math.random().toString(36).slice(2)}-value`, SCHEMA, { autoRegister: true });

  test('basic: every call has the user and the password', async () => {
    const registry = open({ auth: () => ({ username: 'worker', password: 'pass:word' }) });
    ok((await register(registry)) > 0);
    const basic = `Basic ${Buffer.from('worker:pass:word').toString('base64')}`;
    ok(seen.length >= 3 && seen.every(({ authorization }) => authorization === basic));
  });

  test('bearer: every call has the token, and a refusal says what to look at', async () => {
    const registry = open({ auth: () => ({ token: 'token-of-the-worker' }) });
    ok((await register(registry)) > 0);
    ok(seen.length >= 3 && seen.every(({ authorization }) => authorization === 'Bearer token-of-the-worker'));
    answersOnly = () => false;
    await rejects(register(registry), (error: WorkerError) => {
      equal(error.code, 'registry.refused');
      ok(error.hint?.includes('registry.token') && !`${error.message}${error.hint}`.includes('token-of-the-worker'));
      return true;
    });
  });

  test('P7: a password, and a token, that is replaced is that of the next request', async () => {
    let password = 'first-password';
    const basic = open({ auth: () => ({ username: 'worker', password }) });
    await register(basic);
    password = 'second-password';
    seen = [];
    await register(basic);
    const expected = `Basic ${Buffer.from('worker:second-password').toString('base64')}`;
    ok(seen.length >= 3 && seen.every(({ authorization }) => authorization === expected));
  });

  test('mTLS: the client shows its certificate to every call', async () => {
    const { certificateFile, keyFile } = ours.sign('worker', 'DNS:worker');
    const shown = { ca: readFileSync(ours.caFile), cert: readFileSync(certificateFile), key: readFileSync(keyFile) };
    const registry = open({ tls: () => shown });
    answersOnly = (_, client) => client === 'worker';
    ok((await register(registry)) > 0);
    ok(seen.length >= 3 && seen.every(({ client }) => client === 'worker'));
  });

  test('a registry of another authority gets nothing', async () => {
    const theirs = certificates.authority('theirs');
    const registry = open({ auth: () => ({ token: 't' }), tls: () => ({ ca: readFileSync(theirs.caFile) }) });
    await rejects(register(registry), ({ code }: WorkerError) => code === 'registry.tls_refused');
    equal(seen.length, 0);
  });
});
