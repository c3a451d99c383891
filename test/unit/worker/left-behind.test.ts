import { deepStrictEqual } from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import type { Testimony } from '../../../src/pipeline/ports.ts';
import { createSourceWorld, only, type SourceWorld, start, until } from '../../support/pipeline-source.ts';
import { published } from '../../support/pipeline-world.ts';

const things = (...ids: string[]) => ids.map((id) => ({ id, name: id }));

/** Two parents with things, of which the first leaves the list. */
async function leaving(t: TestContext, says: (id: string) => Testimony, before: (stop: () => void) => void = () => {}) {
  const world = createSourceWorld();
  world.users$.next(only('u', 'v'));
  world.endpointOf('w/u').items = things('a', 'b');
  world.endpointOf('w/v').items = things('c');
  world.endpointOf('w/u').testify = says;
  const run = start(t, world);
  await until(() => run.sweeps('things/w/u') > 1 && run.sweeps('things/w/v') > 1);
  before(run.stop);
  world.users$.next(only('v'));
  return { world, run };
}

const deleted = (world: SourceWorld) => published(world.sink).filter((line) => line.startsWith('d '));

test('P4: what is left below a parent that is gone is deleted, each by its own witness', async (t) => {
  const { world, run } = await leaving(t, () => ({ says: 'gone', receivedAtMs: 1_000_000 }));
  await until(() => deleted(world).length === 2);
  deepStrictEqual(deleted(world).sort(), ['d a', 'd b']);
  deepStrictEqual(world.endpointOf('w/u').witnessed.slice(-2).sort(), ['a', 'b']);
  deepStrictEqual(run.ends, []);
});

test('P4: a parent that is only hidden, and children that are refused, delete nothing and are asked once', async (t) => {
  for (const says of ['alive', 'nothing'] as const) {
    const { world, run } = await leaving(t, (id) =>
      says === 'alive'
        ? { says, item: { id, name: id }, receivedAtMs: 1_000_000 }
        : { says, reason: 'the key has no right to this' },
    );
    const { witnessed } = world.endpointOf('w/u');
    await until(() => witnessed.length === 2);
    world.users$.next(only('v'));
    const sweeps = run.sweeps('things/w/v');
    await until(() => run.sweeps('things/w/v') > sweeps + 3);
    deepStrictEqual([deleted(world), [...witnessed].sort()], [[], ['a', 'b']]);
    run.stop();
  }
});

test('P4: it is settled at the next start too, if nobody was there when the parent went', async (t) => {
  const gone: Testimony = { says: 'gone', receivedAtMs: 1_000_000 };
  const { world } = await leaving(
    t,
    () => gone,
    (stop) => stop(),
  );
  await world.shards.closed();
  deepStrictEqual(deleted(world), []);
  start(t, world);
  await until(() => deleted(world).length === 2);
  deepStrictEqual(deleted(world).sort(), ['d a', 'd b']);
});
