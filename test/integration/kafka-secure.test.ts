import { deepEqual, equal, ok, rejects } from 'node:assert/strict';
import { copyFileSync, readFileSync } from 'node:fs';
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { after, before, describe, type TestContext, test } from 'node:test';
import { createServer as createTlsServer, type SecureContextOptions } from 'node:tls';
import { WorkerError } from '../../src/core/errors.ts';
import type { KafkaOptions } from '../../src/kafka/client.ts';
import { classify } from '../../src/kafka/kafka-failure.ts';
import type { KafkaClient } from '../../src/kafka/kafkajs-patches.ts';
import { someBrokerListens } from '../../src/kafka/reach.ts';
import { type Stack, startStack } from '../stack/stack.ts';
import { type Authority, type Certificate, type Certificates, openCertificates } from '../support/certificates.ts';
import { newTopics } from '../support/new-topics.ts';
import { setScramPassword } from '../support/scram-users.ts';
import { clientFor } from './kafka-place.ts';

const PASSWORD = 'secret of the worker';

describe('a broker with TLS and SASL', () => {
  let certificates: Certificates;
  let ours: Authority;
  let theirs: Authority;
  let own: Certificate;
  let stack: Stack;
  let brokers: readonly string[];

  before(async () => {
    certificates = openCertificates();
    ours = certificates.authority('ours');
    theirs = certificates.authority('theirs');
    own = ours.sign('worker', 'DNS:worker', 'key password');
    const { bothFile } = ours.sign('broker', 'DNS:localhost,IP:127.0.0.1');
    const secure = { keyStoreFile: bothFile, trustStoreFile: ours.caFile, users: { worker: PASSWORD } };
    stack = await startStack({ registry: false, secure });
    brokers = [stack.secureBroker ?? ''];
  });
  after(async () => {
    await stack?.stop();
    certificates?.close();
  });

  const trusting = (authority: Authority) => (): SecureContextOptions => ({ ca: readFileSync(authority.caFile) });
  const by = (options: Partial<KafkaOptions>) => clientFor(brokers, { tls: trusting(ours), ...options });

  for (const mechanism of ['plain', 'scram-sha-256', 'scram-sha-512'] as const) {
    test(`${mechanism}: a transaction is written through it, and a wrong password is refused at once`, async () => {
      await writeOne(by({ sasl: () => ({ mechanism, username: 'worker', password: PASSWORD }) }));
      const error = await failureOf(by({ sasl: () => ({ mechanism, username: 'worker', password: 'wrong' }) }));
      equal(classify(error), 'refused');
    });
  }

  for (const mechanism of ['scram-sha-256', 'scram-sha-512'] as const) {
    test(`P7: ${mechanism}: a password that is replaced is that of the next connection`, async () => {
      const user = `rotating-${mechanism}`;
      const [plain = ''] = stack.brokers;
      await setScramPassword(plain, mechanism, user, 'first password');
      let password = 'first password';
      const client = by({ sasl: () => ({ mechanism, username: user, password }) });
      await writeOne(client);
      await setScramPassword(plain, mechanism, user, 'second password');
      password = 'second password';
      await writeOne(client);
    });
  }

  test('an old password is as if the broker were away to who was let in before, and refused to who was not', async () => {
    const [user, mechanism] = ['late', 'scram-sha-512'] as const;
    const [plain = ''] = stack.brokers;
    const sasl = () => ({ mechanism, username: user, password: 'first password' });
    await setScramPassword(plain, mechanism, user, 'first password');
    const client = by({ sasl });
    await writeOne(client);
    await setScramPassword(plain, mechanism, user, 'second password');
    equal(classify(await failureOf(client)), 'other', 'the new one is on its way');
    equal(classify(await failureOf(by({ sasl }))), 'refused');
  });

  test('oauthbearer: a client secret that is replaced is asked with once the token is stale', async (t) => {
    const asked: string[] = [];
    const url = await serveTokens(t, 200, { access_token: unsignedToken('worker', 3600), expires_in: 0.001 }, asked);
    let clientSecret = 'first';
    const of = { mechanism: 'oauthbearer', tokenUrl: url, clientId: 'me', scope: undefined } as const;
    const client = by({ sasl: () => ({ ...of, clientSecret }) });
    await writeOne(client);
    clientSecret = 'second';
    await writeOne(client);
    const basic = (secret: string) => `Basic ${Buffer.from(`me:${secret}`).toString('base64')}`;
    ok(asked.at(0)?.startsWith(basic('first')) && asked.at(-1)?.startsWith(basic('second')), asked.join('\n'));
  });

  test('oauthbearer: a token is fetched with the client credentials, once, and its scope is asked for', async (t) => {
    const asked: string[] = [];
    const url = await serveTokens(t, 200, { access_token: unsignedToken('worker', 3600), expires_in: 3600 }, asked);
    const sasl = {
      mechanism: 'oauthbearer' as const,
      tokenUrl: url,
      clientId: 'me',
      clientSecret: 's/3',
      scope: 'kafka',
    };
    await writeOne(by({ sasl: () => sasl }));
    const basic = `Basic ${Buffer.from('me:s%2F3').toString('base64')}`;
    deepEqual(asked, [`${basic} grant_type=client_credentials&scope=kafka`]);
  });

  test('oauthbearer: a refused client is told as such, and its answer is not quoted', async (t) => {
    const url = await serveTokens(t, 401, { error: 'quoted-secret' }, []);
    const sasl = {
      mechanism: 'oauthbearer' as const,
      tokenUrl: url,
      clientId: 'me',
      clientSecret: 's',
      scope: undefined,
    };
    const error = await failureOf(by({ sasl: () => sasl }));
    ok(String(error).includes('gives no token: it answers 401'), String(error));
    ok(!String(error).includes('quoted-secret'));
    equal(classify(error), 'refused');
  });

  test('a certificate of another authority, and one for another host, are refused before anything is sent', async (t) => {
    await rejects(someBrokerListens({ brokers, tls: trusting(theirs) }), isRefused);
    const elsewhere = await serveTls(t, ours.sign('elsewhere', 'DNS:elsewhere'));
    await rejects(someBrokerListens({ brokers: [elsewhere], tls: trusting(ours) }), isRefused);
    await someBrokerListens({ brokers, tls: trusting(ours) });
  });

  test('a listener without TLS is told apart from none', async () => {
    const { message } = await someBrokerListens({ brokers: stack.brokers, tls: trusting(ours) }).then(
      () => new Error('it listens'),
      (error: Error) => error,
    );
    ok(message.startsWith('no TLS is spoken'), message);
  });

  test('a client certificate with a locked key is shown, and files that were replaced count at the next connection', async () => {
    const { certificateFile, keyFile } = own;
    let passphrase: string | undefined = 'key password';
    const tls = () => ({
      ...trusting(ours)(),
      cert: readFileSync(certificateFile),
      key: readFileSync(keyFile),
      ...(passphrase === undefined ? {} : { passphrase }),
    });
    const client = by({ tls, sasl: () => ({ mechanism: 'plain', username: 'worker', password: PASSWORD }) });
    await writeOne(client);
    const foreign = theirs.sign('worker', 'DNS:worker');
    copyFileSync(foreign.certificateFile, certificateFile);
    copyFileSync(foreign.keyFile, keyFile);
    passphrase = undefined;
    ok(await failureOf(client), 'the broker takes no certificate of another authority');
    const renewed = ours.sign('renewed', 'DNS:worker');
    copyFileSync(renewed.certificateFile, certificateFile);
    copyFileSync(renewed.keyFile, keyFile);
    await writeOne(client);
  });
});

function isRefused(error: unknown): boolean {
  return error instanceof WorkerError && error.code === 'kafka.tls_refused' && error.hint !== undefined;
}

async function writeOne(client: KafkaClient): Promise<void> {
  const topic = `secure-${process.pid}-${Math.random().toString(36).slice(2)}`;
  const admin = client.admin();
  await admin.connect();
  await newTopics(admin, { topic });
  const producer = client.producer({ transactionalId: topic, idempotent: true, maxInFlightRequests: 1 });
  await producer.connect();
  const transaction = await producer.transaction();
  await transaction.send({ topic, messages: [{ value: 'one' }] });
  await transaction.commit();
  await producer.disconnect();
  await admin.disconnect();
}

async function failureOf(client: KafkaClient): Promise<unknown> {
  const admin = client.admin({ retry: { retries: 1, initialRetryTime: 10 } });
  try {
    await admin.connect();
    await admin.listTopics();
    return undefined;
  } catch (error) {
    return error;
  } finally {
    await admin.disconnect();
  }
}

/** What a broker without a validator of its own takes: a token that nobody has signed. */
function unsignedToken(subject: string, seconds: number): string {
  const now = Math.floor(Date.now() / 1000);
  const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');
  return `${part({ alg: 'none' })}.${part({ sub: subject, iat: now, exp: now + seconds })}.`;
}

async function serveTokens(t: TestContext, status: number, answer: object, asked: string[]): Promise<string> {
  const server = createServer(async (request: IncomingMessage, response) => {
    let body = '';
    for await (const chunk of request) body += String(chunk);
    asked.push(`${request.headers.authorization} ${body}`);
    response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(answer));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.after(() => {
    server.close();
    server.closeAllConnections();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/token`;
}

async function serveTls(t: TestContext, { certificateFile, keyFile }: Certificate): Promise<string> {
  const server = createTlsServer({ cert: readFileSync(certificateFile), key: readFileSync(keyFile) });
  server.on('tlsClientError', () => undefined);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.after(() => server.close());
  return `localhost:${(server.address() as AddressInfo).port}`;
}
