/**
 * Sends requests for some workspaces as fast as its budgets let it, remembered in a state file, until it is killed. The
 * windows are shorter than any configuration can say, so that a test need not take an hour.
 *
 * `node budget-child.ts <API URL> <reports URL> <folder> <requests> <window ms> <workspace>…`; the key is in KEY.
 * Run by budget-kill.test.ts.
 */
import { join } from 'node:path';
import { ignoreElements, lastValueFrom } from 'rxjs';
import { createBudgets, processClock } from '../../src/clockify/budgets.ts';
import { createClient } from '../../src/clockify/client.ts';
import { createStaticMembership } from '../../src/kafka/static-membership.ts';
import { openFileSink } from '../../src/local/file-sink.ts';
import { createLedgers } from '../../src/worker/ledgers.ts';
import { createShards, type Shards } from '../../src/worker/shards.ts';

const [baseUrl = '', reportsUrl = '', folder = '', requests = '', windowMs = '', ...workspaces] = process.argv.slice(2);
const SHARDS = 4;
const REQUEST_TIMEOUT_MS = 500;

const sink = await openFileSink({ stateFile: join(folder, 'state'), dir: folder, describe: () => null });
const ledgers = createLedgers(SHARDS, (...told: Parameters<Shards['spoil']>) => shards.spoil(...told));
const shards: Shards = createShards({
  sink,
  reader: sink,
  membership: createStaticMembership(new Set(Array(SHARDS).keys())),
  ambient: { now: Date.now, monotonic: () => performance.now(), random: Math.random },
  report: () => undefined,
  onOpened: ledgers.opened,
});
ledgers.assigned([...Array(SHARDS).keys()]);
const held = [...Array(SHARDS).keys()].map((number) =>
  lastValueFrom(shards.open(number).pipe(ignoreElements()), { defaultValue: undefined }),
);

const rate = { requests: Number(requests), windowMs: Number(windowMs), burst: Number(requests) };
const budgets = createBudgets({
  clock: processClock,
  isShared: false,
  requestTimeoutMs: REQUEST_TIMEOUT_MS,
  ledgerOf: ledgers.of,
  shortWindowMs: 1_000,
});
const client = createClient({
  name: 'acme',
  apiKey: process.env.KEY ?? '',
  baseUrl,
  reportsUrl,
  allowedOrigins: [new URL(baseUrl).origin],
  rate,
  reportsRate: rate,
  budgets,
  connectTimeoutMs: REQUEST_TIMEOUT_MS,
  headersTimeoutMs: REQUEST_TIMEOUT_MS,
  bodyTimeoutMs: REQUEST_TIMEOUT_MS,
  requestTimeoutMs: REQUEST_TIMEOUT_MS,
  maxBodyBytes: 10_000_000,
  connections: 8,
  now: Date.now,
});

async function askForEver(owner: string): Promise<void> {
  const path = owner === '' ? '/user' : `/workspaces/${owner}/users`;
  for (;;) await client.get({ path, query: {}, owner }, new AbortController().signal).catch(() => undefined);
}

// Three at a time of each: a burst is what a restart could repeat.
await Promise.all([...['', ...workspaces].flatMap((owner) => Array(3).fill(owner)).map(askForEver), ...held]);
