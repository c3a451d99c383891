import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { act } from './activity.ts';
import { type ActivityRunner, createActivityRunner } from './activity-runner.ts';
import type { Caller, EntityChanges, PageCap, RateLimit, ReportSettings, Settings } from './answer.ts';
import { type AnswerTo, createApi, type HttpHandler, overHttp } from './api-server.ts';
import { createControl, isControlPath } from './control.ts';
import { createFaults, type Faults } from './faults.ts';
import { mutate } from './mutate.ts';
import { featuresOf, type Plan, rangeLimitOf } from './plan.ts';
import { createRequestLog, type RequestLog } from './request-log.ts';
import { seedWorld } from './seed.ts';
import { isTimeZone } from './time.ts';
import { createWorld, type World } from './world.ts';
import { createWorldContext, type WorldContext } from './world-context.ts';

export interface SimulatorOptions {
  /** The same seed and the same clock give the same world and the same history. Default 1. */
  readonly seed?: number | undefined;
  /** Default 2. */
  readonly workspaces?: number | undefined;
  /** Accounts; the first is the owner of every workspace. At least 1, default 20. */
  readonly users?: number | undefined;
  /** How far back the first entries go. Default 90. */
  readonly days?: number | undefined;
  readonly projectsPerWorkspace?: number | undefined;
  /** Events a second from the start on. Default 0: only what `step` or a mutation does. */
  readonly activity?: number | undefined;
  /** Default: a free one. */
  readonly port?: number | undefined;
  /** Address to listen on. Beyond this machine the control endpoints are open to all who reach it. Default 127.0.0.1. */
  readonly host?: string | undefined;
  /** Of the first user, the owner. Default `simulator-key`. */
  readonly apiKey?: string | undefined;
  /** Of the second user, a plain member. Default `simulator-member-key`. */
  readonly memberKey?: string | undefined;
  /** Epoch ms; moves activity, ids, the history and the rate limit. Default: the real one. */
  readonly clock?: (() => number) | undefined;
  /** Profile zone of both keys' users, in which `start` and `end` are read. Default UTC. */
  readonly accountTimeZone?: string | undefined;
  /** Default: none. */
  readonly rateLimit?: RateLimit | undefined;
  /** Default: reports draw from the same buckets as everything else. */
  readonly reportsRateLimit?: RateLimit | undefined;
  /** What the workspaces pay for; their `features` say so. Default `paid`. */
  readonly plan?: Plan | undefined;
  /** Default: as the plan has it, and granted: 31 days at most on the free one, any span on a paid one. */
  readonly reports?: Partial<ReportSettings> | undefined;
  /** Default: 400 above 5000. */
  readonly pageCap?: PageCap | undefined;
  /** Default: the first page is 0, deletions show after a minute. */
  readonly entityChanges?: Partial<EntityChanges> | undefined;
  /** Rows carry unknown fields. Default false. */
  readonly extraFields?: boolean | undefined;
  /** Requests kept in the log. Default 10,000. */
  readonly requestLogLimit?: number | undefined;
  /** Changes kept in the history. Default 1,000,000. */
  readonly historyLimit?: number | undefined;
}

export interface Simulator extends Omit<Practice, 'answerTo' | 'control' | 'activity' | 'closing'> {
  /** Base URL of the API, by default `http://127.0.0.1:PORT/api/v1`. */
  readonly url: string;
  /** Base URL of the reports in the shape of a region, `http://127.0.0.1:PORT/report/v1`; `/v1` answers them too. */
  readonly reportsUrl: string;
  /** `http://127.0.0.1:PORT`: the control endpoints stand under `/simulator` there. */
  readonly origin: string;
  readonly port: number;
  startActivity(perSecond: number): void;
  stopActivity(): void;
  /** Ends activity, waiting answers, connections and the server. */
  close(): Promise<void>;
}

/**
 * All of it but the server.
 *
 * @internal
 */
export interface Practice {
  readonly apiKey: string;
  readonly memberKey: string;
  readonly world: World;
  readonly faults: Faults;
  readonly requests: RequestLog;
  readonly settings: Settings;
  /** Makes so many things happen now. */
  step(count?: number): void;
  readonly answerTo: AnswerTo;
  readonly control: HttpHandler;
  readonly activity: ActivityRunner;
  /** To be aborted in the end: waiting answers are given up. */
  readonly closing: AbortController;
}

const DEFAULT_SEED = 1;

/** @throws {RangeError} for an unknown time zone, or fewer than one user or workspace; Node's error for a port that is taken */
export async function startSimulator(options: SimulatorOptions = {}): Promise<Simulator> {
  const { answerTo, control, activity, closing, ...practice } = createPractice(options);
  const server = createServer();
  serve(server, overHttp(answerTo, closing.signal), control);
  const { host = '127.0.0.1' } = options;
  const port = await listen(server, options.port ?? 0, host);
  activity.start(options.activity ?? 0);
  const origin = originOf(host, port);
  return {
    ...practice,
    url: `${origin}/api/v1`,
    reportsUrl: `${origin}/report/v1`,
    origin,
    port,
    startActivity: activity.start,
    stopActivity: activity.stop,
    close() {
      activity.stop();
      closing.abort();
      return closeServer(server);
    },
  };
}

/**
 * A simulator that nobody can reach but by `answerTo`.
 *
 * @throws {RangeError} as `startSimulator`
 * @internal
 */
export function createPractice(options: SimulatorOptions = {}): Practice {
  const { seed = DEFAULT_SEED, apiKey = 'simulator-key', memberKey = 'simulator-member-key' } = options;
  const clock = options.clock ?? Date.now;
  const context = seededContext(options, seed, clock);
  const world = createWorld(context);
  const step = (count = 1): void => {
    for (let left = count; left > 0; left -= 1) act(context);
  };
  const settings = settingsOf(options);
  const faults = createFaults(seed);
  const requests = createRequestLog(options.requestLogLimit ?? 10_000);
  const activity = createActivityRunner(step);
  const closing = new AbortController();
  const callers = callersOf(context, apiKey, memberKey);
  const { store } = context;
  const answerTo = createApi({
    store,
    settings,
    callers,
    faults,
    requests,
    clock,
    mutate: (mutation) => mutate(world, mutation),
    closing: closing.signal,
  });
  const control = createControl({ world, settings, faults, requests, activity, step });
  return { apiKey, memberKey, world, faults, requests, settings, step, answerTo, control, activity, closing };
}

function seededContext(options: SimulatorOptions, seed: number, clock: () => number): WorldContext {
  const features = featuresOf(options.plan ?? 'paid', reportsOf(options).maxRangeDays);
  const context = createWorldContext({ seed, clock, historyLimit: options.historyLimit ?? 1_000_000, features });
  context.store.extraFields = options.extraFields ?? false;
  seedWorld(context, seedOptions(options));
  return context;
}

function settingsOf(options: SimulatorOptions): Settings {
  const { pageCap, rateLimit, reportsRateLimit, entityChanges } = options;
  return {
    pageCap: pageCap ?? { mode: 'reject', max: 5000 },
    rateLimit,
    reportsRateLimit,
    reports: reportsOf(options),
    entityChanges: { firstPage: 0, deletionDelayMs: 60_000, enabled: true, ...entityChanges },
  };
}

function reportsOf({ plan = 'paid', reports }: SimulatorOptions): ReportSettings {
  return { enabled: true, maxRangeDays: rangeLimitOf(plan), ...reports };
}

function seedOptions(options: SimulatorOptions) {
  const { workspaces = 2, users = 20, days = 90, projectsPerWorkspace = 12, accountTimeZone = 'UTC' } = options;
  if (users < 1 || workspaces < 1) throw new RangeError('a practice Clockify has at least one workspace and one user');
  if (!isTimeZone(accountTimeZone)) throw new RangeError(`unknown time zone ${accountTimeZone}`);
  return { workspaces, users, days, projectsPerWorkspace, accountTimeZone };
}

function callersOf({ store }: WorldContext, apiKey: string, memberKey: string): ReadonlyMap<string, Caller> {
  const [first = ''] = store.workspaceIds();
  const [owner, member] = store.rows('users', first);
  const callers = new Map<string, Caller>([[apiKey, { userId: owner?.id ?? '', role: 'ADMIN' }]]);
  return member === undefined ? callers : callers.set(memberKey, { userId: member.id, role: 'MEMBER' });
}

/** A fault of our own answers 500 rather than ending the process. */
function serve(server: Server, api: HttpHandler, control: HttpHandler): void {
  server.on('request', (request, response) => {
    const url = new URL(request.url ?? '/', 'http://127.0.0.1');
    const handle = isControlPath(url.pathname) ? control : api;
    handle(request, response, url).catch((error: unknown) => {
      if (response.headersSent || response.destroyed) response.destroy();
      else response.writeHead(500, { 'content-type': 'application/json' }).end(JSON.stringify({ message: `${error}` }));
    });
  });
}

/** An address that stands for every one is reached by loopback from here. */
function originOf(host: string, port: number): string {
  const reached = host === '0.0.0.0' || host === '::' ? '127.0.0.1' : host;
  return `http://${reached.includes(':') ? `[${reached}]` : reached}:${port}`;
}

function listen(server: Server, port: number, host: string): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, () => {
      server.off('error', reject);
      resolve((server.address() as AddressInfo).port);
    });
  });
}

function closeServer(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve());
    server.closeAllConnections();
  });
}
