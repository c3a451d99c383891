import { fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { freePorts } from '../stack/ports.ts';
import { startStack } from '../stack/stack.ts';
import { termsOf } from '../support/proof.ts';
import { type Limits, reportRequests } from '../support/request-report.ts';
import { environmentOf, startWorker, type WorkerEnvironment, type WorkerProcess } from '../support/worker-process.ts';
import { type Logged, progressOf } from './progress.ts';

/**
 * A workspace of 10,000 users and a million entries, on a real Kafka or into files: the whole history is read while timers are looked
 * at in their own interval. Tells how far the history is, and the worker's memory, as they go; Linux only.
 */
const USAGE =
  'Usage: npm run bench:large -- [--users 10000] [--days 36] [--rate 50] [--sink kafka|file] [--for 15m] [--report FILE]';
const RUNNING_MS = 5_000;
const SAMPLE_MS = 10_000;
const SIMULATOR = fileURLToPath(new URL('./large-simulator.ts', import.meta.url));

interface Sample {
  readonly elapsedMs: number;
  readonly rssMb: number;
  /** Of these, what the entities hold. */
  readonly stateMb: number;
  readonly entities: number;
  /** The longest that the event loop was held since the sample before. */
  readonly heldMs: number;
  readonly windows: number;
  readonly requests: number;
}

interface Practice {
  readonly url: string;
  readonly origin: string;
  readonly apiKey: string;
  readonly entries: number;
}

const { users, days, rate, sink, report, forMs } = readArguments();
const say = (line: string) => process.stdout.write(`${line}\n`);
process.exit(await bench());

async function bench(): Promise<number> {
  const folder = mkdtempSync(join(tmpdir(), 'clockify-kafka-large-'));
  const stack = sink === 'kafka' ? await startStack({ own: true, log: say }) : undefined;
  const child = fork(SIMULATOR, [String(users), String(days)], { execArgv: ['--max-old-space-size=12000'] });
  try {
    const [practice] = (await once(child, 'message')) as [Practice];
    const [port = 0] = await freePorts(1);
    const place: WorkerEnvironment = {
      env: { CLOCKIFY_KAFKA_CONSOLE_PORT: String(port) },
      config: join(folder, 'large.yaml'),
      clockifyUrl: practice.url,
      apiKey: practice.apiKey,
      brokers: stack?.brokers ?? [],
      registryUrl: stack?.registryUrl ?? '',
      logFile: join(folder, 'worker.log'),
      args: sink === 'kafka' ? ['--shards', '0-23'] : ['--sink', 'file'],
    };
    writeFileSync(place.config as string, configText(folder));
    say(
      `${users} users, ${practice.entries} entries; ${rate} requests a second at most; ${cpus()[0]?.model}, ${cpus().length} cores`,
    );
    const worker = startWorker(place);
    try {
      return await watch(worker, practice, place, `http://127.0.0.1:${port}/metrics`);
    } finally {
      await worker.end('SIGKILL');
    }
  } finally {
    child.kill('SIGKILL');
    await stack?.stop();
    rmSync(folder, { recursive: true, force: true });
  }
}

/** `recent` once an hour, so that one pass of it is in the way of the history, as at any first load. */
function configText(folder: string): string {
  const kafka = `kafka: { brokers: \${KAFKA_BROKERS} }\nregistry: { url: \${REGISTRY_URL} }\ntopics: { replication_factor: 1 }`;
  return `
app: large
credentials:
  acme: { api_key: \${CLOCKIFY_API_KEY}, base_url: \${CLOCKIFY_URL}, rate: ${rate}/s }
sources:
  - { name: time-entries, template: time-entries, credential: acme, running: ${RUNNING_MS / 1_000}s, changes: 30s, every: 1h, recent: 1d, reconcile: 24h }
${sink === 'kafka' ? kafka : `file: { directory: ${join(folder, 'data')} }`}
`;
}

async function watch(
  worker: WorkerProcess,
  practice: Practice,
  place: WorkerEnvironment,
  metrics: string,
): Promise<number> {
  const { limits } = termsOf(place.config as string, environmentOf(place));
  const startedAtMs = Date.now();
  const samples: Sample[] = [];
  let log: Logged = { requests: [], total: 0 };
  say('  elapsed  worker RSS  of it state  entities  loop held  windows of the history  requests');
  while (Date.now() - startedAtMs < forMs) {
    await Promise.race([sleep(SAMPLE_MS), worker.exited]);
    if (worker.child.exitCode !== null || worker.child.signalCode !== null) break;
    log = await requestsSince(practice, log);
    const { windows } = progressOf(log, limits.recentMs);
    const sample = {
      elapsedMs: Date.now() - startedAtMs,
      rssMb: rssMb(worker.child.pid),
      ...(await stateOf(metrics)),
      windows,
      requests: log.total,
    };
    samples.push(sample);
    sayOf(sample);
    if (hasFinished(samples)) break;
  }
  return judge(worker, practice, samples, await requestsSince(practice, log), limits);
}

function sayOf({ elapsedMs, rssMb: mb, stateMb, entities, heldMs, windows, requests }: Sample): void {
  const memory = `${right(`${mb} MB`, 11)} ${right(`${stateMb} MB`, 12)} ${right(entities, 9)} ${right(`${heldMs} ms`, 10)}`;
  say(`  ${right(`${Math.round(elapsedMs / 1000)} s`, 7)} ${memory} ${right(windows, 23)} ${right(requests, 9)}`);
}

/** What the worker itself tells; zeros until its console answers. */
async function stateOf(metrics: string): Promise<Pick<Sample, 'stateMb' | 'entities' | 'heldMs'>> {
  const text = await fetch(metrics).then(
    (answer) => answer.text(),
    () => '',
  );
  const numberOf = (series: string) => Number(new RegExp(`^${series} (\\S+)$`, 'm').exec(text)?.[1] ?? 0);
  return {
    stateMb: Math.round(numberOf('clockify_state_bytes') / 1e6),
    entities: numberOf('clockify_state_entities\\{source="time-entries"\\}'),
    heldMs: Math.round(numberOf('nodejs_eventloop_lag_max_seconds') * 1_000),
  };
}

/** Nothing of the history has been read for a minute: its first pass is over, and the next is a day away. */
function hasFinished(samples: readonly Sample[]): boolean {
  const before = samples.at(-1 - 60_000 / SAMPLE_MS);
  return before !== undefined && before.windows > 0 && before.windows === samples.at(-1)?.windows;
}

async function requestsSince({ origin }: Practice, { requests, total }: Logged): Promise<Logged> {
  const response = await fetch(`${origin}/simulator/requests?since=${total}`);
  const news = (await response.json()) as Logged;
  return { total: news.total, requests: [...requests, ...news.requests] };
}

async function judge(
  worker: WorkerProcess,
  practice: Practice,
  samples: readonly Sample[],
  log: Logged,
  limits: Limits,
): Promise<number> {
  const exitCode = await worker.end('SIGTERM');
  const { spent, budgets, violations, refused } = reportRequests({ ...log, entries: log.requests, clear() {} }, limits);
  const { gaps, windows, longestStillMs } = progressOf(log, limits.recentMs);
  const peakMb = Math.max(0, ...samples.map(({ rssMb: mb }) => mb));
  const result = {
    users,
    entries: practice.entries,
    windows,
    longestStillMs,
    runningGaps: gaps,
    peakMb,
    spent,
    budgets,
    violations,
    refused,
    exitCode,
    samples,
  };
  if (report !== undefined) writeFileSync(report, `${JSON.stringify(result)}\n`);
  say(`\nwindows of the history read: ${windows}; the longest without one meanwhile: ${longestStillMs} ms`);
  say(
    `running, each ${RUNNING_MS} ms: ${gaps.count} looks, p50 ${gaps.p50Ms} ms, p99 ${gaps.p99Ms} ms, longest ${gaps.maxMs} ms apart`,
  );
  say(`worker memory at most ${peakMb} MB, in the end ${samples.at(-1)?.rssMb} MB`);
  const held = samples.map(({ heldMs }) => heldMs).sort((one, other) => one - other);
  say(`event loop held ${held.at(-1)} ms at most, in half of the samples ${held[held.length >> 1]} ms at most`);
  for (const [purpose, count] of Object.entries(spent)) say(`  ${right(count, 7)}  ${purpose}`);
  for (const { owner, most, limit } of budgets) say(`  ${owner}: at most ${most} requests in any second, of ${limit}`);
  say(`over budget ${violations}, refused ${refused}, worker exit code ${exitCode}`);
  return violations === 0 && exitCode === 0 && windows > 0 && gaps.p99Ms <= 2 * RUNNING_MS ? 0 : 1;
}

function rssMb(pid: number | undefined): number {
  const match = /VmRSS:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'));
  return Math.round(Number(match?.[1] ?? 0) / 1024);
}

function right(value: string | number, width: number): string {
  return String(value).padStart(width);
}

function readArguments() {
  try {
    const text = { type: 'string' } as const;
    const { values } = parseArgs({
      options: { users: text, days: text, rate: text, sink: text, for: text, report: text },
    });
    const number = (given: string | undefined, otherwise: number) => {
      const value = Number(given ?? otherwise);
      if (!Number.isInteger(value) || value <= 0) throw new Error(`${given} is no whole number above 0`);
      return value;
    };
    const { sink = 'kafka' } = values;
    if (sink !== 'kafka' && sink !== 'file') throw new Error(`--sink is kafka or file, not "${sink}"`);
    const minutes = /^(\d+)m$/.exec(values.for ?? '15m');
    if (minutes === null) throw new Error('--for takes a time such as 15m');
    return {
      users: number(values.users, 10_000),
      days: number(values.days, 36),
      rate: number(values.rate, 50),
      sink,
      forMs: Number(minutes[1]) * 60_000,
      report: values.report,
    };
  } catch (error) {
    process.stderr.write(`${(error as Error).message}\n${USAGE}\n`);
    return process.exit(2);
  }
}
