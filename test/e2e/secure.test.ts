import { equal, match, ok } from 'node:assert/strict';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { type Stack, startStack } from '../stack/stack.ts';
import { killBetweenTransactions } from '../support/calm-kill.ts';
import { without } from '../support/canary.ts';
import { type Authority, type Certificates, openCertificates } from '../support/certificates.ts';
import { eventually } from '../support/eventually.ts';
import { readPublished } from '../support/published.ts';
import { setScramPassword } from '../support/scram-users.ts';
import { startWorker } from '../support/worker-process.ts';
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

  const configure = (name: string, caFile: string, password = PASSWORD, user = 'worker') =>
    place.configure(
      name,
      [template('users'), template('projects')],
      [
        'kafka:',
        `  brokers: ["${stack.secureBroker}"]`,
        '  tls: true',
        `  tls_ca: ${caFile}`,
        '  sasl_mechanism: scram-sha-512',
        `  sasl_username: ${user}`,
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

  test('P7: a password that is replaced at the broker, and later in its file, needs no restart and is never told', async (t) => {
    const [first, second] = ['First-Password-55', 'Second-Password-66'];
    const [secretFile, logFile] = [join(place.folder, 'password'), join(place.folder, 'rotating.log')];
    const setPassword = (password: string) =>
      setScramPassword(stack.brokers[0] ?? '', 'scram-sha-512', 'rotating', password);
    const log = () => (existsSync(logFile) ? readFileSync(logFile, 'utf8') : '');
    const has = (id: string) =>
      readPublished(stack, ['rotating.projects']).then(
        (all) => all.some(({ key }) => key.id === id),
        () => false,
      );
    const workspaceId = place.workspace;
    const project = (name: string) => place.simulator.world.createProject({ workspaceId, name }).id;

    await setPassword(first);
    writeFileSync(secretFile, first);
    const { url: clockifyUrl, apiKey } = place.simulator;
    const config = configure('rotating', ours.caFile, `"\${file:${secretFile}}"`, 'rotating');
    const worker = startWorker({ ...stack, clockifyUrl, apiKey, logFile, config, env: { KEY: apiKey } });
    t.after(() => worker.end('SIGKILL'));
    const before = project('Before');
    await eventually('it publishes', () => has(before));

    await setPassword(second);
    await killBetweenTransactions(stack, worker);
    await stack.broker?.start();
    await eventually('it is refused with the first one', () => /authentication failed/i.test(log()), 60_000);
    writeFileSync(secretFile, second);
    const after = project('After');
    await eventually('it publishes again', () => has(after), 60_000);
    equal(await worker.end('SIGTERM'), 0, log());
    match(log(), /"event":"secret\.rotated".*kafka\.sasl_password/);
    ok(!log().includes(first) && !log().includes(second));
  });
});
