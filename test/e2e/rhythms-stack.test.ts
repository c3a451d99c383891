import { deepEqual, equal, ok } from 'node:assert/strict';
import { randomInt, randomUUID } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { templateNamed } from '../../src/clockify/templates/catalogue.ts';
import { type Simulator, startSimulator } from '../../src/simulator/simulator.ts';
import { sharedStack } from '../stack/shared-stack.ts';
import { beginningOf } from '../support/change-report.ts';
import { compare, DEMO_TEMPLATES, expectationsOf, isClean } from '../support/comparison.ts';
import { brokenLaws, proofOf, termsOf } from '../support/proof.ts';
import { readPublished } from '../support/published.ts';
import { environmentOf, HOUR_CONFIG, startWorker, type WorkerEnvironment } from '../support/worker-process.ts';

/** A few minutes of the squeezed hour that `npm run demo -- --hour` shows whole: its laws, and no times. */
const ACTIVITY_PER_SECOND = 15;
const LIVELY_MS = 12_000;
const SETTLE_WITHIN_MS = 60_000;

const seed = Number(process.env.CLOCKIFY_KAFKA_TEST_SEED ?? randomInt(2 ** 31));

test('P1 P2 P4 P6: under four rhythms every change is seen, or gone before anybody could look, and within budget', {
  timeout: 180_000,
}, async (t) => {
  t.diagnostic(`seed ${seed}`);
  const { stack, simulator, place, topics, prefix } = await openScene(t);
  const look = async () => {
    const records = await readPublished(stack, topics);
    return { records, comparison: compare(records, expectationsOf(DEMO_TEMPLATES, simulator.world.truth(), prefix)) };
  };
  const beginning = beginningOf(simulator);
  const worker = startWorker(place);
  t.after(() => worker.end('SIGKILL'));
  await until(() => look().then(({ comparison }) => isClean(comparison)));
  simulator.startActivity(ACTIVITY_PER_SECOND);
  await sleep(LIVELY_MS);
  touchHistory(simulator);
  simulator.stopActivity();
  await until(() => look().then(({ comparison }) => isClean(comparison)));
  equal(await worker.end('SIGTERM'), 0, readFileSync(place.logFile, 'utf8').slice(-2_000));

  const { records, comparison } = await look();
  const proof = proofOf(simulator, beginning, records, termsOf(HOUR_CONFIG, environmentOf(place)));
  const kinds = proof.changes?.kinds ?? {};
  t.diagnostic(JSON.stringify(Object.fromEntries(Object.entries(kinds).map(([kind, { fates }]) => [kind, fates]))));
  deepEqual(brokenLaws(comparison, proof), [], `seed ${seed}: ${JSON.stringify(comparison).slice(0, 3_000)}`);
  for (const kind of ['timer started', 'timer stopped', 'created', 'edited, back-dated', 'deleted, back-dated']) {
    ok((kinds[kind]?.fates.seen ?? 0) > 0, `${kind}: none was seen`);
  }
  ok(kinds['edited, back-dated']?.seenBy.changes, 'edits of long ago are found by changes');
  ok(proof.requests.total > 0);
});

/** An edit and a delete of the oldest entries, which nothing but hints and the history will show. */
function touchHistory({ world }: Simulator): void {
  for (const workspaceId of world.store.workspaceIds()) {
    for (const { id: userId } of world.store.rows('users', workspaceId).slice(0, 3)) {
      const [edited, deleted] = world.store.entriesOf(workspaceId, userId).between(0, Date.now()).slice().slice(-2);
      if (edited !== undefined) world.editEntry(workspaceId, edited.id, { description: `once more, ${randomUUID()}` });
      if (deleted !== undefined) world.deleteEntry(workspaceId, deleted.id);
    }
  }
}

async function openScene(t: TestContext) {
  const stack = await sharedStack();
  const folder = mkdtempSync(join(tmpdir(), 'clockify-kafka-rhythms-'));
  const entityChanges = { deletionDelayMs: 1_000 };
  const simulator = await startSimulator({
    seed,
    workspaces: 2,
    users: 8,
    days: 10,
    entityChanges,
    requestLogLimit: 1e6,
  });
  t.after(async () => {
    await simulator.close();
    await stack.stop();
    rmSync(folder, { recursive: true, force: true });
  });
  const prefix = `h${randomUUID().slice(0, 8)}`;
  const place: WorkerEnvironment = {
    config: HOUR_CONFIG,
    clockifyUrl: simulator.url,
    apiKey: simulator.apiKey,
    brokers: stack.brokers,
    registryUrl: stack.registryUrl,
    logFile: join(folder, 'worker.log'),
    args: ['--shards', '0-23'],
    env: { CLOCKIFY_KAFKA_APP: prefix, CLOCKIFY_KAFKA_TOPICS_PREFIX: prefix },
  };
  const topics = DEMO_TEMPLATES.map((name) => `${prefix}.${templateNamed(name).plural}`);
  return { stack, simulator, place, topics, prefix };
}

/** What does not come in time is told by the comparison that follows. */
async function until(isSo: () => Promise<boolean>): Promise<void> {
  const deadline = Date.now() + SETTLE_WITHIN_MS;
  while (Date.now() < deadline && !(await isSo().catch(() => false))) await sleep(500);
}
