import { deepEqual, equal, match, ok } from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { sharedStack } from '../stack/shared-stack.ts';
import { until } from '../support/in-process-worker.ts';
import { runProgram } from '../support/program.ts';
import { readPublished } from '../support/published.ts';
import { EXPENSES, NO_KAFKA, openTryPlace, type TryPlace, template } from './try-place.ts';

interface Change {
  readonly op: string;
  readonly topic: string;
  readonly key: { readonly workspace_id: string; readonly id: string };
  readonly before: Readonly<Record<string, unknown>> | null;
  readonly after: Readonly<Record<string, unknown>> | null;
  readonly changed: readonly string[];
}

interface DiffJson {
  readonly counts: Readonly<Record<string, number>>;
  readonly changes: readonly Change[];
  readonly notes: readonly string[];
  readonly partial: readonly { readonly code: string }[];
}

const NOTHING = { r: 0, c: 0, u: 0, d: 0, 'dead-letter': 0 };

async function diffOf(place: TryPlace, source: string, file: string, ...more: string[]): Promise<DiffJson> {
  const { code, out, err } = await place.run(['diff', source, '--json', '-c', file, ...more]);
  equal(code, 0, err);
  return JSON.parse(out) as DiffJson;
}

/** One create, one update and one delete of entries. */
function mutate({ simulator, workspace }: TryPlace): { readonly c: string; readonly u: string; readonly d: string } {
  const { world } = simulator;
  const [one, two] = world.store.rows('timeEntries', workspace);
  const user = world.store.rows('users', workspace)[0]?.id ?? '';
  const { id } = world.addEntry({ workspaceId: workspace, userId: user, description: 'new one' });
  world.editEntry(workspace, one?.id ?? '', { description: 'another word' });
  world.deleteEntry(workspace, two?.id ?? '');
  return { c: id, u: one?.id ?? '', d: two?.id ?? '' };
}

const opsOf = (changes: readonly Change[]): string[] => changes.map(({ op, key }) => `${op} ${key.id}`).sort();

describe('diff beside a local state', { concurrency: 4 }, () => {
  let place: TryPlace;
  before(async () => {
    place = await openTryPlace();
  });
  after(() => place.close());

  const local = ['--sink', 'stdout'];
  const sources = [template('users'), template('projects'), template('time-entries')];

  test('before the first run everything is a first read, so many shown and all counted', async () => {
    const file = place.configure('first', sources);
    const { counts, changes, notes } = await diffOf(place, 'projects', file, ...local, '--limit', '2');
    deepEqual([changes.length, changes[0]?.op, changes[0]?.before], [2, 'r', null]);
    ok((counts.r ?? 0) > 2);
    match(notes.join(), /no state yet/);
    ok(!readdirSync(place.folder).includes('first'), 'nothing is written');
  });

  test('after a run it shows exactly what has changed, with before and after, and leaves the state as it was', async () => {
    const own = await openTryPlace();
    try {
      const file = own.configure('then', sources);
      equal((await own.run(['run', '--once', ...local, '-c', file])).code, 0);
      deepEqual((await diffOf(own, 'time-entries', file, ...local)).counts, NOTHING);
      const { c, u, d } = mutate(own);
      const state = join(own.folder, 'then', 'then.stdout.state');
      const before = readFileSync(state);
      const { counts, changes } = await diffOf(own, 'time-entries', file, ...local);
      deepEqual(counts, { ...NOTHING, c: 1, u: 1, d: 1 });
      deepEqual(opsOf(changes), [`c ${c}`, `d ${d}`, `u ${u}`]);
      const update = changes.find(({ op }) => op === 'u');
      deepEqual([update?.changed, update?.after?.description], [['description'], 'another word']);
      const gone = changes.find(({ op }) => op === 'd');
      deepEqual([gone?.after, gone?.before?.id], [null, d]);
      ok(before.equals(readFileSync(state)));
      const shown = await own.run(['diff', 'time-entries', ...local, '-c', file]);
      match(shown.out, /1 creates, 1 updates, 1 deletes would be published/);
      match(shown.out, /description: ".*" → "another word"/);
      const published = await own.run(['run', '--once', ...local, '-c', file]);
      const lines = published.out
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line) as Change & { topic: string });
      const entries = lines.filter(({ topic }) => topic === 'clockify.time_entries');
      deepEqual(opsOf(entries), opsOf(changes));
      deepEqual((await diffOf(own, 'time-entries', file, ...local)).counts, NOTHING);
    } finally {
      await own.close();
    }
  });

  test('a manual endpoint is compared like any other', async () => {
    const ready = EXPENSES.map((line) =>
      line.replace('$ #', '$.expenses.expenses[*] #').replace('key: hash', 'key: $.id'),
    );
    const file = place.configure('manual', ready);
    equal((await place.run(['run', '--once', ...local, '-c', file])).code, 0);
    deepEqual((await diffOf(place, 'expenses', file, ...local)).counts, NOTHING);
  });

  test('a source whose topic has changed starts anew, and says so', async () => {
    const file = place.configure('moved', sources);
    equal((await place.run(['run', '--once', ...local, '-c', file])).code, 0);
    const moved = place.configure('moved', [...sources.slice(1), template('users', ', topic: people')]);
    const { counts, notes } = await diffOf(place, 'users', moved, ...local);
    equal(counts.r, 3);
    match(notes.join(), /starts anew/);
  });

  test('a worker that runs on the same state file is no hindrance, and goes on', async () => {
    const file = place.configure('locked', sources);
    let told: Promise<DiffJson> | undefined;
    const onErr = (text: string, kill: (signal: NodeJS.Signals) => void) => {
      if (told !== undefined || (text.match(/sweep\.complete/g) ?? []).length < 5) return;
      told = diffOf(place, 'users', file, ...local);
      told.catch(() => undefined).finally(() => kill('SIGTERM'));
    };
    const env = { KEY: place.simulator.apiKey };
    const worker = await runProgram(['run', ...local, '-c', file], { env, onErr });
    equal(worker.code, 0, worker.err);
    deepEqual((await told)?.counts, NOTHING);
  });

  test('a user who is gone has no read by id: a second sweep is the second witness', async () => {
    const own = await openTryPlace({ users: 4 });
    try {
      const file = own.configure('gone', [template('users')]);
      equal((await own.run(['run', '--once', ...local, '-c', file])).code, 0);
      const user = own.simulator.world.store.rows('users', own.workspace)[3]?.id ?? '';
      own.simulator.world.removeUser(own.workspace, user);
      const { changes } = await diffOf(own, 'users', file, ...local);
      deepEqual(opsOf(changes), [`d ${user}`]);
    } finally {
      await own.close();
    }
  });

  test('deletes that the guard would stop are said, and not counted as deletes', async () => {
    const own = await openTryPlace({ users: 2 });
    try {
      const file = own.configure('guard', [template('time-entries')], [...NO_KAFKA, 'deletes: { guard_at_least: 1 }']);
      equal((await own.run(['run', '--once', ...local, '-c', file])).code, 0);
      for (const { id } of own.simulator.world.store.rows('timeEntries', own.workspace)) {
        own.simulator.world.deleteEntry(own.workspace, id);
      }
      const { counts, notes } = await diffOf(own, 'time-entries', file, ...local);
      equal(counts.d, 0);
      match(notes.join(), /the guard of deletes would stop/);
    } finally {
      await own.close();
    }
  });

  test('a wrong key, no Kafka and a partial sweep end as they should', async () => {
    const file = place.configure('ends', sources);
    const bad = await place.run(['diff', 'users', ...local, '-c', file], { KEY: 'no-such-key-77' });
    equal(bad.code, 2);
    ok(!`${bad.out}${bad.err}`.includes('no-such-key-77'));
    const away = await place.run(['diff', 'users', '-c', file]);
    equal(away.code, 3);
    match(away.err, /127\.0\.0\.1:1/);
    const member = await place.run(['diff', 'users', '--json', ...local, '-c', file], {
      KEY: place.simulator.memberKey,
    });
    equal(member.code, 2);
    equal((JSON.parse(member.out) as DiffJson).partial[0]?.code, 'clockify.forbidden');
  });
});

describe('diff on a real Kafka', { timeout: 240_000 }, () => {
  let place: TryPlace;
  before(async () => {
    place = await openTryPlace();
  });
  after(() => place.close());

  test('it shows exactly what run --once then publishes', async () => {
    const stack = await sharedStack();
    const app = `diff-${randomUUID().slice(0, 8)}`;
    const file = place.configure(app, [template('time-entries')], settingsOf(stack, app));
    const topic = `${app}.time_entries`;
    match((await diffOf(place, 'time-entries', file)).notes.join(), /no state yet/);
    equal((await place.run(['run', '--once', '-c', file])).code, 0);
    const read = async () => {
      const records = await readPublished(stack, [topic]);
      return new Map(records.map((record) => [`${record.partition}/${record.offset}`, record]));
    };
    const earlier = await read();
    deepEqual((await diffOf(place, 'time-entries', file)).counts, NOTHING);
    const { c, u, d } = mutate(place);
    const { changes } = await diffOf(place, 'time-entries', file);
    deepEqual(opsOf(changes), [`c ${c}`, `d ${d}`, `u ${u}`]);
    ok(changes.every((change) => change.topic === topic));
    deepEqual(await read(), earlier, 'diff has published nothing');
    equal((await place.run(['run', '--once', '-c', file])).code, 0);
    const news = [...(await read())].filter(([at, { value }]) => !earlier.has(at) && value !== null);
    deepEqual(news.map(([, { key, value }]) => `${value?.__op} ${key.id}`).sort(), opsOf(changes));
    deepEqual((await diffOf(place, 'time-entries', file)).counts, NOTHING);
  });

  test('a running worker does not notice it: it is not fenced, and its next commit works', async () => {
    const stack = await sharedStack();
    const app = `beside-${randomUUID().slice(0, 8)}`;
    const file = place.configure(app, [template('time-entries')], settingsOf(stack, app));
    let log = '';
    let stop: (signal: NodeJS.Signals) => void = () => undefined;
    const env = { KEY: place.simulator.apiKey };
    const onErr = (text: string, kill: (signal: NodeJS.Signals) => void) => {
      log = text;
      stop = kill;
    };
    const worker = runProgram(['run', '--shards', '0-23', '-c', file], { env, onErr, limitMs: 120_000 });
    await until(() => (log.match(/sweep\.complete/g) ?? []).length >= 3, 'the worker to have read everything');
    await diffOf(place, 'time-entries', file);
    const user = place.simulator.world.store.rows('users', place.workspace)[0]?.id ?? '';
    const { id } = place.simulator.world.addEntry({ workspaceId: place.workspace, userId: user });
    const topic = `${app}.time_entries`;
    const found = async () => (await readPublished(stack, [topic])).some(({ key }) => key.id === id);
    const giveUpAt = Date.now() + 30_000;
    while (!(await found())) ok(Date.now() < giveUpAt, `the new entry was not published: ${log.slice(-2_000)}`);
    stop('SIGTERM');
    equal((await worker).code, 0);
    ok(!/fenced|outcome_unknown/.test(log), log);
  });
});

function settingsOf(
  stack: { readonly brokers: readonly string[]; readonly registryUrl: string },
  app: string,
): string[] {
  return [
    `kafka: { brokers: ["${stack.brokers.join('", "')}"] }`,
    `registry: { url: "${stack.registryUrl}" }`,
    `topics: { prefix: ${app}, replication_factor: 1 }`,
  ];
}
