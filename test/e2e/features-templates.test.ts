import { strict as assert } from 'node:assert';
import { randomUUID } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { type Simulator, startSimulator } from '../../src/simulator/simulator.ts';
import { sharedStack } from '../stack/shared-stack.ts';
import { type Comparison, compare } from '../support/comparison.ts';
import { allTopics, expectAll } from '../support/expect-all.ts';
import { readPublished } from '../support/published.ts';
import { ALL_CONFIG, startWorker } from '../support/worker-process.ts';

/** One run of every template and every manual endpoint of `config/all.yaml` into Kafka, in pages of two. */
describe('the ready templates', { timeout: 120_000 }, () => {
  const prefix = `f${randomUUID().slice(0, 8)}`;
  const folder = mkdtempSync(join(tmpdir(), 'clockify-kafka-templates-'));
  let simulator: Simulator;
  let comparison: Comparison;

  before(async () => {
    const stack = await sharedStack();
    simulator = await startSimulator({ seed: 5, workspaces: 2, users: 9, days: 12 });
    const config = join(folder, 'all.yaml');
    const paged = /template: (?!workspaces|current-user)([a-z-]+), credential: demo,/g;
    const text = readFileSync(ALL_CONFIG, 'utf8').replace(paged, '$& page_size: 2,');
    writeFileSync(config, text.replace('{ sortColumn: DATE }', '{ sortColumn: DATE, pageSize: 50 }'));
    const worker = startWorker({
      config,
      clockifyUrl: simulator.url,
      reportsUrl: simulator.reportsUrl,
      apiKey: simulator.apiKey,
      brokers: stack.brokers,
      registryUrl: stack.registryUrl,
      logFile: join(folder, 'worker.log'),
      args: ['--once', '--shards', '0-23'],
      env: { CLOCKIFY_KAFKA_APP: prefix, CLOCKIFY_KAFKA_TOPICS_PREFIX: prefix },
    });
    assert.equal(await worker.exited, 0, readFileSync(join(folder, 'worker.log'), 'utf8').slice(-2_000));
    const published = await readPublished(stack, allTopics(prefix));
    comparison = compare(published, await expectAll(simulator, stack.registryUrl, prefix));
  });
  after(async () => {
    await simulator.close();
    rmSync(folder, { recursive: true, force: true });
  });

  const isTrue = (topic: string, least = 1) => {
    const { keys, records, missing, extra, different } = comparison.topics[`${prefix}.${topic}`] ?? assert.fail(topic);
    assert.deepEqual({ missing, extra, different }, { missing: [], extra: [], different: [] });
    assert.ok(keys >= least, `${topic} has ${keys} rows`);
    assert.equal(records, keys, 'each row was published once');
  };
  /** Pages that were asked of a list, by its path as the request log has it. */
  const pagesOf = (path: string) =>
    new Set(
      simulator.requests.entries
        .filter((entry) => entry.path.endsWith(path) && entry.query.includes('page-size=2'))
        .map(({ query }) => new URLSearchParams(query).get('page')),
    );
  const isPaged = (path: string) => assert.ok(pagesOf(path).size > 1, `${path} was read page by page`);

  test('N1: every workspace of the key is a row, and its id feeds the others', () => {
    isTrue('workspaces', 2);
    const ids = new Set(simulator.requests.entries.map(({ workspaceId }) => workspaceId));
    for (const id of simulator.world.store.workspaceIds()) assert.ok(ids.has(id));
  });

  test('N2: the current user is one row, with its workspaces', () => {
    isTrue('current_user');
    assert.ok(simulator.requests.entries.some(({ method, path }) => method === 'GET' && path === '/api/v1/user'));
  });

  for (const [number, topic, path] of [
    ['N3', 'users', '/users'],
    ['N4', 'user_groups', '/user-groups'],
    ['N5', 'projects', '/projects'],
    ['N6', 'clients', '/clients'],
    ['N7', 'tags', '/tags'],
    ['N8', 'tasks', '/tasks'],
    ['N9', 'time_entries', '/time-entries'],
  ] as const) {
    test(`${number}: every ${topic.replace('_', ' ')} row of every workspace, from all pages`, () => {
      isTrue(topic, 3);
      isPaged(path);
    });
  }

  test('N10: the detailed report is every finished entry of its range, from all pages', () => {
    isTrue('detailed_report', 51);
    const asked = simulator.requests.entries.filter(({ path }) => path.endsWith('/reports/detailed'));
    assert.ok(asked.length > simulator.world.store.workspaceIds().length, 'one page did not hold them');
    assert.ok(asked.every(({ method, path }) => method === 'POST' && path.startsWith('/report/v1/')));
  });

  test('N11: the summary report is a row for each innermost group, the totals of the report on each', () => {
    isTrue('summary_report', 10);
  });

  test('N14 N20 N22: approvals, expenses with their totals, and a chain of three calls are rows like any other', () => {
    isTrue('approvals', 2);
    isTrue('expenses', 2);
    isTrue('task_details', 3);
  });
});
