import { deepEqual, ok } from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { FaultAction } from '../../src/simulator/faults.ts';
import { openPlace, until } from '../support/in-process-worker.ts';

const HOSTILE: readonly FaultAction[] = [
  { kind: 'emptyList' },
  { kind: 'duplicateRows', count: 2 },
  { kind: 'cut' },
  { kind: 'html', status: 502 },
  { kind: 'html', status: 200 },
  { kind: 'status', status: 403 },
  { kind: 'status', status: 404 },
  { kind: 'status', status: 500 },
];
/** Of each fault; together they meet every sixth request. */
const CHANCE = 0.02;
const RESTARTS = 3;
const SEEDS = (process.env.CLOCKIFY_KAFKA_TEST_SEEDS ?? '1,2').split(',').map(Number);

describe('a busy world behind a server that fails at random', { concurrency: 2 }, () => {
  for (const seed of SEEDS) {
    test(`P4: every delete is one that happened, and in the end the log is the truth (seed ${seed})`, async (t) => {
      const place = await openPlace(t, { simulator: { seed, workspaces: 2, users: 6, days: 4 } });
      const { simulator } = place;
      await place.startSettled().then((worker) => worker.stop());
      for (const action of HOSTILE) {
        // A worker whose very first list of all is refused takes its key to be wrong, and stops.
        const path = action.kind === 'status' && action.status < 500 ? '/workspaces/' : '/workspaces';
        simulator.faults.add({ match: { path }, probability: CHANCE, action });
      }
      // Where there is no read by id, a page that was served from a cache twice would be a second witness.
      const stale = { match: { path: '/(time-entries|projects)\\?' }, probability: CHANCE } as const;
      simulator.faults.add({ ...stale, action: { kind: 'stalePage' } });
      for (let restarts = 0; restarts < RESTARTS; restarts += 1) {
        const before = place.sink.committed.length;
        const worker = place.start();
        simulator.startActivity(100);
        place.sink.failNext('unknown_committed', 'unknown_lost', 'not_committed', 'fenced');
        await until(() => place.sink.committed.length > before + 60, 'changes to be published under faults');
        await worker.stop();
      }
      simulator.stopActivity();
      simulator.faults.clear();
      const last = await place.startSettled();
      for (const ws of simulator.world.store.workspaceIds()) await last.sweeps(`users/${ws}`, 1);
      await last.sweeps('workspaces', 1);

      deepEqual([place.deleted('users'), place.deleted('workspaces')], [[], []]);
      const happened = simulator.world.history.entries.filter(({ after }) => after === null);
      for (const resource of ['time-entries', 'projects'] as const) {
        for (const { key, op, row, headers } of place.log(resource)) {
          if (op !== 'd' || row === null) continue;
          const isTrue = happened.some(
            ({ id, workspaceId, atMs }) => `${workspaceId}/${id}` === key && atMs <= Number(headers.__ts_ms),
          );
          ok(isTrue, `${key} was deleted in the world before it was in the log`);
        }
      }
      place.verify();
    });
  }
});
