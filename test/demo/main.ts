import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { type TailedRecord, tailTopic } from '../../src/kafka/topic-tail.ts';
import type { RequestLog } from '../../src/simulator/request-log.ts';
import { type Simulator, startSimulator } from '../../src/simulator/simulator.ts';
import { type Stack, startStack } from '../stack/stack.ts';
import { type Beginning, beginningOf } from '../support/change-report.ts';
import { compare, isClean } from '../support/comparison.ts';
import { brokenLaws, missedGoals, proofOf, termsOf } from '../support/proof.ts';
import { kafkaOf, type Published, publishedFrom, readPublished } from '../support/published.ts';
import { environmentOf, startWorker, type WorkerEnvironment, type WorkerProcess } from '../support/worker-process.ts';
import { readArguments } from './arguments.ts';
import { createPrinter } from './printer.ts';
import { PROGRAMMES, type Programme } from './programme.ts';
import { comparisonLines, numbersOf, proofLines } from './tell.ts';

/**
 * The demonstration: a practice Clockify where life goes on, a real Kafka and registry, and the worker between them.
 * Prints changes as they arrive; with `--for` it ends by itself and holds the topics against the truth.
 */
const { forMs, report, programme: name } = readArguments();
const programme: Programme = PROGRAMMES[name];
/** Every request and every change is judged at the end. */
const KEEP_ALL = { requestLogLimit: 10_000_000, historyLimit: 10_000_000 };
const stop = new AbortController();
/** A Ctrl-C comes from the terminal and from npm: a second one that soon is the same wish. */
const SAME_WISH_MS = 1_000;
let stoppedAtMs = 0;
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
  process.on(signal, () => {
    if (!stop.signal.aborted) stoppedAtMs = Date.now();
    else if (Date.now() - stoppedAtMs > SAME_WISH_MS) process.exit(130);
    stop.abort();
  });
}
// Whoever read along has gone (`| head`): that is a wish to stop, too.
process.stdout.on('error', () => stop.abort());
const say = (line: string) => process.stdout.write(`${line}\n`);
process.exit(await demo());

async function demo(): Promise<number> {
  const folder = mkdtempSync(join(tmpdir(), 'clockify-kafka-demo-'));
  say('Starting Kafka and a schema registry …');
  const stack = await startStack({ own: true, log: say });
  const simulator = await startSimulator({ ...programme.simulator, ...(forMs === undefined ? {} : KEEP_ALL) });
  const logFile = join(folder, 'worker.log');
  const place = placeOf(stack, simulator, logFile);
  const beginning = beginningOf(simulator);
  const worker = startWorker(place);
  try {
    introduce(stack, simulator, logFile);
    simulator.startActivity(programme.activity);
    const published = watch(stack, worker);
    await Promise.race([waitFor(forMs), worker.exited]);
    if (hasEnded(worker)) return failed(logFile);
    simulator.stopActivity();
    return forMs === undefined
      ? await leave(worker)
      : await conclude({ stack, simulator, place, worker, beginning }, published);
  } finally {
    stop.abort();
    await worker.end('SIGKILL');
    await simulator.close();
    await stack.stop();
    rmSync(folder, { recursive: true, force: true });
  }
}

function placeOf(stack: Stack, simulator: Simulator, logFile: string): WorkerEnvironment {
  return {
    config: programme.config,
    clockifyUrl: simulator.url,
    reportsUrl: simulator.reportsUrl,
    apiKey: simulator.apiKey,
    brokers: stack.brokers,
    registryUrl: stack.registryUrl,
    logFile,
  };
}

function hasEnded({ child }: WorkerProcess): boolean {
  return child.exitCode !== null || child.signalCode !== null;
}

function introduce(stack: Stack, simulator: Simulator, logFile: string): void {
  say(`Kafka      ${stack.brokers.join(',')}`);
  say(`Registry   ${stack.registryUrl}`);
  say(`Clockify   ${simulator.url} (practice; truth at ${simulator.origin}/simulator/truth)`);
  say(`Worker log ${logFile}`);
  say(`Topics     ${programme.topics.join(', ')}`);
  say('The first load comes as op "r" and is only counted; then every change has a line. Ctrl-C ends it.\n');
}

/** Shows what arrives, for as long as the demonstration lasts. */
function watch(stack: Stack, worker: WorkerProcess): Published[] {
  const printer = createPrinter();
  const decode = publishedFrom(stack.registryUrl);
  const published: Published[] = [];
  const show = async (record: Published) => {
    published.push(record);
    const line = printer.line(record);
    if (line !== undefined) say(line);
  };
  const kafka = kafkaOf(stack.brokers);
  const isNews = onlyOnce();
  for (const topic of programme.topics) void follow(topic);
  const counting = setInterval(() => say(`           ${printer.counts()}`), 5_000);
  stop.signal.addEventListener('abort', () => clearInterval(counting), { once: true });
  return published;

  async function follow(topic: string): Promise<void> {
    while (!stop.signal.aborted && !hasEnded(worker)) {
      const options = { topic, fromBeginning: true, untilEnd: false };
      const showNews = async (record: TailedRecord) => {
        if (isNews(record)) await show(await decode(record));
      };
      // The topic may not be there yet, or only just: the worker makes it. Then all of it is read again.
      await tailTopic(kafka, options, showNews, stop.signal).catch(() => undefined);
      await sleep(500);
    }
  }
}

/** Whether a record has not been seen yet, each partition in its order. */
function onlyOnce(): (record: TailedRecord) => boolean {
  const last = new Map<string, number>();
  return ({ topic, partition, offset }) => {
    const place = `${topic}/${partition}`;
    if (offset <= (last.get(place) ?? -1)) return false;
    last.set(place, offset);
    return true;
  };
}

async function waitFor(ms: number | undefined): Promise<void> {
  await sleep(ms ?? 2 ** 31 - 1, undefined, { signal: stop.signal }).catch(() => undefined);
}

interface Scene {
  readonly stack: Stack;
  readonly simulator: Simulator;
  readonly place: WorkerEnvironment;
  readonly worker: WorkerProcess;
  readonly beginning: Beginning;
}

/** Lets the worker catch up with the world that stands still now, stops it, and compares what anybody can read. */
async function conclude(scene: Scene, published: readonly Published[]): Promise<number> {
  const { stack, simulator, place, worker, beginning } = scene;
  const requests = programme.asksToo ? keptOf(simulator.requests) : simulator.requests;
  say('\nThe practice Clockify stands still; waiting until the worker has seen everything …');
  const held = async (records: readonly Published[]) =>
    compare(records, await programme.expectations(simulator, stack.registryUrl));
  const isSettled = () => held(published).then(isClean, () => false);
  const until = Date.now() + programme.settleWithinMs;
  while (!(await isSettled()) && Date.now() < until && !stop.signal.aborted) await sleep(500);
  const code = await worker.end('SIGTERM');
  const records = await readPublished(stack, programme.topics);
  const comparison = await held(records);
  const terms = termsOf(programme.config, environmentOf(place));
  const proof = proofOf({ world: simulator.world, requests }, beginning, records, terms);
  const faults = [...brokenLaws(comparison, proof), ...missedGoals(proof, terms)];
  if (report !== undefined)
    writeFileSync(report, `${JSON.stringify({ ...numbersOf(comparison), ...proof, faults })}\n`);
  say(`\nRead back with read_committed and held against the truth (worker exit code ${code}):`);
  const { deletionDelayMs } = simulator.settings.entityChanges;
  for (const line of [...comparisonLines(comparison), ...proofLines(proof, terms, deletionDelayMs)]) say(line);
  for (const fault of faults) say(`  NOT HELD: ${fault}`);
  return faults.length === 0 && code === 0 ? 0 : 1;
}

/** As it is now: whoever checks asks, too, and is not to be counted. */
function keptOf({ entries, total }: RequestLog): RequestLog {
  return { entries: [...entries], total, clear() {} };
}

async function leave(worker: WorkerProcess): Promise<number> {
  say('\nStopping …');
  return worker.end('SIGTERM');
}

function failed(logFile: string): number {
  say('The worker ended by itself. Its last lines:');
  for (const line of readFileSync(logFile, 'utf8').trim().split('\n').slice(-10)) say(`  ${line}`);
  return 1;
}
