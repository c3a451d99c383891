import { deepEqual, ok } from 'node:assert/strict';
import { randomInt } from 'node:crypto';
import { test } from 'node:test';
import { forget, runCampaign } from './campaign.ts';
import { isSound } from './checker.ts';
import { linesOf } from './tell.ts';

const seed = Number(process.env.CLOCKIFY_KAFKA_TEST_SEED ?? randomInt(2 ** 31));

test('P1 P2 P3 P4: twelve kills among other faults, three workers: nothing lost, repeated, reordered or deleted falsely', {
  timeout: 400_000,
}, async (t) => {
  const result = await runCampaign({ kills: 12, workers: 3, seed, fixed: true, say: () => undefined });
  for (const line of [`seed ${seed}`, ...linesOf(result)]) t.diagnostic(line);
  ok(isSound(result.verdict), `the logs are in ${result.folder}\n${linesOf(result).join('\n')}`);
  deepEqual(
    result.exitCodes.map((code) => code),
    [0, 0, 0],
    'each worker ends in order',
  );
  ok(result.verdict.records > 300, 'there was something to judge');
  forget(result);
});
