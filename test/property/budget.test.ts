import { ok, strictEqual } from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { Bucket, SHORT_WINDOW_MS, type Turn } from '../../src/clockify/budget.ts';
import type { BudgetLedger } from '../../src/clockify/lease.ts';
import { WorkerError } from '../../src/core/errors.ts';
import { PRIORITY_LEVELS, type Priority, type Rate } from '../../src/core/rate.ts';
import type { Spent } from '../../src/core/state.ts';
import { mostInAnyWindow, virtually } from '../support/virtual-time.ts';

const PRIORITIES = Object.keys(PRIORITY_LEVELS) as Priority[];
const TIMEOUT_MS = 300;
const TICK_MS = 9;

const RATE: fc.Arbitrary<Rate> = fc
  .record({
    requests: fc.integer({ min: 1, max: 12 }),
    windowMs: fc.constantFrom(500, 1_000, 3_000),
    burst: fc.integer({ min: 1, max: 12 }),
  })
  .map((rate) => ({ ...rate, burst: Math.min(rate.burst, rate.requests) }));

const STEP = fc.record({
  ask: fc.nat({ max: 30 }),
  priority: fc.constantFrom(...PRIORITIES),
  /** Of the answers, in order, over and over. */
  latencyMs: fc.array(fc.nat({ max: TIMEOUT_MS }), { minLength: 1, maxLength: 4 }),
  /** When within its latency a request arrives. */
  arrives: fc.double({ min: 0, max: 1, noNaN: true }),
  passMs: fc.nat({ max: 3_000 }),
  refused: fc.constantFrom(false, false, false, false, true),
  retryAfterMs: fc.option(fc.nat({ max: 2_000 }), { nil: undefined }),
  leave: fc.constantFrom(false, false, true),
  kill: fc.constantFrom(false, false, true),
  ledger: fc.constantFrom('works', 'works', 'works', 'fails', 'writes and fails' as const),
});
type Step = typeof STEP extends fc.Arbitrary<infer T> ? T : never;

/** A state that survives every process; a write takes time. */
function createMemory() {
  let kept: Spent = [];
  const memory = {
    mood: 'works' as Step['ledger'],
    ledger(): BudgetLedger {
      return {
        read: () => Promise.resolve(kept),
        write: async (spent) => {
          await new Promise((resolve) => setTimeout(resolve, 7));
          if (memory.mood !== 'fails') kept = spent;
          if (memory.mood !== 'works') throw new WorkerError('transient', 'sink.outcome_unknown', 'who knows');
        },
      };
    },
  };
  return memory;
}

/** A process with one bucket, and the requests that it sends. A dead one sends nothing. */
function createProcess(rate: Rate, memory: ReturnType<typeof createMemory> | undefined, arrivals: number[]) {
  const startedAt = Date.now();
  const clock = { now: () => Date.now() - startedAt, wall: () => Date.now() };
  const lease = memory === undefined ? undefined : { ledger: memory.ledger(), requestTimeoutMs: TIMEOUT_MS };
  const bucket = new Bucket({ rate, clock, fromMs: lease === undefined ? rate.windowMs : 0, lease });
  let alive = true;
  let sent = 0;
  const send = (turn: Turn, step: Step) => {
    if (!alive) return;
    const latencyMs = step.latencyMs[sent++ % step.latencyMs.length] ?? 0;
    const arrivesMs = Math.round(latencyMs * step.arrives);
    const arrive = () => alive && arrivals.push(Date.now());
    if (arrivesMs === 0) arrive();
    else setTimeout(arrive, arrivesMs);
    setTimeout(() => {
      if (step.refused) turn.refused(step.retryAfterMs);
      turn.end();
    }, latencyMs + 1);
  };
  return {
    ask(step: Step) {
      const leaving = new AbortController();
      for (let i = 0; i < step.ask; i++) {
        const signal = i % 2 === 0 && step.leave ? leaving.signal : new AbortController().signal;
        void bucket.take(signal, step.priority).then(
          (turn) => send(turn, step),
          () => undefined,
        );
      }
      if (step.leave) setTimeout(() => leaving.abort(new Error('left')), 50);
    },
    kill() {
      alive = false;
    },
  };
}

for (const durable of [true, false]) {
  const how = durable ? 'with a ledger' : 'without one, in short windows';
  test(`P6: no window holds more than the limit, over takes, answers, 429s, aborts and kills, ${how}`, async () => {
    let total = 0;
    await fc.assert(
      fc.asyncProperty(RATE, fc.array(STEP, { minLength: 1, maxLength: 12 }), async (rate, steps) => {
        await virtually(async (pass) => {
          const memory = durable ? createMemory() : undefined;
          const arrivals: number[] = [];
          let process = createProcess(rate, memory, arrivals);
          for (const step of steps) {
            if (memory !== undefined) memory.mood = step.ledger;
            process.ask(step);
            for (let passed = 0; passed < step.passMs; passed += TICK_MS) await pass(TICK_MS);
            if (!step.kill) continue;
            process.kill();
            process = createProcess(rate, memory, arrivals);
          }
          const most = mostInAnyWindow(arrivals, rate.windowMs);
          total += arrivals.length;
          ok(most <= rate.requests, `${most} of ${rate.requests} in ${rate.windowMs} ms: ${arrivals}`);
        });
      }),
      { numRuns: 60 },
    );
    ok(total > 500, `the law is of something: ${total} requests`);
  });
}

test('P6: what is allowed is used: of a limit, a ledger or not, at least nine tenths', async () => {
  await fc.assert(
    fc.asyncProperty(RATE, fc.boolean(), async (any, durable) => {
      // A ledger serves windows that no restart may wait for: beside the time between two requests its write is short.
      const rate = durable ? { ...any, windowMs: Math.max(any.windowMs, SHORT_WINDOW_MS) } : any;
      await virtually(async (pass) => {
        const clock = { now: () => Date.now(), wall: () => Date.now() };
        const lease = durable ? { ledger: createMemory().ledger(), requestTimeoutMs: TIMEOUT_MS } : undefined;
        const bucket = new Bucket({ rate, clock, fromMs: 0, lease });
        let went = 0;
        for (let i = 0; i < 12 * rate.requests; i++) {
          void bucket.take(new AbortController().signal).then((turn) => {
            went += 1;
            turn.end();
          });
        }
        // Time goes in steps: too long ones would be a loss of their own.
        const stepMs = Math.max(1, Math.min(7, Math.floor(rate.windowMs / rate.requests / 20)));
        for (let passed = 0; passed < 10 * rate.windowMs; passed += stepMs) await pass(stepMs);
        ok(went >= 9 * rate.requests, `${went} in ten windows of ${JSON.stringify(rate)}`);
      });
    }),
    { numRuns: 12 },
  );
});

test('P6: of what waits nothing starves, whatever else keeps coming', async () => {
  await fc.assert(
    fc.asyncProperty(fc.constantFrom(...PRIORITIES), fc.subarray(PRIORITIES, { minLength: 1 }), async (one, others) => {
      await virtually(async (pass) => {
        const clock = { now: () => Date.now(), wall: () => Date.now() };
        const bucket = new Bucket({ rate: { requests: 1, windowMs: 100, burst: 1 }, clock, fromMs: 0 });
        const signal = new AbortController().signal;
        const flood = others.filter((each) => PRIORITY_LEVELS[each] !== PRIORITY_LEVELS[one]);
        const keepComing = (priority: Priority): void => {
          void bucket.take(signal, priority).then((turn) => {
            turn.end();
            keepComing(priority);
          });
        };
        for (const priority of flood) for (let i = 0; i < 5; i++) keepComing(priority);
        let turns = 0;
        let came = false;
        void bucket.take(signal, one).then((turn) => {
          came = true;
          turn.end();
        });
        for (; !came && turns < 20; turns++) await pass(110);
        strictEqual(came, true);
        ok(turns <= 11, `${one} beside ${flood}: after ${turns} turns`);
      });
    }),
    { numRuns: 40 },
  );
});
