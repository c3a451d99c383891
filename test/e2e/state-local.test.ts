import { deepEqual, equal, match, ok } from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { eventually } from '../support/eventually.ts';
import { startWorker } from '../support/worker-process.ts';
import { openTryPlace, type TryPlace, template } from './try-place.ts';

interface Shown {
  readonly where: string;
  readonly sources: readonly { source: string; orphan: boolean; entities: number }[];
}

interface Line {
  readonly topic: string;
  readonly op: string;
  readonly key: { readonly id: string };
}

const PROJECTS = 5;

// Each at a place of its own.
describe('state of a local sink', { concurrency: true }, () => {
  for (const sink of ['file', 'stdout'] as const) {
    describe(`state of the ${sink} sink`, () => {
      let place: TryPlace;
      before(async () => {
        place = await openTryPlace({ projectsPerWorkspace: PROJECTS });
      });
      after(() => place.close());

      const configure = (name: string, sources: readonly string[]) =>
        place.configure(name, [...sources.map((source) => template(source))]);
      const stateFile = (name: string) => join(place.folder, name, `${name}.${sink}.state`);
      const on = async (file: string, ...args: readonly string[]) => place.run([...args, '--sink', sink, '-c', file]);
      const shown = async (file: string): Promise<Shown> => {
        const { code, out, err } = await on(file, 'state', 'show', '--json');
        equal(code, 0, err);
        return JSON.parse(out) as Shown;
      };
      const entitiesOf = async (file: string) =>
        Object.fromEntries((await shown(file)).sources.map(({ source, entities }) => [source, entities]));
      /** What one sweep of everything writes of projects: `op id`. */
      const load = async (file: string, name: string): Promise<readonly string[]> => {
        const path = join(place.folder, name, 'clockify.projects.jsonl');
        const before = sink === 'file' && existsSync(path) ? readFileSync(path, 'utf8').length : 0;
        const { code, out, err } = await on(file, 'run', '--once');
        equal(code, 0, err);
        const text = sink === 'file' ? readFileSync(path, 'utf8').slice(before) : out;
        const lines = text.split('\n').flatMap((line) => (line === '' ? [] : [JSON.parse(line) as Line]));
        return lines.flatMap(({ topic, op, key }) => (topic === 'clockify.projects' ? [`${op} ${key.id}`] : [])).sort();
      };
      const run = (file: string, name: string) =>
        startWorker({
          clockifyUrl: place.simulator.url,
          apiKey: place.simulator.apiKey,
          brokers: [],
          registryUrl: '',
          logFile: join(place.folder, `${name}.log`),
          config: file,
          args: ['--sink', sink],
          env: { KEY: place.simulator.apiKey },
        });

      test('is shown; what an orphan has is dropped, and a source that is dropped is read anew', async () => {
        const name = 'dropped';
        const first = await load(configure(name, ['users', 'projects']), name);
        ok(first.length >= PROJECTS && first.every((line) => line.startsWith('r ')));
        const file = configure(name, ['projects']);
        const { where, sources } = await shown(file);
        equal(where, stateFile(name));
        deepEqual(
          sources.map(({ source, orphan }) => [source, orphan]),
          [
            ['projects', false],
            ['users', true],
          ],
        );
        equal((await on(file, 'state', 'reset')).code, 0);
        deepEqual(await entitiesOf(file), { projects: first.length });
        deepEqual(await load(file, name), [], 'nothing has changed');
        equal((await on(file, 'state', 'reset', '--source', 'projects')).code, 0);
        deepEqual(await entitiesOf(file), {});
        deepEqual(await load(file, name), first, 'every row came once more, as a first read');
        equal((await on(file, 'state', 'reset', '--all')).code, 0);
        deepEqual(await load(file, name), first);
      });

      test('is in use by a worker that runs: nothing is dropped under it; one that was killed keeps nobody out', async (t) => {
        const name = 'in-use';
        const file = configure(name, ['projects']);
        const rows = (await load(file, name)).length;
        const worker = run(file, name);
        t.after(() => worker.end('SIGKILL'));
        await eventually('the worker has the state', () => existsSync(`${stateFile(name)}.lock`));
        const refused = await on(file, 'state', 'reset', '--all');
        equal(refused.code, 2);
        match(refused.err, /\[local\.state_locked\]/);
        match(refused.err, new RegExp(`is in use by process ${worker.child.pid}`));
        equal(await worker.end('SIGKILL'), 137);
        ok(existsSync(`${stateFile(name)}.lock`), 'it could not take its lock away');
        deepEqual(await entitiesOf(file), { projects: rows });
        equal((await on(file, 'state', 'reset', '--all')).code, 0);
        deepEqual(await entitiesOf(file), {});
      });
    });
  }
});
