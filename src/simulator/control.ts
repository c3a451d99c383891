import type { IncomingMessage } from 'node:http';
import type { ActivityRunner } from './activity-runner.ts';
import type { Settings } from './answer.ts';
import type { HttpHandler } from './api-server.ts';
import type { FaultEngine, FaultRule } from './faults.ts';
import { mutate } from './mutate.ts';
import type { WritableRequestLog } from './request-log.ts';
import { RESOURCE_NAMES } from './rows.ts';
import type { World } from './world.ts';

export interface ControlParts {
  readonly world: World;
  readonly settings: Settings;
  readonly faults: FaultEngine;
  readonly requests: WritableRequestLog;
  readonly activity: ActivityRunner;
  readonly step: (count: number) => void;
}

type Body = Readonly<Record<string, unknown>>;
type Control = (parts: ControlParts, query: URLSearchParams, body: Body) => unknown;

/** Outside the API, without a key, on loopback only: for the demo, and for tests that run in another process. */
const CONTROLS: Readonly<Record<string, Control>> = {
  'GET /simulator/truth': ({ world }, query) => {
    const truth = world.truth();
    const wanted = query.getAll('resource');
    const names = wanted.length === 0 ? RESOURCE_NAMES : RESOURCE_NAMES.filter((name) => wanted.includes(name));
    return {
      sequence: world.history.sequence,
      resources: Object.fromEntries(names.map((name) => [name, truth[name]])),
    };
  },
  'GET /simulator/detailed-rows': ({ world }, query) => {
    const range = { start: textOf(query, 'start'), end: textOf(query, 'end') };
    const timeZone = query.get('timeZone') ?? 'UTC';
    return { rows: world.detailedRows(textOf(query, 'workspaceId'), { ...range, timeZone }) };
  },
  'GET /simulator/history': ({ world: { history } }, query) => {
    const entries = history.since(numberOf(query.get('since') ?? 0, 'since'));
    const limit = query.get('limit');
    return {
      sequence: history.sequence,
      entries: limit === null ? entries : entries.slice(0, numberOf(limit, 'limit')),
    };
  },
  'GET /simulator/requests': ({ requests }, query) => {
    const since = numberOf(query.get('since') ?? 0, 'since');
    return { total: requests.total, requests: requests.entries.filter(({ sequence }) => sequence > since) };
  },
  'DELETE /simulator/requests': ({ requests }) => {
    requests.clear();
    return { total: requests.total };
  },
  'POST /simulator/activity': ({ activity }, _query, { perSecond }) => {
    activity.start(numberOf(perSecond, 'perSecond'));
    return { perSecond: activity.perSecond };
  },
  'POST /simulator/step': ({ world, step }, _query, { count }) => {
    step(numberOf(count ?? 1, 'count'));
    return { sequence: world.history.sequence };
  },
  'POST /simulator/mutate': ({ world }, _query, body) => {
    const row = mutate(world, body);
    return { sequence: world.history.sequence, row };
  },
  'GET /simulator/faults': ({ faults }) => ({ faults: faults.list() }),
  'POST /simulator/faults': ({ faults }, _query, body) => ({ id: faults.add(faultRuleOf(body)) }),
  'DELETE /simulator/faults': ({ faults }, query) => {
    const id = query.get('id');
    if (id === null) faults.clear();
    else faults.remove(numberOf(id, 'id'));
    return { faults: faults.list() };
  },
  'GET /simulator/settings': ({ settings, world }) => ({ ...settings, extraFields: world.store.extraFields }),
  'POST /simulator/settings': ({ settings, world }, _query, body) => {
    set(settings, body);
    if (typeof body.extraFields === 'boolean') world.store.extraFields = body.extraFields;
    return { ...settings, extraFields: world.store.extraFields };
  },
};

export const CONTROL_ENDPOINTS: readonly string[] = Object.keys(CONTROLS);

export function isControlPath(path: string): boolean {
  return path === '/simulator' || path.startsWith('/simulator/');
}

/** What it cannot do is 400 with a sentence, what it does not know 404 with all it knows. */
export function createControl(parts: ControlParts): HttpHandler {
  return async (request, response, url) => {
    const text = await bodyOf(request);
    const control = CONTROLS[`${request.method} ${url.pathname}`];
    const answer = (status: number, body: unknown): void => {
      response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
    };
    if (control === undefined) return answer(404, { endpoints: CONTROL_ENDPOINTS });
    try {
      answer(200, control(parts, url.searchParams, text === '' ? {} : JSON.parse(text)));
    } catch (error) {
      answer(400, { message: error instanceof Error ? error.message : String(error) });
    }
  };
}

/** Null takes a rate limit away. */
function set(settings: Settings, body: Body): void {
  const given = body as Partial<Settings>;
  if (given.pageCap !== undefined) settings.pageCap = given.pageCap;
  if (given.rateLimit !== undefined) settings.rateLimit = given.rateLimit ?? undefined;
  if (given.reportsRateLimit !== undefined) settings.reportsRateLimit = given.reportsRateLimit ?? undefined;
  if (given.reports !== undefined) settings.reports = { ...settings.reports, ...given.reports };
  if (given.entityChanges !== undefined) {
    settings.entityChanges = { ...settings.entityChanges, ...given.entityChanges };
  }
}

function faultRuleOf(body: Body): FaultRule {
  const action = body.action as { readonly kind?: unknown } | undefined;
  if (typeof action?.kind !== 'string') throw new TypeError('a fault needs an action with a kind');
  return body as unknown as FaultRule;
}

function textOf(query: URLSearchParams, name: string): string {
  const text = query.get(name);
  if (text === null) throw new TypeError(`${name} is missing`);
  return text;
}

function numberOf(value: unknown, name: string): number {
  const number = typeof value === 'string' && value !== '' ? Number(value) : value;
  if (typeof number !== 'number' || !Number.isFinite(number)) throw new TypeError(`${name} must be a number`);
  return number;
}

async function bodyOf(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString('utf8');
}
