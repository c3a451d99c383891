import { deepStrictEqual, ok, rejects, strictEqual } from 'node:assert/strict';
import { test } from 'node:test';
import { Bucket, type Turn } from '../../../src/clockify/budget.ts';
import { createBudgets } from '../../../src/clockify/budgets.ts';
import type { BudgetLedger } from '../../../src/clockify/lease.ts';
import type { Priority, Rate } from '../../../src/core/rate.ts';
import type { Spent } from '../../../src/core/state.ts';
import { mostInAnyWindow, virtually } from '../../support/virtual-time.ts';

const never = (): AbortSignal => new AbortController().signal;
const clock = { now: () => Date.now(), wall: () => Date.now() };
const bucketOf = (rate: Rate) => new Bucket({ rate, clock, fromMs: 0 });
const rateOf = (requests: number, windowMs: number, burst = requests): Rate => ({ requests, windowMs, burst });

/** Takes so many turns, each of which ends at once, and tells when they came. */
function takeMany(bucket: Bucket, count: number, priority?: Priority): number[] {
  const went: number[] = [];
  const begunAt = Date.now();
  const go = (turn: Turn) => {
    went.push(Date.now() - begunAt);
    turn.end();
  };
  for (let i = 0; i < count; i++) void bucket.take(never(), priority).then(go, () => undefined);
  return went;
}

test('P6: the whole limit goes at once, and again when its window is over', async () => {
  await virtually(async (pass) => {
    const went = takeMany(bucketOf(rateOf(3, 1_000)), 7);
    await pass(0);
    deepStrictEqual(went, [0, 0, 0]);
    await pass(1_000);
    strictEqual(went.length, 3, 'a margin for clocks of whole milliseconds');
    await pass(10);
    strictEqual(went.length, 6);
    await pass(1_010);
    strictEqual(went.length, 7);
  });
});

test('P6: a request counts until a window after its answer, for nobody knows when it arrived', async () => {
  await virtually(async (pass) => {
    const bucket = bucketOf(rateOf(1, 1_000));
    const turn = await bucket.take(never());
    const went = takeMany(bucket, 1);
    await pass(5_000);
    deepStrictEqual(went, []);
    turn.end();
    turn.end();
    await pass(1_009);
    deepStrictEqual(went, []);
    await pass(1);
    deepStrictEqual(went, [6_010]);
  });
});

test('P6: a request that was given up may be on its way yet, and counts from a second after that', async () => {
  await virtually(async (pass) => {
    const bucket = bucketOf(rateOf(1, 1_000));
    const turn = await bucket.take(never());
    const went = takeMany(bucket, 1);
    turn.end(true);
    await pass(2_009);
    deepStrictEqual(went, []);
    await pass(1);
    deepStrictEqual(went, [2_010]);
  });
});

test('P6: with a burst so many go at once, and the rest is spread over the window', async () => {
  await virtually(async (pass) => {
    const went = takeMany(bucketOf(rateOf(10, 1_000, 2)), 6);
    for (let step = 0; step < 50; step++) await pass(10);
    deepStrictEqual(went, [0, 0, 200, 200, 400, 400]);
  });
});

test('P6: a 429 holds everything for as long as it asks, then half the rate goes, then more and more', async () => {
  await virtually(async (pass) => {
    const bucket = bucketOf(rateOf(10, 1_000));
    const turn = await bucket.take(never());
    turn.refused(3_000);
    turn.end();
    const went = takeMany(bucket, 1_000);
    await pass(2_999);
    strictEqual(went.length, 0);
    const inNextSecond: number[] = [];
    for (let second = 0; second < 65; second++) {
      const before = went.length;
      for (let step = 0; step < 101; step++) await pass(10);
      inNextSecond.push(went.length - before);
    }
    strictEqual(inNextSecond[0], 5);
    ok(Math.abs((inNextSecond[30] ?? 0) - 7) <= 1, `${inNextSecond}`);
    strictEqual(inNextSecond[63], 10);
    ok(
      inNextSecond.every((count) => count <= 10),
      `${inNextSecond}`,
    );
  });
});

test('P6: 429s without Retry-After wait twice as long each time, and those sent together count once', async () => {
  await virtually(async (pass) => {
    const bucket = bucketOf(rateOf(8, 1_000));
    const waits: number[] = [];
    for (let round = 0; round < 4; round++) {
      const asked = Date.now();
      const first = bucket.take(never());
      let isThere = false;
      void first.then(() => (isThere = true));
      await pass(0);
      for (let step = 0; !isThere && step < 1_000; step++) await pass(20);
      waits.push(Date.now() - asked);
      const second = round === 0 ? await bucket.take(never()) : undefined;
      for (const turn of [await first, second]) {
        turn?.refused(undefined);
        turn?.end();
      }
    }
    deepStrictEqual(waits, [0, 1_000, 2_000, 4_000]);
  });
});

test('the more urgent goes first, and the least urgent still gets one turn in ten', async () => {
  await virtually(async (pass) => {
    const bucket = bucketOf(rateOf(1, 100));
    const went: Priority[] = [];
    const order: readonly Priority[] = ['reconcile', 'list', 'recent', 'changes', 'running'];
    for (const priority of order) {
      for (let i = 0; i < 60; i++) {
        void bucket.take(never(), priority).then((turn) => {
          went.push(priority);
          turn.end();
        });
      }
    }
    while (went.length < 100) await pass(110);
    const share = (wanted: Priority) => went.slice(1, 81).filter((each) => each === wanted).length;
    ok(share('changes') + share('running') >= 50, `${went}`);
    for (const priority of ['recent', 'list', 'reconcile'] as const) {
      const at = went.flatMap((each, index) => (each === priority ? [index] : []));
      at.slice(1).forEach((index, i) => {
        ok(index - (at[i] ?? 0) <= 10, `${priority} waits too long: ${went}`);
      });
      ok(share(priority) >= 7, `${priority}: ${went}`);
    }
  });
});

test('one who no longer waits costs no turn, and lets the next one go', async () => {
  await virtually(async (pass) => {
    const bucket = bucketOf(rateOf(1, 100));
    (await bucket.take(never())).end();
    const controller = new AbortController();
    const left = bucket.take(controller.signal, 'running');
    const went = takeMany(bucket, 1);
    await pass(20);
    controller.abort(new Error('left'));
    await rejects(left, /left/);
    await pass(90);
    deepStrictEqual(went, [110]);
    await rejects(bucket.take(AbortSignal.abort(new Error('before'))), /before/);
  });
});

test('P6: two credentials that poll one workspace share its bucket, at the slower of their rates', async () => {
  await virtually(async (pass) => {
    const budgets = createBudgets({ clock, isShared: false, requestTimeoutMs: 1_000 });
    const owner = { name: 'workspace/x/w', placedBy: 'w' };
    const first = budgets.bucketOf(owner, rateOf(10, 1_000));
    strictEqual(budgets.bucketOf(owner, rateOf(2, 1_000)), first);
    strictEqual(budgets.bucketOf(owner, rateOf(10, 1_000)), first);
    ok(budgets.bucketOf({ name: 'workspace/x/v', placedBy: 'v' }, rateOf(10, 1_000)) !== first);
    const went = takeMany(first, 10);
    await pass(0);
    strictEqual(went.length, 2);
  });
});

test('P6: a short window begins as if it were spent, for nobody remembers what a process before this one sent', async () => {
  await virtually(async (pass) => {
    const startedAt = Date.now();
    const ownClock = { now: () => Date.now() - startedAt, wall: () => Date.now() };
    const owner = { name: 'w', placedBy: 'w' };
    const rate = rateOf(5, 1_000);
    const alone = createBudgets({ clock: ownClock, isShared: false, requestTimeoutMs: 1_000 });
    const shared = createBudgets({ clock: ownClock, isShared: true, requestTimeoutMs: 1_000 });
    await pass(600);
    const [one, other] = [takeMany(alone.bucketOf(owner, rate), 1), takeMany(shared.bucketOf(owner, rate), 1)];
    await pass(399);
    deepStrictEqual([one.length, other.length], [0, 0]);
    await pass(1);
    deepStrictEqual([one.length, other.length], [1, 0]);
    await pass(600);
    deepStrictEqual(other, [1_000]);
    shared.startAnew((placedBy) => placedBy === 'v');
    strictEqual((await oneMore(shared.bucketOf(owner, rate), pass, 0)).length, 1, 'it was not meant');
    shared.startAnew((placedBy) => placedBy === 'w');
    strictEqual((await oneMore(shared.bucketOf(owner, rate), pass, 1_000)).length, 0, 'another process had it');
  });
});

async function oneMore(bucket: Bucket, pass: (ms: number) => Promise<void>, ms: number): Promise<number[]> {
  const went = takeMany(bucket, 1);
  await pass(ms);
  return went;
}

test('P6: of a long window that nobody remembers only a share is given', async () => {
  await virtually(async (pass) => {
    const hour = rateOf(30, 3_600_000);
    const command = createBudgets({ clock, isShared: false, requestTimeoutMs: 1_000 });
    const went = takeMany(command.bucketOf({ name: 'w', placedBy: 'w' }, hour), 30);
    await pass(0);
    strictEqual(went.length, 15);
    const nobody = { read: () => Promise.resolve(undefined), write: () => Promise.resolve() };
    const worker = createBudgets({ clock, isShared: true, requestTimeoutMs: 1_000, ledgerOf: () => nobody });
    const elsewhere = takeMany(worker.bucketOf({ name: 'w', placedBy: 'w' }, hour), 30);
    await pass(0);
    strictEqual(elsewhere.length, 3);
  });
});

test('P6: what was leased counts from the last moment at which it may have been sent', async () => {
  await virtually(async (pass) => {
    let kept: Spent = [];
    const ledger: BudgetLedger = {
      read: () => Promise.resolve(kept),
      write: (spent) => {
        kept = spent;
        return Promise.resolve();
      },
    };
    const rate = rateOf(30, 3_000);
    const born = () => new Bucket({ rate, clock, fromMs: 0, lease: { ledger, requestTimeoutMs: 100 } });
    const first = born();
    takeMany(first, 1);
    const arrivals: number[] = [];
    const begunAt = Date.now();
    const arrive = (turn: Turn) => {
      arrivals.push(Date.now());
      turn.end();
    };
    const send = (bucket: Bucket) => void bucket.take(never()).then(arrive);
    await pass(0);
    await pass(290);
    send(first);
    send(first);
    await pass(5);
    deepStrictEqual(
      arrivals.map((at) => at - begunAt),
      [290, 290],
      'without another word in the ledger',
    );
    const second = born();
    for (let i = 0; i < 60; i++) send(second);
    for (let passed = 0; passed < 4_000; passed += 5) await pass(5);
    ok(arrivals.length > 30, `${arrivals.length}`);
    ok(mostInAnyWindow(arrivals, rate.windowMs) <= 30, `${mostInAnyWindow(arrivals, rate.windowMs)}`);
  });
});

test('P6: what went while another worker had the ledger counts when the ledger comes', async () => {
  await virtually(async (pass) => {
    let kept: Spent | undefined;
    const ledger: BudgetLedger = {
      read: () => Promise.resolve(kept),
      write: (spent) => {
        kept = spent;
        return Promise.resolve();
      },
    };
    const rate = rateOf(30, 60_000);
    const bucket = new Bucket({ rate, clock, fromMs: 0, lease: { ledger, requestTimeoutMs: 100 } });
    const elsewhere = takeMany(bucket, 5);
    await pass(0);
    strictEqual(elsewhere.length, 3, 'a tenth');
    kept = [[Date.now(), 20]];
    bucket.startAnew();
    const here = takeMany(bucket, 30);
    for (let step = 0; step < 10; step++) await pass(1);
    strictEqual(elsewhere.length + here.length, 10, 'of 30 the other has sent 20');
  });
});
