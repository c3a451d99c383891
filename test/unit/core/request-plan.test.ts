import { deepStrictEqual, ok, strictEqual } from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { Priority, Rate } from '../../../src/core/rate.ts';
import { planBudget, type Rhythm } from '../../../src/core/request-plan.ts';

const HOUR_MS = 3_600_000;
const FREE: Rate = { requests: 30, windowMs: HOUR_MS, burst: 30 };
const PAID: Rate = { requests: 10, windowMs: 1_000, burst: 10 };

function rhythm(source: string, everyMs: number | undefined, requests: number, over: Partial<Rhythm> = {}): Rhythm {
  const priority: Priority = 'list';
  const setting = `every of ${source}`;
  return { source, rhythm: 'sweep', priority, everyMs, setting, requestsPerPass: requests, slices: 1, ...over };
}

test('requests an hour, share and first load are what the intervals say', () => {
  const { rhythms, ...budget } = planBudget('w', PAID, [rhythm('a', 60_000, 3), rhythm('b', undefined, 22)]);
  deepStrictEqual(
    rhythms.map(({ perHour, share, stalenessMs }) => [perHour, share, stalenessMs]),
    [
      [180, 0.005, 60_000],
      [0, 0, undefined],
    ],
  );
  deepStrictEqual(budget.firstLoad, { requests: 25, tookMs: 2_000 });
  deepStrictEqual([budget.demandPerHour, budget.capacityPerHour, budget.fits], [180, 36_000, true]);
  deepStrictEqual(budget.proposals, []);
  strictEqual(planBudget('w', { ...PAID, burst: 1 }, [rhythm('a', 60_000, 21)]).firstLoad.tookMs, 2_000);
});

test('30 requests an hour and 100 users cannot do every: 30s, and it says what they can', () => {
  const entries = rhythm('time-entries', 30_000, 100, { slices: 100 });
  const projects = rhythm('projects', HOUR_MS, 1);
  const plan = planBudget('w', FREE, [entries, projects]);
  strictEqual(plan.fits, false);
  deepStrictEqual(plan.proposals, [{ setting: 'every of time-entries', everyMs: 4 * HOUR_MS }]);
  ok((plan.rhythms[0]?.stalenessMs ?? 0) > 3 * HOUR_MS, 'a pass takes all the time there is');
  const proposed = planBudget('w', FREE, [{ ...entries, everyMs: 4 * HOUR_MS }, projects]);
  strictEqual(proposed.fits, true);
});

test('where the budget is short, the urgent gets what it wants, and the others a tenth each', () => {
  const of = (priority: Priority) => rhythm(priority, 60_000, 1, { priority });
  const plan = planBudget('w', FREE, (['changes', 'recent', 'list', 'reconcile'] as const).map(of));
  const minutes = plan.rhythms.map(({ stalenessMs = 0 }) => Math.round(stalenessMs / 60_000));
  deepStrictEqual(minutes, [3, 20, 20, 20]);
});

test('reads by id are there at any interval: what has too many of them is off', () => {
  const changes = rhythm('entries', 30_000, 3, {
    rhythm: 'changes',
    priority: 'changes',
    setting: 'changes',
    readsPerHour: 20,
    longestMs: 24 * HOUR_MS,
  });
  const running = { ...changes, rhythm: 'running', setting: 'running', requestsPerPass: 1, readsPerHour: 2 };
  const plan = planBudget('w', FREE, [changes, running]);
  deepStrictEqual(
    plan.rhythms.map(({ perHour }) => perHour),
    [380, 122],
  );
  deepStrictEqual(plan.proposals, [
    { setting: 'changes', everyMs: undefined },
    { setting: 'running', everyMs: 5 * 60_000 },
  ]);
  const slow = { ...changes, readsPerHour: 0, requestsPerPass: 2_000, longestMs: 24 * HOUR_MS };
  deepStrictEqual(planBudget('w', FREE, [slow]).proposals, [{ setting: 'changes', everyMs: undefined }]);
});

test('histories are read with what the others leave over, and are the first load', () => {
  const running = rhythm('entries', 1_000, 5, { priority: 'running' });
  const reconcile = rhythm('entries', 24 * HOUR_MS, 1_000, { priority: 'reconcile', rhythm: 'reconcile' });
  const { firstLook, firstLoad, rhythms } = planBudget('w', PAID, [running, reconcile]);
  deepStrictEqual(firstLook, { requests: 5, tookMs: 0 });
  deepStrictEqual(firstLoad, { requests: 1_005, tookMs: 199_000 });
  strictEqual(rhythms[1]?.stalenessMs, 24 * HOUR_MS, 'a pass is spread over its interval');
  const starved = planBudget('w', FREE, [running, reconcile]).firstLoad;
  ok(starved.tookMs >= 333 * HOUR_MS, 'a tenth of 30 an hour');
});

test('what is proposed can be met, changes only what must change, and never makes anything faster', () => {
  const RHYTHM = fc.record({
    everyMs: fc.integer({ min: 1_000, max: 24 * HOUR_MS }),
    requests: fc.integer({ min: 1, max: 500 }),
    over: fc.option(
      fc.record({ readsPerHour: fc.integer({ min: 0, max: 40_000 }), longestMs: fc.constant(24 * HOUR_MS) }),
      { nil: {} },
    ),
  });
  fc.assert(
    fc.property(fc.constantFrom(FREE, PAID), fc.array(RHYTHM, { minLength: 1, maxLength: 6 }), (rate, given) => {
      const rhythms = given.map(({ everyMs, requests, over }, at) => rhythm(`s${at}`, everyMs, requests, over));
      const plan = planBudget('w', rate, rhythms);
      strictEqual(plan.proposals.length === 0, plan.fits);
      const changed = rhythms.flatMap((each) => {
        const proposal = plan.proposals.find(({ setting }) => setting === each.setting);
        if (proposal !== undefined && proposal.everyMs === undefined) return [];
        const everyMs = proposal?.everyMs ?? each.everyMs;
        ok((everyMs ?? 0) >= (each.everyMs ?? 0) && (everyMs ?? 0) <= (each.longestMs ?? Number.POSITIVE_INFINITY));
        return [{ ...each, everyMs }];
      });
      ok(
        rhythms.every(
          ({ setting, longestMs }) => longestMs !== undefined || changed.some((it) => it.setting === setting),
        ),
      );
      ok(planBudget('w', rate, changed).fits);
    }),
  );
});
