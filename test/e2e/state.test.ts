import { deepEqual, equal, match, ok } from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { shardFor } from '../../src/core/murmur2.ts';
import { sharedStack } from '../stack/shared-stack.ts';
import type { Stack } from '../stack/stack.ts';
import { eventually } from '../support/eventually.ts';
import { kafkaOf, readPublished } from '../support/published.ts';
import { startWorker } from '../support/worker-process.ts';
import { openTryPlace, type TryPlace, template } from './try-place.ts';

interface Shown {
  readonly workers: number;
  readonly sources: readonly { source: string; topic: string; orphan: boolean; entities: number }[];
  readonly damaged: readonly { shard: number; key: string; code: string }[];
}

const SHARDS = 5;

describe('state', () => {
  let stack: Stack;
  let place: TryPlace;
  before(async () => {
    [stack, place] = await Promise.all([sharedStack(), openTryPlace({ workspaces: 3, projectsPerWorkspace: 5 })]);
  });
  after(() => Promise.all([place.close(), stack.stop()]));

  const configure = (name: string, sources: readonly string[]) =>
    place.configure(
      name,
      sources.map((source) => template(source)),
      [
        `kafka: { brokers: ["${stack.brokers.join('", "')}"], shards: ${SHARDS}, session_timeout: 6s }`,
        `topics: { prefix: ${name}, replication_factor: 1 }`,
        `registry: { url: "${stack.registryUrl}" }`,
      ],
    );
  const load = async (file: string) => {
    const { code, err } = await place.run(['run', '--once', '-c', file, '--shards', `0-${SHARDS - 1}`]);
    equal(code, 0, err);
  };
  const shown = async (file: string): Promise<Shown> => {
    const { code, out, err } = await place.run(['state', 'show', '--json', '-c', file]);
    equal(code, 0, err);
    return JSON.parse(out) as Shown;
  };
  const putState = async (name: string, partition: number, key: string, value: Buffer) => {
    const producer = kafkaOf(stack.brokers).producer();
    await producer.connect();
    await producer.send({ topic: `__clockify-kafka.${name}.state`, messages: [{ key, value, partition }] });
    await producer.disconnect();
  };
  const run = (file: string, name: string) =>
    startWorker({
      clockifyUrl: place.simulator.url,
      apiKey: place.simulator.apiKey,
      brokers: stack.brokers,
      registryUrl: stack.registryUrl,
      logFile: join(place.folder, `${name}.log`),
      config: file,
      env: { KEY: place.simulator.apiKey },
    });
  const logOf = (name: string) => readFileSync(join(place.folder, `${name}.log`), 'utf8');

  test('is shown and exported; what an orphan has is dropped, and a source that is dropped is read anew', async () => {
    const name = `st${randomUUID().slice(0, 8)}`;
    await load(configure(name, ['users', 'projects']));
    const file = configure(name, ['projects']);
    const before = await shown(file);
    const rows = place.simulator.world.store.workspaceIds().length * 5;
    deepEqual(
      before.sources.map(({ source, topic, orphan }) => [source, topic, orphan]),
      [
        ['projects', `${name}.projects`, false],
        ['users', `${name}.users`, true],
      ],
    );
    const projects = before.sources[0]?.entities ?? 0;
    ok(projects >= rows);
    match((await place.run(['state', 'show', '-c', file])).out, /users → .*\(orphan: it is not configured\)/);

    const { out } = await place.run(['state', 'export', '--source', 'projects', '-c', file]);
    const lines = out.trim().split('\n');
    const exported = lines.map((line) => JSON.parse(line) as { type: string; key: string[] });
    equal(exported.filter(({ type }) => type === 'entity').length, projects);

    equal((await place.run(['state', 'reset', '-c', file])).code, 0);
    deepEqual(
      (await shown(file)).sources.map(({ source, entities }) => [source, entities]),
      [['projects', projects]],
    );
    equal((await place.run(['state', 'reset', '--source', 'projects', '-c', file])).code, 0);
    deepEqual((await shown(file)).sources, []);
    await load(file);
    const published = await readPublished(stack, [`${name}.projects`]);
    equal(published.length, 2 * projects, 'every row came once more, as a first read');
  });

  test('a worker that runs is named, and nothing is dropped under it', async () => {
    const name = `st${randomUUID().slice(0, 8)}`;
    const file = configure(name, ['projects']);
    await load(file);
    const worker = run(file, name);
    try {
      await eventually('a worker is shown', async () => (await shown(file)).workers > 0);
      const refused = await place.run(['state', 'reset', '--all', '-c', file]);
      deepEqual([refused.code, refused.err.includes('[state.in_use]')], [2, true]);
      const told = await place.run(['state', 'show', '-c', file]);
      deepEqual([told.code, told.err.includes('a worker is running')], [0, true]);
    } finally {
      await worker.end('SIGTERM');
    }
    equal((await shown(file)).workers, 0);
  });

  test('P1: a record that cannot be read names itself and stops its shard alone; once dropped, the shard goes on', async (t) => {
    const name = `st${randomUUID().slice(0, 8)}`;
    const file = configure(name, ['projects']);
    await load(file);
    const ids = place.simulator.world.store.workspaceIds();
    const [hurt = '', ...others] = ids;
    const shard = shardFor(hurt, SHARDS);
    const well = others.filter((id) => shardFor(id, SHARDS) !== shard);
    ok(well.length > 0, 'another workspace is in another shard');
    const key = JSON.stringify(['e', 'projects', hurt, 'cut']);
    await putState(name, shard, key, Buffer.from([1, 1, 0]));
    const added = ids.map((workspaceId) => place.simulator.world.createProject({ workspaceId, name: 'New' }).id);
    const newOnes = async () =>
      (await readPublished(stack, [`${name}.projects`]))
        .map(({ key: { id = '' } }) => id)
        .filter((id) => added.includes(id));

    const worker = run(file, name);
    t.after(() => worker.end('SIGKILL'));
    const expected = ids.flatMap((id, i) => (shardFor(id, SHARDS) === shard ? [] : [added[i] ?? '']));
    const isTold = async () => (await newOnes()).length >= expected.length && logOf(name).includes('shard.stopped');
    await eventually('the others go on, and the hurt one is told', isTold);
    equal(await worker.end('SIGTERM'), 0);
    deepEqual((await newOnes()).sort(), expected.sort());
    match(logOf(name), new RegExp(`partition ${shard}, offset \\d+`));
    ok(logOf(name).includes(JSON.stringify(key).slice(1, -1)));

    deepEqual(
      (await shown(file)).damaged.map(({ key: of, code }) => [of, code]),
      [[key, 'state.corrupt']],
    );
    equal((await place.run(['state', 'reset', '--damaged', '-c', file])).code, 0);
    await load(file);
    deepEqual((await newOnes()).sort(), [...added].sort());
  });

  test('state of a later format refuses the start and says the way out', async () => {
    const name = `st${randomUUID().slice(0, 8)}`;
    const file = configure(name, ['projects']);
    await load(file);
    const [id = ''] = place.simulator.world.store.workspaceIds();
    await putState(name, shardFor(id, SHARDS), JSON.stringify(['e', 'projects', id, 'later']), Buffer.from([9, 1]));
    const worker = run(file, name);
    equal(await worker.exited, 1);
    match(logOf(name), /state\.unknown_format/);
    match(logOf(name), /state reset --all/);
    equal((await place.run(['state', 'reset', '--all', '-c', file])).code, 0);
    await load(file);
  });
});
