import { ok } from 'node:assert/strict';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { describe, type TestContext, test } from 'node:test';
import { Worker } from 'node:worker_threads';
import type { Day, Kind, Measured } from './plan-day-thread.ts';

/** What plan predicts, held against a day of the worker on a clock that only the test moves. */

const HOUR_MS = 3_600_000;
/** Slices do not begin all at once. */
const SPREAD_MS = 10_000;

async function live(day: Day): Promise<Measured> {
  const thread = new Worker(new URL('plan-day-thread.ts', import.meta.url), { workerData: day });
  const [measured] = (await once(thread, 'message')) as [Measured];
  await thread.terminate();
  return measured;
}

function within10(planned: number, measured: number, what: string): void {
  ok(Math.abs(planned - measured) <= 0.1 * measured, `${what}: planned ${planned}, measured ${measured}`);
}

/** By kind as far as there is enough to speak of, and in all; and never beyond the budget. */
function hold(t: TestContext, { plan, mostInAWindow, load, asked }: Measured): void {
  const planned: Record<Kind, number> = { running: 0, changes: 0, recent: 0, reconcile: 0, reads: 0, lists: 0 };
  for (const { rhythm, perHour, readsPerHour = 0 } of plan.rhythms) {
    const kind = rhythm === 'sweep' || rhythm.startsWith('every') ? 'lists' : (rhythm as Kind);
    if (kind in planned) planned[kind] += 24 * (perHour - readsPerHour);
    planned.reads += 24 * readsPerHour;
  }
  const sum = (kinds: Readonly<Record<string, number>>) => Object.values(kinds).reduce((all, one) => all + one, 0);
  t.diagnostic(
    `planned ${JSON.stringify(planned)}, ${plan.firstLoad.requests} at first in ${plan.firstLoad.tookMs} ms`,
  );
  t.diagnostic(`measured ${JSON.stringify(asked)}, ${load.requests} of histories in ${load.tookMs} ms`);
  within10(sum(planned), sum(asked), 'requests of a day');
  const history = plan.rhythms.find(({ rhythm }) => rhythm === 'reconcile')?.requestsPerPass ?? 0;
  within10(history, load.requests, 'requests of the histories');
  const apartMs = Math.abs(plan.firstLoad.tookMs - load.tookMs);
  // It goes on at the begin of a window of the rate: no time is more exact than that, nor than the spread of the start.
  const exactMs = Math.max(plan.rate.windowMs, SPREAD_MS) * 1.01;
  ok(apartMs <= Math.max(exactMs, 0.1 * load.tookMs), `the first load: ${plan.firstLoad.tookMs}, ${load.tookMs} ms`);
  for (const kind of Object.keys(asked) as Kind[]) if (asked[kind] > 50) within10(planned[kind], asked[kind], kind);
  ok(mostInAWindow <= plan.rate.requests, 'never more than the budget (P6)');
}

const recipe = (name: string) => readFileSync(new URL(`../../config/${name}.yaml`, import.meta.url), 'utf8');

/** The recipe of a team with longer intervals: a day of its own takes too long to live through. */
const calmer = (intervals: Readonly<Record<string, string>>) =>
  Object.entries(intervals).reduce(
    (text, [name, value]) => text.replace(new RegExp(`^    ${name}: .*`, 'm'), `    ${name}: ${value}`),
    recipe('team'),
  );

describe('a day of', { concurrency: 2 }, () => {
  test('P6: a free workspace costs what plan says, within a tenth', async (t) => {
    hold(t, await live({ text: recipe('free'), users: 5, days: 200, timers: 1, afterMs: 6 * HOUR_MS }));
  });

  test('P6: a team of 20 with four rhythms costs what plan says, within a tenth', async (t) => {
    const text = calmer({ running: '2m', changes: '5m', every: '15m', reconcile: '6h' });
    hold(t, await live({ text, users: 20, days: 100, timers: 10, afterMs: 6 * HOUR_MS }));
  });

  test('P6: 100 users cost what plan says, within a tenth', async (t) => {
    const text = calmer({ running: '5m', changes: '10m', every: '2h', reconcile: '6h' });
    hold(t, await live({ text, users: 100, days: 45, timers: 10, afterMs: 6 * HOUR_MS }));
  });
});
