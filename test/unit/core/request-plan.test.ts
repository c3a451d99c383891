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

test('what is proposed can be met, changes only what must change, and never makes anything faster', () => {
  const RHYTHM = fc
    .record({ everyMs: fc.integer({ min: 1_000, max: 24 * HOUR_MS }), requests: fc.integer({ min: 1, max: 500 }) })
    .map(({ everyMs, requests }) => ({ everyMs, requests }));
  fc.assert(
    fc.property(fc.constantFrom(FREE, PAID), fc.array(RHYTHM, { minLength: 1, maxLength: 6 }), (rate, given) => {
      const rhythms = given.map(({ everyMs, requests }, at) => rhythm(`s${at}`, everyMs, requests));
      const plan = planBudget('w', rate, rhythms);
      strictEqual(plan.proposals.length === 0, plan.fits);
      const changed = rhythms.map((each) => {
        const everyMs = plan.proposals.find(({ setting }) => setting === each.setting)?.everyMs ?? each.everyMs;
        ok((everyMs ?? 0) >= (each.everyMs ?? 0));
        return { ...each, everyMs };
      });
      ok(planBudget('w', rate, changed).fits);
    }),
  );
});
