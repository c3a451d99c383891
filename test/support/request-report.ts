import type { Rate } from '../../src/core/rate.ts';
import type { RequestLog } from '../../src/simulator/request-log.ts';
import { fillings } from './virtual-time.ts';

/** What was asked of the practice Clockify, by its own log. */
export interface RequestReport {
  readonly total: number;
  /** By what they were for: a rhythm where the address tells it, else the path. */
  readonly spent: Readonly<Record<string, number>>;
  /** Of each workspace, of none, and of the reports host. */
  readonly budgets: readonly BudgetReport[];
  /** Requests that made some window hold more than the limit. Must be 0. */
  readonly violations: number;
  /** Answers with 429. */
  readonly refused: number;
}

interface BudgetReport {
  readonly owner: string;
  readonly requests: number;
  readonly limit: number;
  readonly windowMs: number;
  /** The most that any window of this length held. */
  readonly most: number;
  readonly violations: number;
}

export interface Limits {
  readonly rate: Rate;
  readonly reportsRate: Rate;
  readonly recentMs: number | undefined;
}

type Logged = RequestLog['entries'][number];

const REPORTS = 'reports host';

/** @throws {Error} where the log no longer holds every request */
export function reportRequests({ entries, total }: RequestLog, limits: Limits): RequestReport {
  if (entries.length !== total) throw new Error(`the request log holds ${entries.length} of ${total} requests`);
  const budgets = [...Map.groupBy(entries, ownerOf)].map(([owner, mine]) => budgetOf(owner, mine, limits));
  const spent = [...Map.groupBy(entries, (each) => purposeOf(each, limits.recentMs))];
  return {
    total,
    spent: Object.fromEntries(spent.map(([purpose, { length }]): [string, number] => [purpose, length]).sort()),
    budgets,
    violations: budgets.reduce((sum, { violations }) => sum + violations, 0),
    refused: entries.filter(({ status }) => status === 429).length,
  };
}

function ownerOf({ path, workspaceId }: Logged): string {
  return path.includes('/reports/') ? REPORTS : (workspaceId ?? 'no workspace');
}

function budgetOf(owner: string, requests: readonly Logged[], { rate, reportsRate }: Limits): BudgetReport {
  const { requests: limit, windowMs } = owner === REPORTS ? reportsRate : rate;
  const held = fillings(
    requests.map(({ atMs }) => atMs),
    windowMs,
  );
  return {
    owner,
    requests: requests.length,
    limit,
    windowMs,
    most: held.reduce((most, count) => Math.max(most, count), 0),
    violations: held.filter((count) => count > limit).length,
  };
}

const ENTRIES = '/user/{userId}/time-entries';
const DAY_MS = 86_400_000;

/** A read by id does not tell which rhythm asked for it. */
export function purposeOf({ path, query, atMs }: Logged, recentMs: number | undefined): string {
  if (path.endsWith('/time-entries/status/in-progress')) return 'running';
  if (path.includes('/entities/')) return 'changes';
  if (path.endsWith('/time-entries/{id}')) return 'time entries by id';
  if (!path.endsWith(ENTRIES) || recentMs === undefined) return path.replace(/^\/api\/v1/, '');
  const asked = new URLSearchParams(query);
  const start = asked.get('start');
  // The window of `recent` has no end, and no zone makes it begin earlier than this.
  const isRecent = start !== null && !asked.has('end') && Date.parse(start) >= atMs - recentMs - DAY_MS;
  return isRecent ? 'recent' : 'reconcile';
}
