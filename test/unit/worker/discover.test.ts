import { deepStrictEqual, ok, strictEqual } from 'node:assert/strict';
import { test } from 'node:test';
import { firstValueFrom, take, toArray } from 'rxjs';
import { WorkerError } from '../../../src/core/errors.ts';
import { createDiscovery, type ListValues } from '../../../src/worker/discover.ts';

const refused = () => new WorkerError('config', 'clockify.forbidden', 'refused');
const away = () => new WorkerError('transient', 'clockify.unreachable', 'away');

/** A discovery over a scripted list: each reading is a set, or an error to throw; the last one repeats. */
function discovery(
  script: readonly (readonly string[] | WorkerError)[],
  over: { once?: boolean; everyMs?: number } = {},
) {
  const readings: string[] = [];
  const failures: string[] = [];
  const found: number[] = [];
  const list: ListValues = async (parameter, params) => {
    const reading = script[Math.min(readings.length, script.length - 1)] ?? [];
    readings.push([parameter, ...Object.values(params)].join(' '));
    if (reading instanceof WorkerError) throw reading;
    return new Set(reading);
  };
  const valuesOf = createDiscovery(list, {
    everyMs: over.everyMs ?? 2,
    ambient: { now: Date.now, monotonic: () => performance.now(), random: () => 0 },
    once: over.once ?? false,
    onFound: (_, count) => found.push(count),
    onFailure: (_, error) => failures.push(error.code),
  });
  return { valuesOf, readings, failures, found };
}

const rejection = async (promise: Promise<unknown>): Promise<WorkerError> => {
  const error = await promise.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  ok(error instanceof WorkerError);
  return error;
};

test('one reading is shared by all who want the same list, and another list is read apart', async (t) => {
  const { valuesOf, readings } = discovery([['a']], { everyMs: 10_000 });
  const inner = { workspace: 'w' };
  const all = [valuesOf('user', inner), valuesOf('user', inner), valuesOf('user', { workspace: 'v' })];
  for (const values$ of all) {
    const subscription = values$.subscribe();
    t.after(() => subscription.unsubscribe());
  }
  deepStrictEqual([...(await firstValueFrom(valuesOf('user', inner)))], ['a']);
  deepStrictEqual(readings, ['user w', 'user v']);
});

test('the list is read again at each interval, and no longer when nobody wants it', async () => {
  const { valuesOf, readings, found } = discovery([['a'], ['a', 'b'], []]);
  const sets = await firstValueFrom(valuesOf('workspace', {}).pipe(take(3), toArray()));
  deepStrictEqual(
    sets.map((set) => [...set]),
    [['a'], ['a', 'b'], []],
  );
  deepStrictEqual(found, [1, 2, 0]);
  const read = readings.length;
  await new Promise((resolve) => setTimeout(resolve, 20));
  strictEqual(readings.length, read);
});

test('a failed reading keeps the last set, and the next one goes on', async () => {
  const { valuesOf, failures } = discovery([['a'], refused(), refused(), ['b']]);
  const sets = await firstValueFrom(valuesOf('workspace', {}).pipe(take(2), toArray()));
  deepStrictEqual(
    sets.map((set) => [...set]),
    [['a'], ['b']],
  );
  deepStrictEqual(failures, ['clockify.forbidden', 'clockify.forbidden']);
});

test('what is transient is tried again and told, also at the very first', async () => {
  const { valuesOf, failures } = discovery([away(), away(), ['a']]);
  deepStrictEqual([...(await firstValueFrom(valuesOf('workspace', {})))], ['a']);
  deepStrictEqual(failures, ['clockify.unreachable', 'clockify.unreachable']);
});

test('a first top-level list that is refused three times is thrown: the credential is wrong', async () => {
  const { valuesOf, failures } = discovery([refused(), refused(), refused(), ['a']]);
  strictEqual((await rejection(firstValueFrom(valuesOf('workspace', {})))).code, 'clockify.forbidden');
  deepStrictEqual(failures, ['clockify.forbidden', 'clockify.forbidden']);
});

test('a first top-level list that is refused once stops nobody', async () => {
  const { valuesOf } = discovery([refused(), ['a']]);
  deepStrictEqual([...(await firstValueFrom(valuesOf('workspace', {})))], ['a']);
});

test('a list below the top that is refused stops nobody', async () => {
  const { valuesOf, failures } = discovery([refused(), ['a']]);
  deepStrictEqual([...(await firstValueFrom(valuesOf('user', { workspace: 'w' })))], ['a']);
  deepStrictEqual(failures, ['clockify.forbidden']);
});

test('with once the list is read one time for all, and every failure is thrown', async () => {
  const { valuesOf, readings } = discovery([['a'], ['b']], { once: true });
  const twice = [valuesOf('workspace', {}), valuesOf('workspace', {})].map((values$) =>
    firstValueFrom(values$.pipe(toArray())),
  );
  for (const sets of await Promise.all(twice))
    deepStrictEqual(
      sets.map((set) => [...set]),
      [['a']],
    );
  deepStrictEqual([...(await firstValueFrom(valuesOf('workspace', {})))], ['a']);
  strictEqual(readings.length, 1);
  const failing = discovery([refused()], { once: true });
  strictEqual(
    (await rejection(firstValueFrom(failing.valuesOf('user', { workspace: 'w' })))).code,
    'clockify.forbidden',
  );
});

test('a fault of our own is thrown wherever it happens', async () => {
  const { valuesOf } = discovery([['a'], new WorkerError('fatal', 'internal.unexpected', 'ours')]);
  strictEqual((await rejection(firstValueFrom(valuesOf('user', { w: 'w' }).pipe(take(2), toArray())))).kind, 'fatal');
});
