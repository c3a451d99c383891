import { deepStrictEqual, ok, rejects, strictEqual } from 'node:assert/strict';
import { mock, type TestContext, test } from 'node:test';
import { WorkerError } from '../../../src/core/errors.ts';
import { createOutageGate } from '../../../src/pipeline/outage-gate.ts';
import { openShard } from '../../../src/pipeline/shard.ts';
import { createWorld, endOf, fakeEndpoint, published, sweep } from '../../support/pipeline-world.ts';

const away = () => new WorkerError('transient', 'sink.not_committed', 'nobody is there');
const signal = new AbortController().signal;

function gateOf(t: TestContext) {
  mock.timers.enable({ apis: ['setTimeout'] });
  t.after(() => mock.timers.reset());
  let outcome: Error | undefined;
  let attempts = 0;
  const gate = createOutageGate(async () => {
    attempts += 1;
    if (outcome !== undefined) throw outcome;
  });
  const passed: string[] = [];
  const pass = (name: string, until = signal) =>
    gate.pass(until).then(
      () => passed.push(name),
      () => passed.push(`${name} left`),
    );
  const later = async (ms: number) => {
    mock.timers.tick(ms);
    for (let turn = 0; turn < 5; turn++) await Promise.resolve();
  };
  return { gate, pass, passed, later, set: (error: Error | undefined) => (outcome = error), attempts: () => attempts };
}

test('P8: while nothing is taken nobody passes, one attempt after the other finds out, and then all go on', async (t) => {
  const { gate, pass, passed, later, set, attempts } = gateOf(t);
  await pass('before');
  set(away());
  gate.failed();
  void pass('one');
  void pass('two');
  for (const [ms, count] of [
    [500, 1],
    [1_000, 2],
    [2_000, 3],
    [4_000, 4],
    [8_000, 5],
    [10_000, 6],
    [10_000, 7],
  ] as const) {
    await later(ms);
    strictEqual(attempts(), count, `after ${ms} ms more`);
  }
  deepStrictEqual(passed, ['before']);
  set(undefined);
  await later(10_000);
  deepStrictEqual(passed, ['before', 'one', 'two']);
  await pass('after');
  strictEqual(passed.at(-1), 'after');
});

test('a commit that was taken, another error and an end let everybody go at once; who aborts leaves the line', async (t) => {
  const { gate, pass, passed, later, set } = gateOf(t);
  const leaving = new AbortController();
  set(away());
  gate.failed();
  void pass('leaves', leaving.signal);
  leaving.abort();
  void pass('one');
  gate.worked();
  await later(0);
  gate.failed();
  void pass('two');
  set(new WorkerError('transient', 'sink.fenced', 'another one has it'));
  await later(500);
  gate.failed();
  void pass('three');
  gate.close();
  await later(0);
  deepStrictEqual(passed, ['leaves left', 'one', 'two', 'three']);
  await rejects(async () => {
    gate.failed();
    await gate.pass(AbortSignal.abort(new Error('stopped')));
  }, /stopped/);
});

test('P1 P8: a slice whose commit is not taken asks for nothing more until one is taken, and then loses nothing', async () => {
  const world = await createWorld();
  const endpoint = fakeEndpoint();
  endpoint.items = [{ id: '1' }];
  const context = world.context(endpoint);
  world.sink.failNext('not_committed');
  strictEqual(endOf(await sweep(context)).outcome, 'complete');
  deepStrictEqual(endpoint.asked, [1, 1], 'once before it was known, and once when it was over');
  deepStrictEqual(published(world.sink), ['r 1']);
  ok(world.retries.length === 1);
});

test('P8: nor does one whose worker has lost its group ask for more, until it is a member again', async () => {
  const world = await createWorld();
  const endpoint = fakeEndpoint();
  endpoint.items = [{ id: '1' }];
  let isMember = false;
  let refusals = 0;
  const mayCommit = () => {
    if (isMember) return;
    refusals += 1;
    // The second is the gate's own attempt.
    isMember = refusals === 2;
    throw away();
  };
  const shard = openShard(0, world.shard.state, await world.sink.fence(0, signal), mayCommit);
  strictEqual(endOf(await sweep({ ...world.context(endpoint), shard })).outcome, 'complete');
  deepStrictEqual([endpoint.asked, refusals], [[1, 1], 2]);
  deepStrictEqual(published(world.sink), ['r 1']);
});
