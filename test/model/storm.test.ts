import { test } from 'node:test';
import { checkRuns } from './check-runs.ts';

test('P1 to P6: whatever happens to the world, the way, the sink and the process, no law is broken', async (t) => {
  await checkRuns(t, 'storm', 0.8);
});
