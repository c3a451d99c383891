/** One request the API got. Never its headers: no key is kept. */
interface LoggedRequest {
  readonly sequence: number;
  readonly atMs: number;
  readonly method: string;
  /** The path with its ids as names: `/api/v1/workspaces/{workspaceId}/users`. */
  readonly path: string;
  readonly query: string;
  readonly workspaceId: string | null;
  /** How long its body was; what was in it is not kept. */
  bodyBytes: number;
  /** 0 as long as it is not answered. */
  status: number;
  /** The fault it met. */
  fault: string | null;
}

export interface RequestLog {
  /** Requests since the start, also those no longer kept. */
  readonly total: number;
  /** Oldest first. */
  readonly entries: readonly LoggedRequest[];
  clear(): void;
}

export interface WritableRequestLog extends RequestLog {
  add(request: Omit<LoggedRequest, 'sequence' | 'bodyBytes' | 'status' | 'fault'>): LoggedRequest;
}

/** Keeps the last `limit` requests, and at times a tenth more. */
export function createRequestLog(limit: number): WritableRequestLog {
  let entries: LoggedRequest[] = [];
  let total = 0;
  return {
    get total() {
      return total;
    },
    get entries() {
      return entries;
    },
    clear() {
      entries = [];
    },
    add(request) {
      total += 1;
      const logged: LoggedRequest = { sequence: total, ...request, bodyBytes: 0, status: 0, fault: null };
      entries.push(logged);
      if (entries.length > limit * 1.1) entries = entries.slice(-limit);
      return logged;
    },
  };
}
