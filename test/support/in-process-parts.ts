import { digest } from '../../src/avro/digest.ts';
import type { LocalRegistry } from '../../src/avro/local-registry.ts';
import { type Call, type Client, createClient, type Sender } from '../../src/clockify/client.ts';
import { listIds } from '../../src/clockify/discovery.ts';
import type { Answer } from '../../src/clockify/reply.ts';
import { parentTemplates, templateNamed } from '../../src/clockify/templates/catalogue.ts';
import type { Config } from '../../src/config/config.ts';
import type { RhythmsConfig, SourceConfig } from '../../src/config/source-config.ts';
import type { Rate } from '../../src/core/rate.ts';
import { createStaticMembership } from '../../src/kafka/static-membership.ts';
import type { Ambient, DeleteGuard } from '../../src/pipeline/ports.ts';
import type { Simulator } from '../../src/simulator/simulator.ts';
import { createDiscovery } from '../../src/worker/discover.ts';
import type { Report } from '../../src/worker/events.ts';
import { planSource } from '../../src/worker/plan.ts';
import { createShards } from '../../src/worker/shards.ts';
import type { WorkerParts } from '../../src/worker/worker.ts';
import { type ResourceName, topicOf } from './in-process-log.ts';
import type { MemorySink } from './memory-sink.ts';

/** Puts a worker together as `worker/wire.ts` does it, on a sink in memory and with a client that can be tampered with. */

const EVERY_MS = 100;

/** Backoff and spread become next to nothing, so that a retried fault costs a test no time. */
function ambientOf(clockOffsetMs: number): Ambient {
  return { now: () => Date.now() + clockOffsetMs, monotonic: () => performance.now(), random: () => 0.002 };
}

/** What happens to an answer on its way; undefined lets it through as it is. */
export type Tamper = (answer: Extract<Answer, { ok: true }>, call: Call) => Answer | undefined;

export type Role = 'admin' | 'member';

export interface SourceOptions {
  readonly pageSize?: number;
  readonly everyMs?: number;
  /** By source, as the configuration has them. */
  readonly filters?: Partial<Record<ResourceName, SourceConfig['filters']>>;
  /** Of time entries; every rhythm that is not given is off. */
  readonly rhythms?: Partial<RhythmsConfig> | undefined;
  /** Of each workspace; left out, more than anybody asks for. */
  readonly rate?: Rate | undefined;
}

export interface TamperRule {
  readonly path: RegExp;
  readonly change: Tamper;
  readonly times: number;
  struck: number;
}

export interface PartsOptions {
  readonly simulator: Simulator;
  readonly sink: MemorySink;
  readonly registry: LocalRegistry;
  readonly tampers: ReadonlySet<TamperRule>;
  readonly owner: { readonly role: Role };
  readonly options: SourceOptions;
  readonly sources: readonly ResourceName[];
  readonly guard: DeleteGuard;
  readonly clockOffsetMs: number;
  readonly report: Report;
}

export function partsOf({ report, ...given }: PartsOptions): WorkerParts {
  const { simulator, sink, registry, options, guard } = given;
  const client = tampered(clientOf(simulator, given.owner, options.rate), given.tampers);
  const ambient = ambientOf(given.clockOffsetMs);
  const membership = createStaticMembership(new Set([0, 1, 2]), 20);
  const shards = createShards({ sink, reader: sink, membership, ambient, report });
  const valuesOf = createDiscovery(
    (parameter, params, signal) => listIds(client, parentTemplates, parameter, params, signal),
    {
      everyMs: 2 * EVERY_MS,
      ambient,
      once: false,
      onFound: (parameter, count) => report({ type: 'discovered', source: 'practice', parameter, count }),
      onFailure: (parameter, error) => report({ type: 'discovery-failed', source: 'practice', parameter, error }),
    },
  );
  const config = configOf(given.sources.map((name) => sourceOf(name, options)));
  const sources = config.sources.map((source) => planSource({ source, config, registry, client, valuesOf, report }));
  const environment = { shards, shardCount: 3, guard, ambient, digest, report, once: false };
  const close = async () => {
    await sink.close();
    await client.close();
  };
  return { sources, membership, shards, environment, ambient, report, close };
}

const AMPLE: Rate = { requests: 10_000, windowMs: 100, burst: 10_000 };

function clientOf({ url, origin, apiKey, memberKey }: Simulator, owner: PartsOptions['owner'], rate = AMPLE) {
  const admin = clientWith(apiKey, url, origin, rate);
  const member = clientWith(memberKey, url, origin, rate);
  const client: Client & Sender = {
    send: (sending, signal) => (owner.role === 'admin' ? admin : member).send(sending, signal),
    get: (call, signal) => (owner.role === 'admin' ? admin : member).get(call, signal),
    async close() {
      await Promise.all([admin.close(), member.close()]);
    },
  };
  return client;
}

function clientWith(apiKey: string, url: string, origin: string, rate: Rate): Client & Sender {
  return createClient({
    apiKey,
    baseUrl: url,
    allowedOrigins: [origin],
    name: 'practice',
    reportsUrl: `${origin}/report/v1`,
    rate,
    reportsRate: AMPLE,
    connectTimeoutMs: 2_000,
    headersTimeoutMs: 5_000,
    bodyTimeoutMs: 5_000,
    requestTimeoutMs: 10_000,
    maxBodyBytes: 10_000_000,
    connections: 8,
    now: Date.now,
  });
}

function tampered(client: Client & Sender, rules: ReadonlySet<TamperRule>): Client & Sender {
  return {
    send: (sending, signal) => client.send(sending, signal),
    async get(call, signal) {
      const answer = await client.get(call, signal);
      if (!answer.ok) return answer;
      const path = `${call.path}?${new URLSearchParams(call.query)}`;
      for (const rule of rules) {
        if (rule.struck >= rule.times || !rule.path.test(path)) continue;
        const changed = rule.change(answer, call);
        if (changed === undefined) continue;
        rule.struck += 1;
        return changed;
      }
      return answer;
    },
    close: () => client.close(),
  };
}

const OFF: RhythmsConfig = { runningMs: undefined, changesMs: undefined, recentMs: undefined, reconcile: undefined };

function sourceOf(
  name: ResourceName,
  { pageSize = 3, everyMs = EVERY_MS, filters = {}, rhythms }: SourceOptions,
): SourceConfig {
  const parameters = Object.fromEntries(templateNamed(name).parameters.map((parameter) => [parameter, 'all' as const]));
  return {
    name,
    template: name,
    credential: 'practice',
    everyMs,
    parameters,
    filters: filters[name] ?? {},
    topic: topicOf(name),
    pageSize,
    ignoreChanges: undefined,
    rhythms: rhythms === undefined || name !== 'time-entries' ? undefined : { ...OFF, ...rhythms },
  };
}

/** What a planned source reads of a configuration. */
function configOf(sources: readonly SourceConfig[]): Config {
  const read = {
    app: 'in-process',
    sources,
    topics: { deadLetters: 'dlq.clockify' },
    deadLetters: { stopShare: 1, stopAtLeast: Number.POSITIVE_INFINITY },
    registry: { autoRegister: true },
  };
  return read as unknown as Config;
}
