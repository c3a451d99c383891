import { ok } from 'node:assert/strict';
import { describe, type TestContext, test } from 'node:test';
import type { Simulator } from '../../src/simulator/simulator.ts';
import { openPlace, type PlaceOptions, until } from '../support/in-process-worker.ts';

/**
 * Rhythms of one workspace, of which some want far more than the budget gives, on the whole way of a request: the
 * worker's own rhythms, its client and the budget, judged by the order in which the far side was asked.
 */

const DAY_MS = 86_400_000;
const SCARCE = { requests: 4, windowMs: 40, burst: 4 };
const WATCHED = 300;

/** A history of so many windows that none of it is read to its end here. */
const BACKLOG = { reconcile: { everyMs: DAY_MS, windowMs: 2 * DAY_MS, sinceMs: undefined } };

type Kind = 'running' | 'recent' | 'reconcile' | 'other';

type Asked = Simulator['requests']['entries'][number];

/** A window of the history has an end, but for the newest; the sliding one has none. */
function kindOf({ path, query }: Asked): Kind {
  if (path.endsWith('/in-progress')) return 'running';
  if (!path.endsWith('/time-entries')) return 'other';
  return query.includes('end=') ? 'reconcile' : 'recent';
}

/** Kinds of the requests, in their order, once every history is beyond its newest window. */
async function watch(
  t: TestContext,
  users: number,
  rhythms: NonNullable<PlaceOptions['rhythms']>,
  everyMs?: number,
): Promise<readonly Kind[]> {
  const simulator = { users, days: 120 };
  const options: PlaceOptions = { sources: ['time-entries'], simulator, rhythms, rate: SCARCE, pageSize: 50 };
  const place = await openPlace(t, everyMs === undefined ? options : { ...options, everyMs });
  const { requests } = place.simulator;
  const worker = place.start();
  const kinds = () => requests.entries.map(kindOf);
  await until(() => kinds().filter((kind) => kind === 'reconcile').length > users, 'every history to be begun');
  requests.clear();
  await until(() => requests.entries.length >= WATCHED, 'requests to watch');
  await worker.stop();
  return kinds().slice(0, WATCHED);
}

/** Requests of others between two of a kind, from the fewest to the most. */
function gapsOf(kinds: readonly Kind[], kind: Kind): readonly number[] {
  const places = kinds.flatMap((each, at) => (each === kind ? [at] : []));
  return places
    .slice(1)
    .map((at, index) => at - (places[index] ?? 0) - 1)
    .sort((a, b) => a - b);
}

describe('a scarce budget', { concurrency: 2 }, () => {
  test('P6: running keeps its interval, whatever the histories of thirty users have to catch up on', async (t) => {
    const kinds = await watch(t, 30, { runningMs: 60, ...BACKLOG });
    const gaps = gapsOf(kinds, 'running');
    const most = gaps[Math.floor(gaps.length * 0.9)] ?? Number.POSITIVE_INFINITY;
    t.diagnostic(`${gaps.length} looks, at most ${most} requests between nine tenths of them`);
    // An interval is six requests and a window four; a queue without priorities would be thirty.
    ok(most <= 15, `${gaps}`);
  });

  test('P6: the history does not starve behind rhythms that would take all there is', async (t) => {
    const kinds = await watch(t, 8, { runningMs: 60, recentMs: 7 * DAY_MS, ...BACKLOG }, 1);
    const shareOf = (kind: Kind) => kinds.filter((each) => each === kind).length / kinds.length;
    t.diagnostic(`running ${shareOf('running')}, recent ${shareOf('recent')}, reconcile ${shareOf('reconcile')}`);
    ok(shareOf('reconcile') >= 0.07, 'it has a turn in ten');
    ok(shareOf('recent') > 2 * shareOf('reconcile'), 'and no more, for the others go before it');
    ok((gapsOf(kinds, 'running').at(-1) ?? 0) <= 25, 'and running keeps its interval');
  });
});
