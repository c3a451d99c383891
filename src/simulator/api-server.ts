import type { IncomingMessage, ServerResponse } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Answer, ApiError, type Caller, errorAnswer, type Settings } from './answer.ts';
import { SURFACES } from './api-routes.ts';
import { authenticate } from './auth.ts';
import { answerInstead, createPageCache, distorted } from './fault-answers.ts';
import type { FaultAction, FaultEngine } from './faults.ts';
import { createRateLimiter } from './rate-limiter.ts';
import type { WritableRequestLog } from './request-log.ts';
import { createRouter, type Found, handlerOf } from './router.ts';
import { send } from './send.ts';
import type { Store } from './store.ts';

const CACHED_URLS = 200;

export interface ApiParts {
  readonly store: Store;
  readonly settings: Settings;
  readonly callers: ReadonlyMap<string, Caller>;
  readonly faults: FaultEngine;
  readonly requests: WritableRequestLog;
  readonly clock: () => number;
  readonly mutate: (mutation: Readonly<Record<string, unknown>>) => void;
  /** Aborted when the simulator closes: waiting answers are given up. */
  readonly closing: AbortSignal;
}

export type HttpHandler = (request: IncomingMessage, response: ServerResponse, url: URL) => Promise<void>;

/** Answers the API: log, fault, key, route, budget, page, hook, in this order. */
export function createApi(parts: ApiParts): HttpHandler {
  const route = createRouter(SURFACES);
  const limiter = createRateLimiter(parts.clock);
  const cached = createPageCache(CACHED_URLS);

  const trueAnswer = (request: IncomingMessage, url: URL, found: Found): Answer => {
    const { method = 'GET' } = request;
    const caller = authenticate(request.headers, parts.callers);
    const handle = handlerOf(found, method, url.pathname);
    const refused = limiter(found.params.workspaceId ?? '', parts.settings.rateLimit);
    if (refused !== undefined) return refused;
    const { store, settings } = parts;
    return handle({
      method,
      path: url.pathname,
      query: url.searchParams,
      params: found.params,
      caller,
      store,
      settings,
      nowMs: parts.clock(),
    });
  };

  return async (request, response, url) => {
    const { method = 'GET' } = request;
    const found = route(url.pathname);
    const logged = parts.requests.add({
      atMs: parts.clock(),
      method,
      path: found.template,
      query: url.search,
      workspaceId: found.params.workspaceId ?? null,
    });
    request.resume();
    const action = parts.faults.strike(method, url.pathname + url.search);
    logged.fault = action?.kind ?? null;
    if (action?.kind === 'delay') await sleep(action.ms, undefined, { signal: parts.closing });
    const answer =
      answerInstead(action) ??
      withFault(
        caught(() => trueAnswer(request, url, found)),
        url,
        action,
        cached,
      );
    if (action?.kind === 'mutate') parts.mutate(action.mutation);
    if (answer.page !== undefined) {
      const { pathname: path, searchParams: query } = url;
      await parts.faults.pageServed({ method, path, query, params: found.params }, answer.page);
    }
    logged.status = answer.status;
    await send(response, answer, action, parts.closing);
  };
}

function withFault(
  answer: Answer,
  url: URL,
  action: FaultAction | undefined,
  cached: ReturnType<typeof createPageCache>,
): Answer {
  if (answer.status !== 200) return answer;
  return distorted(cached(url.href, answer, action?.kind === 'stalePage'), action);
}

function caught(answer: () => Answer): Answer {
  try {
    return answer();
  } catch (error) {
    if (error instanceof ApiError) return errorAnswer(error);
    throw error;
  }
}
