import { deepStrictEqual, ok, strictEqual, throws } from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { WorkerError } from '../../../src/core/errors.ts';
import { createControl } from '../../../src/worker/control.ts';
import { createStatus } from '../../../src/worker/status.ts';
import { createSourceWorld, only, start, until } from '../../support/pipeline-source.ts';
import { published, type Thing } from '../../support/pipeline-world.ts';

const things = (count: number, from = 0): Thing[] => Array.from({ length: count }, (_, at) => ({ id: `${from + at}` }));
const HOUR_MS = 3_600_000;

/** A source that is polled each hour, with control and status. */
function createPlace(t: TestContext, items: readonly Thing[] = things(3)) {
  const world = createSourceWorld();
  world.endpointOf('w/u').items = items;
  const control = createControl(['things', 'others'], world.shards.spoil);
  const options = { app: 'test', version: '1', shardCount: 1, now: Date.now };
  const status = createStatus({ ...options, sources: [{ name: 'things', topic: 'clockify.things' }] });
  status.attach(control, () => []);
  const report = (event: Parameters<typeof status.report>[0]) => {
    world.events.push(event);
    status.report(event);
  };
  const env = world.environment({ register: control.slices, report, guard: { share: 0.2, atLeast: 5 } });
  const source = world.source({ schedule: { everyMs: HOUR_MS, spreadMs: 0 } });
  report({ type: 'source-started', source: 'things', topic: 'clockify.things' });
  const run = start(t, world, source, env);
  t.after(() => world.shards.closed());
  const feed = () => {
    for (const event of run.told.splice(0)) report(event);
    return status.snapshot(10);
  };
  const things_ = () => feed().sources[0] ?? fail();
  return { world, control, status, run, feed, source: things_, sweeps: () => world.endpointOf('w/u').asked.length };
}

const fail = (): never => {
  throw new Error('there is no such source');
};

test('poll sweeps at once what is due in an hour, and a wish during a sweep is for the next one', async (t) => {
  const { world, control, sweeps, source } = createPlace(t);
  await until(() => sweeps() === 1 && source().state === 'idle');
  world.endpointOf('w/u').before = () => {
    if (sweeps() > 2) return;
    control.poll('things', 'w');
    control.poll('things', 'w');
  };
  deepStrictEqual(control.poll('things'), { source: 'things', slices: 1, elsewhere: [] });
  await until(() => sweeps() === 3);
  strictEqual(control.poll('things', 'another workspace').slices, 0);
  await new Promise((resolve) => setTimeout(resolve, 20));
  strictEqual(sweeps(), 3);
});

test('a paused source is not swept, though a person asks for it, until it is resumed', async (t) => {
  const { control, sweeps, source } = createPlace(t);
  await until(() => sweeps() === 1);
  control.pause('things');
  await until(() => source().slices[0]?.state === 'paused');
  control.poll('things');
  await new Promise((resolve) => setTimeout(resolve, 20));
  strictEqual(sweeps(), 1);
  strictEqual(source().state, 'paused');
  control.resume('things');
  await until(() => sweeps() === 2);
});

test('an unknown source is refused, with the names of those there are', (t) => {
  const { control } = createPlace(t);
  throws(() => control.pause('thing'), { code: 'control.no_source', hint: 'Sources: things, others.' });
});

test('workspaces that another worker polls are named', async (t) => {
  const { world, control, sweeps } = createPlace(t);
  await until(() => sweeps() === 1);
  world.owned$.next(new Set());
  deepStrictEqual(control.poll('things'), { source: 'things', slices: 0, elsewhere: ['w'] });
});

test('P4: the guard is shown with its numbers, confirmed, and gone after the deletes', async (t) => {
  const { world, control, source, sweeps } = createPlace(t, things(20));
  await until(() => sweeps() === 1 && source().slices[0]?.state === 'idle');
  world.endpointOf('w/u').items = things(8);
  control.poll('things');
  await until(() => source().state === 'guarded');
  const { guard } = source().slices[0] ?? fail();
  deepStrictEqual([guard?.held, guard?.missing, guard?.confirmed, source().guarded], [5, 12, false, 5]);
  deepStrictEqual(control.confirmDeletes('things'), { source: 'things', slices: 1, elsewhere: [], confirmed: 12 });
  await until(() => source().state === 'idle');
  strictEqual(source().published.d, 12);
  strictEqual(published(world.sink).filter((line) => line.startsWith('d')).length, 12);
  strictEqual(control.confirmDeletes('things').confirmed, 0);
});

test('P4: what the guard holds of a shard that another worker has now is not shown or confirmed here', async (t) => {
  const { world, control, source, sweeps } = createPlace(t, things(20));
  await until(() => sweeps() === 1 && source().slices[0]?.state === 'idle');
  world.endpointOf('w/u').items = things(8);
  control.poll('things');
  await until(() => source().state === 'guarded');
  world.owned$.next(new Set());
  await until(() => source().sliceCount === 0);
  deepStrictEqual([source().guarded, control.confirmDeletes('things').confirmed], [0, 0]);
  world.owned$.next(new Set([0]));
  await until(() => source().state === 'guarded');
});

test('P4: what the guard holds below a parent that is gone is shown, and deleted after it is confirmed', async (t) => {
  const { world, control, source, sweeps } = createPlace(t, things(20));
  await until(() => sweeps() === 1 && source().slices[0]?.state === 'idle');
  world.users$.next(only('other'));
  await until(() => source().state === 'guarded');
  strictEqual(source().slices[0]?.slice, 'things/w/u');
  ok(control.confirmDeletes('things').confirmed === 20);
  world.users$.next(only('other', 'third'));
  await until(() => published(world.sink).filter((line) => line.startsWith('d')).length === 20);
  await until(() => source().guarded === 0);
});

test('P2, P3: resync publishes every row once more as r, and the next sweep nothing', async (t) => {
  const { world, control, sweeps } = createPlace(t, things(1200));
  await until(() => sweeps() >= 12 && published(world.sink).length === 1200);
  const signal = new AbortController().signal;
  const from = world.sink.committed.length;
  const before = new Map(world.sink.committed.map(({ headers, timestampMs }) => [headers.ce_subject, timestampMs]));
  strictEqual((await control.resync('things', {}, signal)).published, 1200);
  const again = world.sink.committed.slice(from);
  strictEqual(new Set(published(world.sink, from)).size, 1200);
  ok(published(world.sink, from).every((line) => line.startsWith('r ')));
  ok(again.every(({ headers, timestampMs }) => timestampMs > (before.get(headers.ce_subject) ?? Infinity)));
  control.poll('things');
  await until(() => sweeps() >= 24);
  strictEqual(world.sink.committed.length, from + 1200);
  deepStrictEqual((await control.resync('things', { workspace: 'x' }, signal)).published, 0);
  deepStrictEqual((await control.resync('things', { fromMs: 0 }, signal)).published, 0, 'things have no start');
});

test('a slice that fails shows why, and no longer once it goes well again', async (t) => {
  const { world, control, source, sweeps } = createPlace(t);
  await until(() => sweeps() === 1 && source().state === 'idle');
  world.endpointOf('w/u').before = () => {
    throw new WorkerError('config', 'clockify.forbidden', 'refused');
  };
  control.poll('things');
  await until(() => source().state === 'failing');
  strictEqual(source().slices[0]?.lastError?.code, 'clockify.forbidden');
  world.endpointOf('w/u').before = () => {};
  control.poll('things');
  await until(() => source().state === 'idle');
  strictEqual(source().lastError?.current, false);
  deepStrictEqual(source().firstLoad, { done: 1, of: 1, isDone: true, remainingMs: undefined });
});
