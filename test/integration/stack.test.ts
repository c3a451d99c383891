/** The local stack itself: what it promises to the tests that stand on it. */
import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, type TestContext, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { Kafka, logLevel } from 'kafkajs';
import { type Artefact, ensureArtefact } from '../stack/artefacts.ts';
import { listeningAddresses, nothingLeft, processesOf } from '../stack/processes.ts';
import { brokerAnswers } from '../stack/readiness.ts';
import { type Stack, startStack } from '../stack/stack.ts';
import { newTopics } from '../support/new-topics.ts';

const mainFile = new URL('../stack/main.ts', import.meta.url).pathname;
const quiet = { log: () => undefined };

function client(stack: Stack): Kafka {
  return new Kafka({
    brokers: stack.brokers,
    logLevel: logLevel.NOTHING,
    requestTimeout: 3_000,
    retry: { initialRetryTime: 100, retries: 8 },
  });
}

function answers({ brokers: [address = ''] }: Stack): Promise<boolean> {
  const [host = '', port] = address.split(':');
  return brokerAnswers(host, Number(port));
}

async function produce(stack: Stack, topic: string, values: string[]): Promise<void> {
  const admin = client(stack).admin();
  const producer = client(stack).producer({ idempotent: true, maxInFlightRequests: 1, transactionalId: `${topic}-tx` });
  await admin.connect();
  await newTopics(admin, { topic, numPartitions: 1 });
  await producer.connect();
  const transaction = await producer.transaction();
  await transaction.send({ topic, messages: values.map((value) => ({ value })) });
  await transaction.commit();
  await producer.disconnect();
  await admin.disconnect();
}

async function consume(stack: Stack, topic: string, count: number): Promise<string[]> {
  const consumer = client(stack).consumer({ groupId: `${topic}-${Math.random()}`, sessionTimeout: 6_000 });
  await consumer.connect();
  await consumer.subscribe({ topics: [topic], fromBeginning: true });
  const values: string[] = [];
  const all = Promise.withResolvers<void>();
  await consumer.run({
    eachMessage: async ({ message }) => {
      values.push(String(message.value));
      if (values.length === count) all.resolve();
    },
  });
  await all.promise;
  await consumer.disconnect();
  return values;
}

async function registerSchema(stack: Stack, subject: string): Promise<number> {
  const response = await fetch(`${stack.registryUrl}/subjects/${subject}/versions`, {
    method: 'POST',
    headers: { 'content-type': 'application/vnd.schemaregistry.v1+json' },
    body: JSON.stringify({ schema: '"string"' }),
  });
  assert.equal(response.status, 200);
  return ((await response.json()) as { id: number }).id;
}

async function subjects(stack: Stack): Promise<string[]> {
  return (await (await fetch(`${stack.registryUrl}/subjects`)).json()) as string[];
}

describe('two stacks of one process', () => {
  let stacks: [Stack, Stack];

  before(async () => {
    stacks = await Promise.all([startStack({ own: true, ...quiet }), startStack({ own: true, ...quiet })]);
  });
  after(async () => {
    await Promise.all(stacks?.map((stack) => stack.stop()) ?? []);
  });

  test('have different addresses and different content', async () => {
    const [one, two] = stacks;
    assert.notDeepEqual(one.brokers, two.brokers);
    assert.notEqual(one.registryUrl, two.registryUrl);
    await Promise.all([produce(one, 'same-name', ['one']), produce(two, 'same-name', ['two'])]);
    assert.deepEqual(await Promise.all([consume(one, 'same-name', 1), consume(two, 'same-name', 1)]), [
      ['one'],
      ['two'],
    ]);
    await registerSchema(one, 'only-in-one');
    assert.deepEqual(await subjects(one), ['only-in-one']);
    assert.deepEqual(await subjects(two), []);
  });

  test('a killed broker comes back on the same address with its data', async () => {
    const [stack] = stacks;
    await produce(stack, 'kept', ['a', 'b']);
    assert.deepEqual(await consume(stack, 'kept', 2), ['a', 'b']);
    await stack.broker?.kill();
    assert.equal(await answers(stack), false);
    await stack.broker?.start();
    await produce(stack, 'kept', ['c']);
    assert.deepEqual(await consume(stack, 'kept', 3), ['a', 'b', 'c']);
  });

  test('a killed registry comes back on the same address with its schemas', async () => {
    const [, stack] = stacks;
    const id = await registerSchema(stack, 'kept');
    await stack.registry?.kill();
    await assert.rejects(subjects(stack));
    await stack.registry?.start();
    assert.deepEqual(await subjects(stack), ['kept']);
    assert.equal(await registerSchema(stack, 'kept'), id);
  });

  test('a paused broker answers nothing until it is resumed', async (t) => {
    const [stack] = stacks;
    const admin = client(stack).admin();
    t.after(async () => {
      await stack.broker?.resume();
      await admin.disconnect();
    });
    await admin.connect();
    await stack.broker?.pause();
    let answered = false;
    const topics = admin.listTopics().then((names) => {
      answered = true;
      return names;
    });
    await sleep(500);
    assert.equal(answered, false);
    await stack.broker?.resume();
    assert.ok((await topics).includes('kept'));
  });

  test('listen on the loopback interface only', { skip: process.platform !== 'linux' }, async () => {
    if (stacks[0].kind !== 'maven') return;
    const ports = stacks.flatMap(({ brokers, registryUrl }) => [brokers[0], new URL(registryUrl).host]);
    const listening = await listeningAddresses();
    for (const address of ports) {
      const port = String(address).split(':')[1];
      const hosts = listening.filter((other) => other.endsWith(`:${port}`));
      assert.deepEqual(hosts, [address]);
    }
  });

  test('are gone after stop, and stop can be called twice', async () => {
    const [stack] = stacks;
    await stack.stop();
    await stack.stop();
    await assert.rejects(subjects(stack));
    assert.equal(await answers(stack), false);
  });
});

describe('npm run stack', { skip: process.platform !== 'linux' && 'reads /proc' }, () => {
  let folder: string;
  let owner: ChildProcess | undefined;

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'stack-test-'));
  });
  after(async () => {
    owner?.kill('SIGKILL');
    await rm(folder, { recursive: true, force: true });
  });

  async function startOwner(t: TestContext): Promise<string> {
    const env = { ...process.env, TMPDIR: folder, CLOCKIFY_KAFKA_TEST_BROKERS: '' };
    owner = spawn(process.execPath, [mainFile], { env, stdio: ['ignore', 'pipe', 'ignore'] });
    const child = owner;
    t.after(() => child.kill('SIGKILL'));
    return await textOf(child, 'Ctrl-C');
  }

  test('leaves no process and no data when it is killed', async (t) => {
    const text = await startOwner(t);
    if (text.includes('(docker)')) return;
    assert.match(text, /CLOCKIFY_KAFKA_TEST_BROKERS=127\.0\.0\.1:\d+/);
    assert.ok((await processesOf(folder)).length >= 4, 'owner, supervisor, Kafka and the registry');
    assert.equal((await readdir(folder)).length, 1);
    owner?.kill('SIGKILL');
    await nothingLeft(folder);
  });

  test('ends in order on SIGTERM', async (t) => {
    await startOwner(t);
    owner?.kill('SIGTERM');
    assert.deepEqual(await once(owner as ChildProcess, 'exit'), [0, null]);
    await nothingLeft(folder);
  });

  test('says what to install when neither Java nor Docker is there', async () => {
    const env = { PATH: '', DOCKER_HOST: `unix://${folder}/none.sock` };
    const child = spawn(process.execPath, [mainFile], { env, stdio: ['ignore', 'ignore', 'pipe'] });
    const exited = once(child, 'exit');
    let text = '';
    for await (const chunk of child.stderr) text += chunk;
    assert.equal((await exited)[0], 3);
    assert.equal(text.trimEnd().split('\n').length, 1);
    for (const part of ['openjdk-17-jre-headless', 'maven', 'Docker', 'CLOCKIFY_KAFKA_TEST_BROKERS']) {
      assert.ok(text.includes(part), part);
    }
  });
});

describe('the cache', () => {
  let folder: string;
  const cacheBefore = process.env.XDG_CACHE_HOME;

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'stack-test-'));
    process.env.XDG_CACHE_HOME = folder;
  });
  after(async () => {
    if (cacheBefore === undefined) delete process.env.XDG_CACHE_HOME;
    else process.env.XDG_CACHE_HOME = cacheBefore;
    await rm(folder, { recursive: true, force: true });
  });

  test('is filled once by parallel runs, and again only when it is damaged', async () => {
    let builds = 0;
    const artefact: Artefact = {
      id: 'thing-1',
      name: 'a thing',
      async build(into) {
        builds += 1;
        await sleep(100);
        await writeFile(join(into, 'thing.jar'), 'content');
      },
    };
    const folders = await Promise.all([1, 2, 3].map(() => ensureArtefact(artefact, quiet.log)));
    assert.equal(new Set(folders).size, 1);
    assert.equal(builds, 1);
    await ensureArtefact(artefact, quiet.log);
    assert.equal(builds, 1);
    const file = join(String(folders[0]), 'thing.jar');
    await writeFile(file, 'c0ntent');
    await ensureArtefact(artefact, quiet.log);
    assert.equal(builds, 2);
    assert.equal(await readFile(file, 'utf8'), 'content');
    assert.deepEqual(await readdir(join(folder, 'clockify-kafka')), ['thing-1']);
  });

  test('keeps nothing of a download that failed', async () => {
    const artefact: Artefact = {
      id: 'bad-1',
      name: 'a bad thing',
      build: () => Promise.reject(new Error('no network')),
    };
    await assert.rejects(ensureArtefact(artefact, quiet.log), /no network/);
    assert.ok(!(await readdir(join(folder, 'clockify-kafka'))).some((name) => name.startsWith('bad')));
  });
});

async function textOf(child: ChildProcess, end: string): Promise<string> {
  let text = '';
  for await (const chunk of child.stdout ?? []) {
    text += chunk;
    if (text.includes(end)) return text;
  }
  throw new Error(`ended early: ${text}`);
}
