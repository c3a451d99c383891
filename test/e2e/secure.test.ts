import { equal, match, ok } from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { type Stack, startStack } from '../stack/stack.ts';
import { without } from '../support/canary.ts';
import { type Authority, type Certificates, openCertificates } from '../support/certificates.ts';
import { openTryPlace, type TryPlace, template } from './try-place.ts';

const PASSWORD = 'Password-Of-The-Worker-77';

describe('the program at a broker with TLS and SCRAM', { timeout: 240_000 }, () => {
  let certificates: Certificates;
  let ours: Authority;
  let stack: Stack;
  let place: TryPlace;
  before(async () => {
    certificates = openCertificates();
    ours = certificates.authority('ours');
    const { bothFile } = ours.sign('broker', 'DNS:localhost');
    const secure = { keyStoreFile: bothFile, trustStoreFile: ours.caFile, users: { worker: PASSWORD } };
    [stack, place] = await Promise.all([startStack({ secure }), openTryPlace()]);
  });
  after(async () => {
    await stack?.stop();
    await place?.close();
    certificates?.close();
  });

  const configure = (name: string, caFile: string, password = PASSWORD) =>
    place.configure(
      name,
      [template('users'), template('projects')],
      [
        'kafka:',
        `  brokers: ["${stack.secureBroker}"]`,
        '  tls: true',
        `  tls_ca: ${caFile}`,
        '  sasl_mechanism: scram-sha-512',
        '  sasl_username: worker',
        `  sasl_password: ${password}`,
        `registry: { url: "${stack.registryUrl}" }`,
        `topics: { prefix: ${name}, replication_factor: 1 }`,
        'log: { level: trace }',
      ],
    );

  test('it publishes, and check finds nothing wrong', async () => {
    const file = configure('secure', ours.caFile);
    const { code, err } = await place.run(['run', '--once', '-c', file]);
    equal(code, 0, err);
    const checked = await place.run(['check', '-c', file]);
    equal(checked.code, 0, checked.out);
    match(checked.out, /^ok +kafka: 1 broker/m);
    without(`${err}${checked.out}${checked.err}`, 'a worker or a check', [PASSWORD]);
    ok(err.includes('"level":"trace"') || err.includes('"level":"debug"'), 'there was a log to look at');
  });

  test('P7: a wrong authority or password ends it at once, says why, and shows no password', async () => {
    const theirs = certificates.authority('theirs');
    const foreign = await place.run(['run', '--once', '-c', configure('foreign', theirs.caFile)]);
    equal(foreign.code, 2);
    match(foreign.err, /kafka\.tls_refused/);
    const wrong = await place.run(['run', '--once', '-c', configure('wrong', ours.caFile, 'Wrong-Password-88')]);
    equal(wrong.code, 2);
    match(wrong.err, /Invalid (?:username|credentials)|SASL|credentials/);
    without(`${foreign.err}${wrong.err}`, 'the log', [PASSWORD, 'Wrong-Password-88']);
    const missing = await place.run(['check', '-c', configure('missing', '/nowhere/ca.pem')]);
    match(missing.out, /^fail +kafka: the file of kafka\.tls_ca cannot be read/m);
  });
});
