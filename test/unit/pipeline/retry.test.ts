import { deepStrictEqual, ok, rejects, strictEqual } from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { defer, firstValueFrom, NEVER, of, throwError } from 'rxjs';
import { TestScheduler } from 'rxjs/testing';
import { WorkerError } from '../../../src/core/errors.ts';
import { abortable, backoffMs, failOnAbort, PAGE_RETRY, retryTransient } from '../../../src/pipeline/retry.ts';

const transient = (retryAfterMs?: number) => new WorkerError('transient', 'x.y', 'again', { retryAfterMs });

/** How often something that always fails was tried, and what waits were told, in virtual time. */
function triesOf(error: unknown, random = 0.5) {
  const waits: number[] = [];
  let tries = 0;
  let thrown: unknown;
  const scheduler = new TestScheduler(deepStrictEqual);
  const tookMs = scheduler.run(({ flush }) => {
    const failing$ = defer(() => {
      tries += 1;
      return throwError(() => error);
    });
    failing$
      .pipe(retryTransient(PAGE_RETRY, { random: () => random }, (_, waitMs) => waits.push(waitMs)))
      .subscribe({ error: (last) => (thrown = last) });
    flush();
    return scheduler.now();
  });
  return { tries, waits, thrown, tookMs };
}

test('what is transient is tried a bounded number of times, and then said', () => {
  const error = transient();
  const { tries, waits, thrown, tookMs } = triesOf(error);
  deepStrictEqual([tries, waits.length, thrown], [PAGE_RETRY.attempts + 1, PAGE_RETRY.attempts, error]);
  strictEqual(
    tookMs,
    waits.reduce((sum, ms) => sum + ms, 0),
    'it waits as long as it says',
  );
});

test('what is not transient, and what concerns the shard, is never tried again', () => {
  const errors = [
    new WorkerError('config', 'a.b', ''),
    new WorkerError('record', 'a.b', ''),
    new WorkerError('fatal', 'a.b', ''),
    new WorkerError('transient', 'sink.outcome_unknown', ''),
    new WorkerError('transient', 'sink.fenced', ''),
    new WorkerError('transient', 'shard.given_up', ''),
    new TypeError('a fault of our own'),
  ];
  for (const error of errors) strictEqual(triesOf(error).tries, 1, String(error));
});

test('P6: no wait is shorter than the far side asked for, whatever chance says', () => {
  fc.assert(
    fc.property(fc.nat({ max: 3_600_000 }), fc.double({ min: 0, max: 0.999, noNaN: true }), (retryAfter, random) => {
      for (const waitMs of triesOf(transient(retryAfter), random).waits) ok(waitMs >= retryAfter);
    }),
  );
});

test('the jitter lies between nothing and a span that doubles up to its limit', () => {
  const policy = { firstMs: 500, maxMs: 30_000 };
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 5000 }),
      fc.double({ min: 0, max: 0.999, noNaN: true }),
      (attempt, random) => {
        const ms = backoffMs(policy, attempt, random);
        ok(ms >= 0 && ms <= Math.min(policy.maxMs, policy.firstMs * 2 ** (attempt - 1)));
      },
    ),
  );
  strictEqual(backoffMs(policy, 1, 1), 500);
  strictEqual(backoffMs(policy, 3, 1), 2_000);
  strictEqual(backoffMs(policy, 100, 1), 30_000);
});

test('a success in between makes the attempts count anew', () => {
  const waits: number[] = [];
  let calls = 0;
  new TestScheduler(deepStrictEqual).run(({ flush }) => {
    const flaky$ = defer(() => {
      calls += 1;
      return calls % 5 === 0 ? of(calls).pipe((value$) => defer(() => value$)) : throwError(() => transient());
    });
    flaky$.pipe(retryTransient(PAGE_RETRY, { random: () => 1 }, (_, waitMs) => waits.push(waitMs))).subscribe();
    flush();
  });
  deepStrictEqual([calls, waits], [5, [500, 1000, 2000, 4000]]);
});

test('work is told to stop when nobody waits for it any more, and asked for only on subscription', async () => {
  const signals: AbortSignal[] = [];
  const work$ = abortable((signal) => {
    signals.push(signal);
    return new Promise<void>(() => {});
  });
  strictEqual(signals.length, 0);
  work$.subscribe().unsubscribe();
  strictEqual(signals[0]?.aborted, true);
});

test('work that throws before it gives a Promise fails like any other', async () => {
  const work$ = abortable(() => {
    throw transient();
  });
  await rejects(firstValueFrom(work$), /again/);
});

test('a wait fails when the signal aborts, at once where it has already', async () => {
  const controller = new AbortController();
  const waiting = firstValueFrom(NEVER.pipe(failOnAbort(controller.signal)));
  controller.abort(new Error('stopped'));
  await rejects(waiting, /stopped/);
  await rejects(firstValueFrom(of(1).pipe(failOnAbort(controller.signal))), /stopped/);
  strictEqual(await firstValueFrom(of(1).pipe(failOnAbort(new AbortController().signal))), 1);
});
