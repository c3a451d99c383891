import { ApiError, type ApiRequest, accessDenied } from './answer.ts';
import { enterWorkspace } from './resource-workspaces.ts';
import type { UserRow, WorkspaceRow } from './rows.ts';
import { isTimeZone, isWeekday, wallClockToInstant } from './time.ts';

const DAY_MS = 86_400_000;
const WALL_CLOCK = /^(\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(?::\d{2}(?:\.\d+)?)?)(?:Z|[+-]\d{2}:?\d{2})?$/;
const EXPORT_TYPES = ['JSON', 'JSON_V1', 'PDF', 'CSV', 'XLSX', 'ZIP'] as const;
const AMOUNTS = ['EARNED', 'COST', 'PROFIT', 'HIDE_AMOUNT', 'EXPORT'] as const;

export type Fields = Readonly<Record<string, unknown>>;

/** What every report is asked with. */
export interface ReportQuery {
  readonly body: Fields;
  readonly workspace: WorkspaceRow;
  readonly self: UserRow;
  readonly zone: string;
  /** First day of a week. */
  readonly weekStart: string;
  /** Both included. */
  readonly fromMs: number;
  readonly toMs: number;
  /** The bounds as UTC clocks would show them. */
  readonly wall: { readonly fromMs: number; readonly toMs: number };
  readonly isDescending: boolean | undefined;
  readonly exportType: (typeof EXPORT_TYPES)[number];
  readonly hidesAmounts: boolean;
}

/** @throws {ApiError} 403 where reports are not to be had; 400 for what cannot be read, is missing or is too long */
export function reportQueryOf(request: ApiRequest, { isWeekly = false } = {}): ReportQuery {
  const { workspace, self } = enterWorkspace(request);
  const { reports } = request.settings;
  if (!reports.enabled) throw accessDenied();
  const body = bodyOf(request.body);
  const range = rangeOf(body, self.settings?.timeZone ?? 'UTC');
  const { fromMs, toMs } = range.wall;
  if (toMs < fromMs) throw badReport('Date range end must be after date range start');
  if (!isWeekly && reports.maxRangeDays !== null && toMs - fromMs > reports.maxRangeDays * DAY_MS) {
    throw badReport(`Date range cannot be longer than ${reports.maxRangeDays} days`);
  }
  const order = choiceOf(body, 'sortOrder', ['ASCENDING', 'DESCENDING']);
  const weekStart = textOf(body, 'weekStart') ?? 'MONDAY';
  if (!isWeekday(weekStart)) throw unreadable(`weekStart ${weekStart}`);
  return {
    body,
    workspace,
    self,
    weekStart,
    ...range,
    isDescending: order === undefined ? undefined : order === 'DESCENDING',
    exportType: choiceOf(body, 'exportType', EXPORT_TYPES) ?? 'JSON',
    hidesAmounts: choiceOf(body, 'amountShown', AMOUNTS) === 'HIDE_AMOUNT',
  };
}

/** Business rules of a report: 400 with code 501. */
export function badReport(message: string): ApiError {
  return new ApiError(400, 501, message);
}

function unreadable(what: string): ApiError {
  return new ApiError(400, 3002, `JSON parse error: cannot read ${what}`);
}

function bodyOf(text: string): Fields {
  try {
    const body: unknown = JSON.parse(text);
    if (typeof body === 'object' && body !== null && !Array.isArray(body)) return body as Fields;
  } catch {
    // told below, in the words of the API
  }
  throw unreadable('the request');
}

/** Bounds are wall clock in `timeZone`, by default that of the account; whatever suffix they have is ignored (observed 2026-08). */
function rangeOf(body: Fields, accountZone: string): Pick<ReportQuery, 'zone' | 'fromMs' | 'toMs' | 'wall'> {
  const zone = textOf(body, 'timeZone') ?? accountZone;
  if (!isTimeZone(zone)) throw badReport(`Unknown time zone ${zone}`);
  const wall = { fromMs: wallClockOf(body, 'dateRangeStart'), toMs: wallClockOf(body, 'dateRangeEnd') };
  return { zone, wall, fromMs: wallClockToInstant(wall.fromMs, zone), toMs: wallClockToInstant(wall.toMs, zone) };
}

/** A date alone is refused (observed with clients). */
function wallClockOf(body: Fields, name: string): number {
  const text = textOf(body, name);
  if (text === undefined) throw badReport(`Please provide ${name}.`);
  const ms = Date.parse(`${WALL_CLOCK.exec(text)?.[1]}Z`);
  if (Number.isNaN(ms)) throw unreadable(`${name} ${text}`);
  return ms;
}

export function textOf(fields: Fields, name: string): string | undefined {
  const value = fields[name] ?? undefined;
  if (value !== undefined && typeof value !== 'string') throw unreadable(name);
  return value;
}

export function booleanIn(fields: Fields, name: string): boolean | undefined {
  const value = fields[name] ?? undefined;
  if (value !== undefined && typeof value !== 'boolean') throw unreadable(name);
  return value;
}

export function numberIn(fields: Fields, name: string): number | undefined {
  const value = fields[name] ?? undefined;
  if (value !== undefined && !Number.isInteger(value)) throw unreadable(name);
  return value as number | undefined;
}

export function fieldsIn(fields: Fields, name: string): Fields | undefined {
  const value = fields[name] ?? undefined;
  if (value !== undefined && (typeof value !== 'object' || Array.isArray(value))) throw unreadable(name);
  return value as Fields | undefined;
}

export function listIn(fields: Fields, name: string): readonly Fields[] {
  const value = fields[name] ?? [];
  const isList = Array.isArray(value) && value.every((item) => typeof item === 'object' && item !== null);
  if (!isList) throw unreadable(name);
  return value;
}

export function textsIn(fields: Fields, name: string): readonly string[] {
  const value = fields[name] ?? [];
  if (!Array.isArray(value) || !value.every((item) => typeof item === 'string')) throw unreadable(name);
  return value;
}

export function choiceOf<T extends string>(fields: Fields, name: string, allowed: readonly T[]): T | undefined {
  const text = textOf(fields, name);
  if (text === undefined) return undefined;
  const choice = allowed.find((candidate) => candidate === text);
  if (choice === undefined) throw unreadable(`${name} ${text}; accepted are ${allowed.join(', ')}`);
  return choice;
}
