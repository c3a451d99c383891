import type { Store } from './store.ts';

/** Who asks, by the key. A member's key sees less, silently for most lists. */
export interface Caller {
  readonly userId: string;
  readonly role: 'ADMIN' | 'MEMBER';
}

/** How large a page may get; the documentation, the support and the clients disagree, so each reading can be had. */
export interface PageCap {
  /** `reject`: 400 above `max`. `silent`: at most `max` rows, whatever was asked for. `none`: no limit. */
  readonly mode: 'reject' | 'silent' | 'none';
  readonly max: number;
}

export interface RateLimit {
  readonly perSecond: number;
  readonly burst: number;
  /** With a `Retry-After` header; Clockify documents none. */
  readonly retryAfter: boolean;
  /** With an error body; without, it is empty. */
  readonly body: boolean;
}

/** The lists of changed entities are marked experimental, and their paging is described in two ways. */
export interface EntityChanges {
  /** What the first page is called. With 1, page 0 is page 1. */
  readonly firstPage: 0 | 1;
  /** Before so long nobody sees a deletion; about a minute was observed 2026-05. */
  readonly deletionDelayMs: number;
  /** Where false, the lists are refused as a plan without them would. */
  readonly enabled: boolean;
}

/** What the plan allows of the reports. */
export interface ReportSettings {
  /** Where false, every report is refused, as free workspaces may find. */
  readonly enabled: boolean;
  /** The longest span in days; null: none. */
  readonly maxRangeDays: number | null;
}

/** May be changed while the simulator runs. */
export interface Settings {
  pageCap: PageCap;
  rateLimit: RateLimit | undefined;
  /** Of reports, in buckets of their own; without it they draw from those of `rateLimit`. */
  reportsRateLimit: RateLimit | undefined;
  reports: ReportSettings;
  entityChanges: EntityChanges;
}

export interface ApiRequest {
  readonly method: string;
  readonly path: string;
  readonly query: URLSearchParams;
  readonly params: Readonly<Record<string, string>>;
  /** As text; empty where none was sent. */
  readonly body: string;
  readonly caller: Caller;
  readonly store: Store;
  readonly settings: Settings;
  readonly nowMs: number;
}

export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  /** An object or a list of them as JSON, a text as it is, undefined for no body. */
  readonly body: object | readonly object[] | string | undefined;
  /** Set where this is a page of a list, and which. */
  readonly page?: number;
}

export type Handler = (request: ApiRequest) => Answer;

/** An answer that is an error, in the body that Clockify uses for all of them. */
export class ApiError extends Error {
  override readonly name = 'ApiError';
  readonly status: number;
  readonly code: number;
  readonly headers: Readonly<Record<string, string>>;

  constructor(status: number, code: number, message: string, headers: Readonly<Record<string, string>> = {}) {
    super(message);
    this.status = status;
    this.code = code;
    this.headers = headers;
  }
}

export function ok(body: object | readonly object[]): Answer {
  return { status: 200, headers: {}, body };
}

export function errorAnswer({ status, code, message, headers }: ApiError): Answer {
  return { status, headers, body: { message, code } };
}

export function accessDenied(): ApiError {
  return new ApiError(403, 501, 'Access Denied');
}

/** Deleted, never made or of another workspace: one answer for all three, and not a 404 (observed 2026-05). */
export function notOfWorkspace(what: string): ApiError {
  return new ApiError(400, 501, `${what} doesn't belong to Workspace`);
}

const texts = new WeakMap<object, string>();

/** Rows never change in place, so each is written out once only. */
export function jsonText(body: Answer['body']): string {
  if (body === undefined) return '';
  if (typeof body === 'string') return body;
  if (!Array.isArray(body)) return rowText(body);
  return `[${body.map(rowText).join(',')}]`;
}

function rowText(row: object): string {
  const known = texts.get(row);
  if (known !== undefined) return known;
  const text = JSON.stringify(row);
  texts.set(row, text);
  return text;
}
