import { strict as assert } from 'node:assert';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { type Simulator, startSimulator } from '../../src/simulator/simulator.ts';
import { runProgram } from '../support/program.ts';

/** The program as a black box: what a person types, reads and gets as an exit code. */
describe('the program', () => {
  let simulator: Simulator;
  let folder: string;

  before(async () => {
    simulator = await startSimulator({ seed: 3, workspaces: 1, users: 3, days: 5 });
    folder = mkdtempSync(join(tmpdir(), 'clockify-kafka-program-'));
  });
  after(async () => {
    await simulator.close();
    rmSync(folder, { recursive: true, force: true });
  });

  const configured = (name: string, changes: (text: string) => string = (text) => text): string => {
    const file = join(folder, `${name}.yaml`);
    const text = [
      `app: ${name}`,
      'credentials:',
      `  acme: { api_key: \${KEY}, base_url: ${simulator.url} }`,
      'sources:',
      '  - { name: users, template: users, credential: acme, every: 1s }',
      '  - { name: time-entries, template: time-entries, credential: acme, every: 1s }',
      `file: { directory: ${join(folder, name)} }`,
    ].join('\n');
    writeFileSync(file, changes(text));
    return file;
  };
  const env = { KEY: 'simulator-key' };

  test('--help shows examples before options and ends with 0', async () => {
    const { code, out } = await runProgram(['--help']);
    assert.equal(code, 0);
    assert.ok(out.indexOf('Examples:') < out.indexOf('Options:'));
    for (const command of ['run', 'lint', 'tail', 'simulate']) {
      const help = await runProgram([command, '--help']);
      assert.equal(help.code, 0);
      assert.ok(help.out.indexOf('Examples:') < help.out.indexOf('Options:'), help.out);
    }
  });

  test('without a command it shows the help on stderr and ends with 2', async () => {
    const { code, out, err } = await runProgram([]);
    assert.deepEqual([code, out], [2, '']);
    assert.match(err, /Examples:/);
  });

  test('an unknown command or option ends with 2 and says what there is', async () => {
    const command = await runProgram(['rum']);
    assert.equal(command.code, 2);
    assert.match(command.err, /no command "rum".*run/);
    const option = await runProgram(['run', '--onse']);
    assert.equal(option.code, 2);
    assert.match(option.err, /--onse/);
    assert.match(option.err, /Usage: clockify-kafka run/);
    assert.equal((await runProgram(['tail'])).code, 2);
  });

  test('a missing configuration and a wrong one end with 2 and name the place', async () => {
    const missing = await runProgram(['run', '--config', join(folder, 'nowhere.yaml')]);
    assert.equal(missing.code, 2);
    assert.match(missing.err, /nowhere\.yaml/);
    const wrong = configured('wrong', (text) => text.replace('every: 1s', 'evry: 1s'));
    const linted = await runProgram(['lint', wrong], { env });
    assert.equal(linted.code, 2);
    assert.match(linted.err, /wrong\.yaml:5:\d+: .*evry/);
    assert.match(linted.err, /every/);
  });

  test('lint says that a right configuration is right', async () => {
    const { code, out } = await runProgram(['lint', configured('right')], { env });
    assert.equal(code, 0);
    assert.match(out, /is right/);
  });

  test('run --once --sink stdout prints one JSON line a change, and nothing the second time', async () => {
    const file = configured('twice');
    const first = await runProgram(['run', '--once', '--sink', 'stdout', '--config', file], { env });
    assert.equal(first.code, 0, first.err);
    const lines = first.out
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as { op: string; topic: string });
    const { timeEntries, users } = simulator.world.truth();
    assert.equal(lines.length, Object.keys(timeEntries).length + Object.keys(users).length);
    assert.ok(lines.every(({ op }) => op === 'r'));
    const second = await runProgram(['run', '--once', '--sink', 'stdout', '--config', file], { env });
    assert.deepEqual([second.code, second.out], [0, '']);
  });

  test('run --once --sink file writes one file a topic', async () => {
    const { code, err } = await runProgram(['run', '--once', '--sink', 'file', '--config', configured('files')], {
      env,
    });
    assert.equal(code, 0, err);
    const lines = readFileSync(join(folder, 'files', 'clockify.users.jsonl'), 'utf8')
      .trim()
      .split('\n');
    assert.equal(lines.length, Object.keys(simulator.world.truth().users).length);
  });

  test('a wrong API key stops with 2 and says what to check, without showing the key', async () => {
    const { code, err } = await runProgram(['run', '--sink', 'stdout', '--config', configured('badkey')], {
      env: { KEY: 'no-such-key-77' },
    });
    assert.equal(code, 2, err);
    assert.match(err, /does not know the API key/);
    assert.match(err, /api_key/);
    assert.ok(!err.includes('no-such-key-77'));
  });

  test('a wrong path at Clockify stops with 2 and names the base URL', async () => {
    const file = configured('badpath', (text) => text.replace('/api/v1', '/api/v2'));
    const { code, err } = await runProgram(['run', '--once', '--sink', 'stdout', '--config', file], { env });
    assert.equal(code, 2, err);
    assert.match(err, /base_url/);
  });

  test('no broker: run says so at once, by its address, and waits; SIGTERM ends it with 0', async () => {
    const port = await freePort();
    const { code, err } = await runProgram(['run', '--config', configured('nobroker')], {
      env: { ...env, CLOCKIFY_KAFKA_BROKERS: `127.0.0.1:${port}` },
      onErr: once((text, kill) => text.includes('cannot be reached') && kill('SIGTERM')),
    });
    assert.equal(code, 0, err);
    assert.match(err, new RegExp(`127\\.0\\.0\\.1:${port}`));
  });

  test('no broker: run --once ends with 3 and names the way without one', async () => {
    const port = await freePort();
    const { code, err } = await runProgram(['run', '--once', '--config', configured('nobroker1')], {
      env: { ...env, CLOCKIFY_KAFKA_BROKERS: `127.0.0.1:${port}` },
    });
    assert.equal(code, 3, err);
    assert.match(err, new RegExp(`127\\.0\\.0\\.1:${port}`));
    assert.match(err, /--sink stdout/);
  });

  test('SIGTERM ends a running worker with 0', async () => {
    const { code, err } = await runProgram(['run', '--sink', 'stdout', '--config', configured('term')], {
      env,
      onErr: once((text, kill) => text.includes('sweep.complete') && kill('SIGTERM')),
    });
    assert.equal(code, 0, err);
    assert.match(err, /worker\.stopped/);
  });
});

type OnErr = (text: string, kill: (signal: NodeJS.Signals) => void) => unknown;

/** Acts until it has acted once: `act` says whether it has. */
function once(act: OnErr): (...told: Parameters<OnErr>) => void {
  let acted = false;
  return (text, kill) => {
    if (!acted)
      acted =
        act(text, (signal) => {
          acted = true;
          kill(signal);
        }) === true;
  };
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as { port: number };
  await new Promise((resolve) => server.close(resolve));
  return port;
}
