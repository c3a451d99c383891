import { strict as assert } from 'node:assert';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { templateNamed } from '../../src/clockify/templates/catalogue.ts';
import { startSimulator } from '../../src/simulator/simulator.ts';
import { startStack } from '../stack/stack.ts';
import { killBetweenTransactions } from '../support/calm-kill.ts';
import { compare, DEMO_TEMPLATES, expectationsOf, isClean } from '../support/comparison.ts';
import { readPublished } from '../support/published.ts';
import { startWorker } from '../support/worker-process.ts';

const TOPICS = DEMO_TEMPLATES.map((name) => `clockify.${templateNamed(name).plural}`);

test('P1 P2: a registry that is away at the start and a broker that dies in between are waited for', {
  timeout: 400_000,
}, async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'clockify-kafka-outage-'));
  const stack = await startStack({ own: true });
  const simulator = await startSimulator({ seed: 5, workspaces: 2, users: 6, days: 8, activity: 10 });
  const logFile = join(folder, 'worker.log');
  await stack.registry?.kill();
  const place = {
    clockifyUrl: simulator.url,
    apiKey: simulator.apiKey,
    brokers: stack.brokers,
    registryUrl: stack.registryUrl,
    logFile,
  };
  const worker = startWorker(place);
  t.after(async () => {
    await worker.end('SIGKILL');
    await simulator.close();
    await stack.stop();
    rmSync(folder, { recursive: true, force: true });
  });
  const log = () => (existsSync(logFile) ? readFileSync(logFile, 'utf8') : '');
  const until = async (what: string, holds: () => boolean | Promise<boolean>) => {
    // Longer than a transaction of before may keep readers waiting.
    const deadline = Date.now() + 150_000;
    while (!(await holds())) {
      assert.ok(Date.now() < deadline, `${what} did not come about; the log ends with\n${log().slice(-2_000)}`);
      assert.equal(worker.child.exitCode, null, `the worker ended by itself\n${log().slice(-2_000)}`);
      await sleep(300);
    }
  };

  await until('waiting for the registry', () => log().includes('registry.unavailable'));
  await stack.registry?.start();
  await until('the first sweep', () => log().includes('sweep.complete'));
  await killBetweenTransactions(stack, worker);
  await sleep(3_000);
  await stack.broker?.start();
  simulator.stopActivity();
  const look = async () =>
    compare(await readPublished(stack, TOPICS), expectationsOf(DEMO_TEMPLATES, simulator.world.truth()));
  await until('catching up', () => look().then(isClean, () => false));
  assert.equal(await worker.end('SIGTERM'), 0);
  const comparison = await look();
  assert.ok(isClean(comparison), JSON.stringify(comparison).slice(0, 2_000));
});
