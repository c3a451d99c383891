import { strict as assert } from 'node:assert';
import { randomUUID } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { startSimulator } from '../../src/simulator/simulator.ts';
import { sharedStack } from '../stack/shared-stack.ts';
import { type Published, readPublished } from '../support/published.ts';
import { startWorker, type WorkerEnvironment } from '../support/worker-process.ts';

const WAIT_MS = 30_000;

async function until<T>(look: () => Promise<T | undefined>, what: string): Promise<T> {
  for (const giveUpAt = Date.now() + WAIT_MS; Date.now() < giveUpAt; await sleep(300)) {
    const found = await look().catch(() => undefined);
    if (found !== undefined) return found;
  }
  throw new Error(`waited ${WAIT_MS} ms in vain for ${what}`);
}

test('N26: an inferred schema is kept in the registry, grows by a new field, and is found again at the next start', {
  timeout: 120_000,
}, async (t) => {
  const stack = await sharedStack();
  const folder = mkdtempSync(join(tmpdir(), 'clockify-kafka-growth-'));
  const simulator = await startSimulator({ seed: 3, workspaces: 1, users: 2, days: 2 });
  t.after(async () => {
    await simulator.close();
    rmSync(folder, { recursive: true, force: true });
  });
  const prefix = `g${randomUUID().slice(0, 8)}`;
  const topic = `${prefix}.labels`;
  const subject = `${stack.registryUrl}/subjects/${topic}-value`;
  const config = join(folder, 'labels.yaml');
  const endpoint = { url: '/workspaces/{workspace_id}/tags' };
  const from = (variable: string) => `\${${variable}}`;
  const configuration = {
    credentials: { acme: { api_key: from('CLOCKIFY_API_KEY'), base_url: from('CLOCKIFY_URL'), rate: '100/s' } },
    sources: [{ name: 'labels', credential: 'acme', key: '$.id', every: '1s', endpoint }],
    kafka: { brokers: from('KAFKA_BROKERS') },
    registry: { url: from('REGISTRY_URL') },
    topics: { replication_factor: 1 },
  };
  writeFileSync(config, JSON.stringify(configuration));
  const logFile = join(folder, 'worker.log');
  const place: WorkerEnvironment = {
    config,
    clockifyUrl: simulator.url,
    apiKey: simulator.apiKey,
    brokers: stack.brokers,
    registryUrl: stack.registryUrl,
    logFile,
    args: ['--shards', '0-23'],
    env: { CLOCKIFY_KAFKA_APP: prefix, CLOCKIFY_KAFKA_TOPICS_PREFIX: prefix },
  };
  const rows = async (wanted: (records: readonly Published[]) => boolean) =>
    until(async () => {
      const records = await readPublished(stack, [topic]);
      return wanted(records) ? records : undefined;
    }, `the rows of ${topic}`);
  const versions = async () => (await (await fetch(`${subject}/versions`)).json()) as number[];

  const [workspaceId = ''] = simulator.world.store.workspaceIds();
  const before = simulator.world.store.rows('tags', workspaceId).length;
  const worker = startWorker(place);
  t.after(() => worker.end('SIGKILL'));
  await rows((records) => records.length === before);
  assert.deepEqual(await versions(), [1]);

  simulator.world.store.extraFields = true;
  const made = simulator.world.createTag(workspaceId, 'with a field that nobody knows');
  const isGrown = ({ key, value }: Published) =>
    key.id === made.id && Object.keys(value ?? {}).some((name) => name.startsWith('simulator'));
  const after = await rows((records) => records.some(isGrown));
  assert.deepEqual(await versions(), [1, 2]);
  const level = (await (await fetch(`${stack.registryUrl}/config/${topic}-value`)).json()) as object;
  assert.deepEqual(level, { compatibilityLevel: 'FULL_TRANSITIVE' });
  assert.ok(
    after.every(({ key, value }) => value?.__op === 'r' || key.id === made.id),
    'only what has it is news',
  );
  assert.equal(await worker.end('SIGTERM'), 0);
  const log = readFileSync(logFile, 'utf8');
  assert.match(
    log,
    /"event":"shape.changed","source":"labels","kind":"new","fields":\["simulator/,
    'the log names the field',
  );
  assert.match(log, new RegExp(`"subject":"${topic}-value".*schema registered`));

  const again = startWorker({ ...place, args: [...(place.args ?? []), '--once'] });
  assert.equal(await again.exited, 0);
  assert.deepEqual(await versions(), [1, 2], 'it is found and not inferred anew');
  assert.equal((await readPublished(stack, [topic])).length, after.length, 'and nothing is published again');
});
