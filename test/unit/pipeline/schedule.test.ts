import { deepStrictEqual, ok, strictEqual } from 'node:assert/strict';
import { test } from 'node:test';
import { filter, firstValueFrom, lastValueFrom, of, Subject, take, takeWhile, tap, toArray } from 'rxjs';
import { WorkerError } from '../../../src/core/errors.ts';
import { runSlices, type Schedule, type Turnout } from '../../../src/pipeline/schedule.ts';
import type { SliceContext } from '../../../src/pipeline/sweep.ts';
import { pauseMs } from '../../../src/pipeline/timetable.ts';
import { until } from '../../support/pipeline-source.ts';
import { createWorld, fakeEndpoint, published, type World } from '../../support/pipeline-world.ts';

test('a failing slice pauses twice as long each time, up to five minutes or its own interval', () => {
  deepStrictEqual(
    [0, 1, 2, 3, 4].map((failures) => pauseMs(1000, failures)),
    [1000, 1000, 2000, 4000, 8000],
  );
  strictEqual(pauseMs(1000, 1000), 300_000);
  strictEqual(pauseMs(3_600_000, 1000), 3_600_000);
});

/** One slice alone. */
function runSlice(context: SliceContext, { delayMs, ...schedule }: Schedule & { readonly delayMs: number }) {
  return runSlices(of({ came: [{ context, delayMs }], left: [] }), schedule);
}

/** The first sweeps of a slice, on the real clock with tiny intervals. */
function sweeps(world: World, endpoint = fakeEndpoint(), count = 3, everyMs = 5) {
  const context = {
    ...world.context(endpoint),
    ambient: { now: Date.now, monotonic: () => performance.now(), random: () => 0 },
  };
  return runSlice(context, { everyMs, delayMs: 1 }).pipe(
    takeWhile((event) => event.type !== 'sweep' || --count > 0, true),
    toArray(),
  );
}

test('a slice is swept again and again, never twice at once, however long a sweep takes', async () => {
  const world = await createWorld();
  const endpoint = fakeEndpoint();
  endpoint.items = [{ id: '1' }];
  let running = 0;
  const page = endpoint.page;
  const slow = {
    ...endpoint,
    async page(number: number, signal: AbortSignal) {
      running += 1;
      strictEqual(running, 1);
      await new Promise((resolve) => setTimeout(resolve, 15));
      running -= 1;
      return page(number, signal);
    },
  };
  const events = await lastValueFrom(sweeps(world, slow, 4, 2));
  strictEqual(events.filter(({ type }) => type === 'sweep').length, 4);
  strictEqual(endpoint.asked.length, 4, 'the ticks that fell into a sweep are one');
});

test('a slice that failed goes on at its next tick', async () => {
  const world = await createWorld();
  const endpoint = fakeEndpoint();
  endpoint.items = [{ id: '1' }];
  endpoint.before = () => {
    if (endpoint.asked.length < 3) throw new WorkerError('config', 'clockify.forbidden', 'refused');
  };
  const events = await lastValueFrom(sweeps(world, endpoint));
  const outcomes = events.flatMap((event) => (event.type === 'sweep' ? [event.outcome] : []));
  deepStrictEqual(outcomes, ['partial', 'partial', 'complete']);
  deepStrictEqual(published(world.sink), ['r 1']);
});

for (const [jumpMs, what] of [
  [-3_600_000, 'goes back does not stretch'],
  [3_600_000, 'jumps ahead does not cut'],
] as const) {
  test(`a wall clock that ${what} a pause`, { timeout: 10_000 }, async () => {
    const world = await createWorld();
    let jumped = 0;
    const ambient = { now: () => Date.now() + jumped, monotonic: () => performance.now(), random: () => 0 };
    const context = { ...world.context(fakeEndpoint()), ambient };
    const beganMs = performance.now();
    const events$ = runSlice(context, { everyMs: 20, delayMs: 0 }).pipe(tap(() => (jumped += jumpMs)));
    await lastValueFrom(
      events$.pipe(
        filter(({ type }) => type === 'sweep'),
        take(4),
      ),
    );
    ok(performance.now() - beganMs > 50, 'three pauses lie between four sweeps');
  });
}

test('a stopped slice asks for nothing more, and its request is told to stop', async () => {
  const world = await createWorld();
  const asked = Promise.withResolvers<AbortSignal>();
  const hanging = {
    ...fakeEndpoint(),
    page: (_: number, signal: AbortSignal) => {
      asked.resolve(signal);
      return new Promise<never>(() => {});
    },
  };
  const running = runSlice(world.context(hanging), { everyMs: 1, delayMs: 0 }).subscribe();
  const signal = await asked.promise;
  running.unsubscribe();
  strictEqual(signal.aborted, true);
});

test('what is fatal, or concerns the shard, goes up and is no event', async () => {
  const world = await createWorld();
  const endpoint = fakeEndpoint();
  endpoint.items = [{ id: '1' }];
  world.sink.failNext('unknown_lost');
  let code: string | undefined;
  await firstValueFrom(runSlice(world.context(endpoint), { everyMs: 1, delayMs: 0 })).catch((error: WorkerError) => {
    code = error.code;
  });
  strictEqual(code, 'sink.outcome_unknown');
});

test('P8: of many slices that are due at once only some are swept at a time, and all of them in the end', async () => {
  const world = await createWorld();
  let [running, most] = [0, 0];
  const contexts = Array.from({ length: 200 }, (_, at) => {
    const endpoint = fakeEndpoint();
    const begin = () => {
      running += 1;
      most = Math.max(most, running);
      return { page: slow };
    };
    const slow = async (number: number, signal: AbortSignal) => {
      await new Promise((resolve) => setTimeout(resolve, 2));
      return endpoint.page(number, signal);
    };
    return world.context({ ...endpoint, begin }, { slice: `s${at}` });
  });
  const came = contexts.map((context) => ({ context, delayMs: 0 }));
  const events$ = runSlices(of({ came, left: [] }), { everyMs: 3_600_000 }).pipe(
    filter(({ type }) => type === 'sweep'),
    tap(() => (running -= 1)),
    take(came.length),
    toArray(),
  );
  const swept = new Set((await lastValueFrom(events$)).map(({ slice }) => slice.id));
  strictEqual(swept.size, 200);
  ok(most > 1 && most <= 64, `${most} at once`);
});

test('a slice that goes while it waits for its turn is never asked, and its sweep is told to stop', async () => {
  const world = await createWorld();
  const turnouts$ = new Subject<Turnout>();
  const hung: AbortSignal[] = [];
  const page = (_: number, signal: AbortSignal) => {
    hung.push(signal);
    return new Promise<never>(() => {});
  };
  const came = Array.from({ length: 200 }, (_, at) => ({
    context: world.context({ ...fakeEndpoint(), page }, { slice: `s${at}` }),
    delayMs: 0,
  }));
  const running = runSlices(turnouts$, { everyMs: 1 }).subscribe();
  turnouts$.next({ came, left: [] });
  await until(() => hung.length > 0);
  turnouts$.next({ came: [], left: came.map(({ context }) => context.slice.id) });
  const asked = hung.length;
  ok(hung.every(({ aborted }) => aborted));
  await new Promise((resolve) => setTimeout(resolve, 20));
  strictEqual(hung.length, asked);
  running.unsubscribe();
});
