import { deepStrictEqual, ok, rejects, strictEqual } from 'node:assert/strict';
import { mock, test } from 'node:test';
import fc from 'fast-check';
import { type Bucket, createBucket, createBuckets, type Rate } from '../../../src/clockify/budget.ts';

const never = (): AbortSignal => new AbortController().signal;
/** Long enough for every Promise that could go on now. */
const settle = async () => {
  for (let turn = 0; turn < 50; turn++) await Promise.resolve();
};

/** Runs with a clock that only this function moves, and tells when each take was let go. */
async function virtually(rate: Rate, run: (bucket: Bucket, pass: (ms: number) => Promise<void>) => Promise<void>) {
  mock.timers.enable({ apis: ['setTimeout', 'Date'], now: 0 });
  try {
    const pass = async (ms: number) => {
      await settle();
      for (let passed = 0; passed < ms; passed++) {
        mock.timers.tick(1);
        await settle();
      }
    };
    await run(createBucket(rate, Date.now), pass);
  } finally {
    mock.timers.reset();
  }
}

const RATE = fc.record({ perSecond: fc.constantFrom(0.5, 1, 10, 50), burst: fc.integer({ min: 1, max: 10 }) });
const STEP = fc.record({
  ask: fc.nat({ max: 8 }),
  passMs: fc.nat({ max: 600 }),
  holdMs: fc.constantFrom(0, 0, 0, 300),
});

test('P6: no window of any length lets more go than burst + rate · length', async () => {
  await fc.assert(
    fc.asyncProperty(RATE, fc.array(STEP, { minLength: 1, maxLength: 6 }), async (rate, steps) => {
      await virtually(rate, async (bucket, pass) => {
        const went: number[] = [];
        for (const { ask, passMs, holdMs } of steps) {
          for (let i = 0; i < ask; i++) void bucket.take(never()).then(() => went.push(Date.now()));
          if (holdMs > 0) bucket.holdFor(holdMs);
          await pass(passMs);
        }
        for (let from = 0; from < went.length; from++) {
          for (let to = from; to < went.length; to++) {
            const seconds = ((went[to] ?? 0) - (went[from] ?? 0)) / 1000;
            ok(to - from + 1 <= rate.burst + rate.perSecond * seconds + 1e-6, `${went} at ${JSON.stringify(rate)}`);
          }
        }
      });
    }),
    { numRuns: 40 },
  );
});

test('P6: the burst goes at once, the rest at the rate, first come first served', async () => {
  await virtually({ perSecond: 10, burst: 2 }, async (bucket, pass) => {
    const went: string[] = [];
    for (const name of ['a', 'b', 'c', 'd']) void bucket.take(never()).then(() => went.push(`${name} ${Date.now()}`));
    await pass(250);
    deepStrictEqual(went, ['a 0', 'b 0', 'c 100', 'd 200']);
  });
});

test('P6: a hold stops everything for its time, and a shorter one does not shorten it', async () => {
  await virtually({ perSecond: 1000, burst: 100 }, async (bucket, pass) => {
    const went: number[] = [];
    bucket.holdFor(200);
    bucket.holdFor(50);
    for (let i = 0; i < 3; i++) void bucket.take(never()).then(() => went.push(Date.now()));
    await pass(199);
    deepStrictEqual(went, []);
    await pass(1);
    deepStrictEqual(went, [200, 200, 200]);
  });
});

test('a hold that comes while others wait for a token holds them too', async () => {
  await virtually({ perSecond: 10, burst: 1 }, async (bucket, pass) => {
    const went: number[] = [];
    for (let i = 0; i < 2; i++) void bucket.take(never()).then(() => went.push(Date.now()));
    await pass(50);
    bucket.holdFor(300);
    await pass(400);
    deepStrictEqual(went, [0, 350]);
  });
});

test('one who no longer waits costs no token, and lets the next one go', async () => {
  await virtually({ perSecond: 10, burst: 1 }, async (bucket, pass) => {
    const controller = new AbortController();
    await bucket.take(never());
    const left = bucket.take(controller.signal);
    const went: number[] = [];
    void bucket.take(never()).then(() => went.push(Date.now()));
    await pass(20);
    controller.abort(new Error('left'));
    await rejects(left, /left/);
    await pass(80);
    deepStrictEqual(went, [100]);
  });
});

test('P6: a clock that goes back makes no tokens', async () => {
  let now = 1_000_000;
  const bucket = createBucket({ perSecond: 1, burst: 1 }, () => now);
  await bucket.take(never());
  now -= 500_000;
  await rejects(bucket.take(AbortSignal.timeout(30)));
});

test('each owner has one bucket, and it is always the same', () => {
  const bucketOf = createBuckets({ perSecond: 1, burst: 1 }, Date.now);
  strictEqual(bucketOf('w'), bucketOf('w'));
  ok(bucketOf('w') !== bucketOf(''));
});
