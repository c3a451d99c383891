import { ReplaySubject, share } from 'rxjs';
import { digest } from '../avro/digest.ts';
import { SHORT_WINDOW_MS } from '../clockify/budget.ts';
import { type Budgets, createBudgets, processClock } from '../clockify/budgets.ts';
import { type Client, type ClientOptions, createClient, type Sender } from '../clockify/client.ts';
import { listIds } from '../clockify/discovery.ts';
import type { Clock } from '../clockify/lease.ts';
import { parentTemplates } from '../clockify/templates/catalogue.ts';
import type { Access } from '../config/access.ts';
import type { Config, Credential } from '../config/config.ts';
import type { SourceConfig } from '../config/source-config.ts';
import { shardFor } from '../core/murmur2.ts';
import type { Scrubber } from '../core/scrubber.ts';
import type { Ambient } from '../pipeline/ports.ts';
import type { Shard } from '../pipeline/shard.ts';
import type { Logger } from '../telemetry/logger.ts';
import { createControl } from './control.ts';
import { createDiscovery } from './discover.ts';
import type { Report } from './events.ts';
import { createFeeds, type Feeds } from './feeds.ts';
import { createLedgers, keepCredentials, rememberedCredentials } from './ledgers.ts';
import { measureExchanges, measureTarget } from './measure.ts';
import type { Operations } from './operations.ts';
import { planSource } from './plan.ts';
import { feedOf } from './plan-template.ts';
import { reportTo } from './report.ts';
import { createShards, type Shards } from './shards.ts';
import { withoutOthers } from './shared-workspaces.ts';
import { openSink, type Target } from './sinks.ts';
import { heapKeeper } from './small-heap.ts';
import type { Source, SourceEnvironment } from './source.ts';
import type { WorkerParts } from './worker.ts';

/**
 * The only place where parts meet: a configuration becomes a worker. The compiler proves here that each adapter fits
 * the port it fulfils.
 */
export interface WireOptions {
  readonly config: Config;
  readonly logger: Logger;
  readonly once: boolean;
  /** The API key of a credential as it is now; left out, as it was at the start. */
  readonly keyOf?: ((credential: string) => string) | undefined;
  /** Knows every secret; left out, no value of an answer is kept for people. */
  readonly secrets?: Scrubber | undefined;
  /** How to be let in at Kafka and the registry as it is now; left out, as it was at the start. */
  readonly access?: (() => Access) | undefined;
  /** Lines of data, for the sink `stdout`. */
  readonly out: (line: string) => void | Promise<void>;
  readonly signal: AbortSignal;
  /** Who looks on, and commands; left out, nobody does. */
  readonly operations?: Operations | undefined;
}

/** What the process gives, and a test with a clock of its own gives in its place. */
interface Surroundings {
  readonly ambient: Ambient;
  readonly clock: Clock;
  /** Left out, each client has connections of its own. */
  readonly dispatcher?: ClientOptions['dispatcher'];
}

interface Assembly extends Pick<WireOptions, 'config' | 'once' | 'keyOf' | 'operations' | 'secrets'> {
  readonly report: Report;
}

/** @throws {WorkerError} config for topics or state that do not fit; transient `kafka.unavailable` if no broker answers in time */
export async function wire(options: WireOptions): Promise<WorkerParts> {
  const target = measured(await openSink(options), options.operations);
  const ambient = { now: Date.now, monotonic: () => performance.now(), random: Math.random };
  return assemble({ ...options, report: toldTo(options) }, target, { ambient, clock: processClock });
}

/**
 * All but the far side and the surroundings.
 *
 * @internal
 */
export function assemble(assembly: Assembly, target: Target, surroundings: Surroundings): WorkerParts {
  const { config, once } = assembly;
  const { ambient } = surroundings;
  const { report, shards, clients, beside, budgets } = budgetedOf(assembly, target, surroundings);
  const names = config.sources.map(({ name }) => name);
  const control = createControl(names, (shard, error) => shards.spoil(shard, error), report);
  assembly.operations?.attach(control, () => budgets.left());
  const discoveries = discoveriesOf({ config, once, report }, clients, ambient);
  const feeds = feedsOf(config, once);
  const workspaces = workspacesOf(config, discoveries, report);
  const sources = config.sources.map((source) =>
    planSource({
      source,
      config,
      registry: target.registry,
      messageBytes: target.messageBytes,
      client: of(clients, source.credential),
      valuesOf: (parameter, params) =>
        parameter === 'workspace'
          ? of(workspaces, source.credential)
          : of(feeds, source.credential).values(parameter, params, () =>
              of(discoveries, source.credential)(parameter, params),
            ),
      onListed: onListedOf(source, of(feeds, source.credential)),
      report,
      secrets: assembly.secrets,
    }),
  );
  const close = async () => {
    await target.close();
    await Promise.all([...clients.values()].map((client) => client.close()));
  };
  const guard = { share: config.deletes.guardShare, atLeast: config.deletes.guardAtLeast };
  const register = control.slices;
  const environment = { shards, shardCount: config.kafka.shards, guard, ambient, digest, report, register, once };
  return { sources, membership: target.membership, shards, environment, ambient, report, beside, close };
}

function measured(target: Target, operations: Operations | undefined): Target {
  return operations === undefined ? target : measureTarget(operations.metrics, target, Date.now);
}

/** The log, the status, the metrics and the heap. */
function toldTo({ logger, operations }: WireOptions): Report {
  const log = reportTo(logger);
  const keep = heapKeeper();
  return (event) => {
    keep(event);
    operations?.status.report(event);
    operations?.measure(event);
    log(event);
  };
}

/** Clients, whose budgets are remembered in the shards, and shards, which say when they are there. */
function budgetedOf(assembly: Assembly, target: Target, surroundings: Surroundings) {
  const { config, report: log } = assembly;
  const { shards: shardCount } = config.kafka;
  const isAlone = config.sink !== 'kafka';
  const spoil: Shards['spoil'] = (shard, error) => shards.spoil(shard, error);
  const ledgers = createLedgers(shardCount, spoil);
  const budgets = createBudgets({
    clock: surroundings.clock,
    isShared: !isAlone,
    requestTimeoutMs: config.http.requestTimeoutMs,
    ledgerOf: ledgers.of,
  });
  const onOpened = (shard: Shard) => {
    ledgers.opened(shard);
    if (!isAlone) budgets.startAnew((placedBy) => shardFor(placedBy, shardCount) === shard.number);
  };
  const report: Report = (event) => {
    if (event.type === 'shards-assigned') ledgers.assigned(event.shards);
    log(event);
  };
  const shards: Shards = createShards({
    ...target,
    ambient: surroundings.ambient,
    report,
    once: assembly.once,
    onOpened,
  });
  const remembered = rememberedCredentials(config, SHORT_WINDOW_MS);
  const beside = (env: SourceEnvironment) => keepCredentials(remembered, env);
  return { report, shards, clients: clientsOf(assembly, budgets, surroundings), beside, budgets };
}

function clientsOf(
  { config, keyOf, operations }: Assembly,
  budgets: Budgets,
  { ambient, dispatcher }: Surroundings,
): ReadonlyMap<string, Client & Sender> {
  const onExchange = operations === undefined ? undefined : measureExchanges(operations.metrics);
  const client = (credential: Credential) => {
    const apiKey = keyOf === undefined ? credential.apiKey : () => keyOf(credential.name);
    return createClient({ ...credential, ...config.http, apiKey, budgets, now: ambient.now, dispatcher, onExchange });
  };
  return new Map(Object.values(config.credentials).map((credential) => [credential.name, client(credential)]));
}

/** What each credential polls, in the order of the configuration: a workspace that two see is the first one's. */
function workspacesOf(config: Config, discoveries: ReadonlyMap<string, Discovery>, report: Report) {
  const claims = Object.values(config.credentials).map(({ name, sharedWorkspaces }) => ({
    credential: name,
    workspaces$: of(discoveries, name)('workspace', {}),
    shared: sharedWorkspaces,
  }));
  const polled = claims.map((claim, at) => {
    const tell = (workspace: string, other: string) =>
      report({ type: 'workspace-refused', credential: claim.credential, workspace, other });
    return [claim.credential, withoutOthers(claim, claims.slice(0, at), tell).pipe(shareLatest())] as const;
  });
  return new Map(polled);
}

function shareLatest<T>() {
  return share<T>({ connector: () => new ReplaySubject(1), resetOnComplete: false });
}

/** One for each credential: another key may see another list. */
function feedsOf(config: Config, once: boolean): ReadonlyMap<string, Feeds> {
  const feeds = (credential: string) => {
    const fed = config.sources.filter((source) => source.credential === credential).map((source) => feedOf({ source }));
    const names = new Set(fed.filter((parameter) => parameter !== undefined));
    return createFeeds({ fed: names, waitMs: config.discovery.everyMs, once });
  };
  return new Map(Object.keys(config.credentials).map((name) => [name, feeds(name)]));
}

function onListedOf(source: SourceConfig, feeds: Feeds): Source['onListed'] {
  const parameter = feedOf({ source });
  return parameter === undefined ? undefined : (params, ids) => feeds.tell(parameter, params, ids);
}

type Discovery = ReturnType<typeof createDiscovery>;

function discoveriesOf(
  { config, once, report }: Assembly,
  clients: ReadonlyMap<string, Client>,
  ambient: Ambient,
): ReadonlyMap<string, Discovery> {
  const discovery = (name: string, client: Client) =>
    createDiscovery((parameter, params, signal) => listIds(client, parentTemplates, parameter, params, signal), {
      everyMs: config.discovery.everyMs,
      ambient,
      once,
      onFound: (parameter, count) => report({ type: 'discovered', source: name, parameter, count }),
      onFailure: (parameter, error) => report({ type: 'discovery-failed', source: name, parameter, error }),
    });
  return new Map([...clients].map(([name, client]) => [name, discovery(name, client)]));
}

function of<T>(map: ReadonlyMap<string, T>, name: string): T {
  const found = map.get(name);
  if (found === undefined) throw new Error(`the configuration names ${name}, which it does not define`);
  return found;
}
