import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Answer, ApiError, type Caller, errorAnswer, type Settings } from './answer.ts';
import { SURFACES } from './api-routes.ts';
import { authenticate } from './auth.ts';
import { answerInstead, createPageCache, datedAt, distorted, skewOf } from './fault-answers.ts';
import type { FaultAction, FaultEngine } from './faults.ts';
import { createRateLimiter } from './rate-limiter.ts';
import type { WritableRequestLog } from './request-log.ts';
import { createRouter, type Found, handlerOf } from './router.ts';
import { send } from './send.ts';
import type { Store } from './store.ts';

const CACHED_PAGES = 200;
const LONGEST_BODY = 1_048_576;

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

/** A request as it came, whatever has carried it. */
interface Arrived {
  readonly method: string;
  readonly url: URL;
  readonly headers: IncomingHttpHeaders;
  readonly body: () => Promise<SentBody>;
}

interface SentBody {
  readonly text: string;
  readonly bytes: number;
}

/**
 * What is to be sent, and what is to go wrong with that.
 *
 * @internal
 */
export interface Given {
  readonly answer: Answer;
  readonly action: FaultAction | undefined;
}

export type AnswerTo = (arrived: Arrived) => Promise<Given>;

/** Answers the API: log, fault, key, route, budget, page, hook, in this order. */
export function createApi(parts: ApiParts): AnswerTo {
  const route = createRouter(SURFACES);
  const limiters = { main: createRateLimiter(parts.clock), reports: createRateLimiter(parts.clock) };
  const cached = createPageCache(CACHED_PAGES);

  const refusal = (found: Found): Answer | undefined => {
    const { rateLimit, reportsRateLimit } = parts.settings;
    const workspaceId = found.params.workspaceId ?? '';
    const isApart = found.route?.isReport === true && reportsRateLimit !== undefined;
    return isApart ? limiters.reports(workspaceId, reportsRateLimit) : limiters.main(workspaceId, rateLimit);
  };

  const trueAnswer = ({ method, url, headers }: Arrived, found: Found, body: string, nowMs: number): Answer => {
    const caller = authenticate(headers, parts.callers);
    const handle = handlerOf(found, method, url.pathname);
    const refused = refusal(found);
    if (refused !== undefined) return refused;
    const { pathname: path, searchParams: query } = url;
    const { store, settings } = parts;
    return handle({ method, path, query, params: found.params, body, caller, store, settings, nowMs });
  };

  return async (arrived) => {
    const { method, url } = arrived;
    const found = route(url.pathname);
    const logged = parts.requests.add({
      atMs: parts.clock(),
      method,
      path: found.template,
      query: url.search,
      workspaceId: found.params.workspaceId ?? null,
    });
    const sent = await arrived.body();
    logged.bodyBytes = sent.bytes;
    const action = parts.faults.strike(method, url.pathname + url.search);
    logged.fault = action?.kind ?? null;
    if (action?.kind === 'delay') await sleep(action.ms, undefined, { signal: parts.closing });
    const nowMs = parts.clock() + skewOf(action);
    const answer =
      answerInstead(action, url.pathname) ??
      withFault(
        caught(() => trueAnswer(arrived, found, sent.text, nowMs)),
        url.href + sent.text,
        action,
        cached,
      );
    if (action?.kind === 'mutate') parts.mutate(action.mutation);
    if (answer.page !== undefined) {
      const { pathname: path, searchParams: query } = url;
      await parts.faults.pageServed({ method, path, query, params: found.params }, answer.page);
    }
    logged.status = answer.status;
    return { answer: action?.kind === 'clockSkew' ? datedAt(answer, nowMs) : answer, action };
  };
}

export function overHttp(answerTo: AnswerTo, closing: AbortSignal): HttpHandler {
  return async (request, response, url) => {
    const { method = 'GET', headers } = request;
    const { answer, action } = await answerTo({ method, url, headers, body: () => bodyOf(request) });
    await send(response, answer, action, closing);
  };
}

/** A body that is longer than any request needs is counted and not kept. */
async function bodyOf(request: IncomingMessage): Promise<SentBody> {
  const { method = 'GET' } = request;
  if (method === 'GET' || method === 'HEAD') {
    request.resume();
    return { text: '', bytes: 0 };
  }
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of request) {
    bytes += (chunk as Buffer).length;
    if (bytes <= LONGEST_BODY) chunks.push(chunk as Buffer);
  }
  return { text: Buffer.concat(chunks).toString('utf8'), bytes };
}

function withFault(
  answer: Answer,
  key: string,
  action: FaultAction | undefined,
  cached: ReturnType<typeof createPageCache>,
): Answer {
  if (answer.status !== 200) return answer;
  return distorted(cached(key, answer, action?.kind === 'stalePage'), action);
}

function caught(answer: () => Answer): Answer {
  try {
    return answer();
  } catch (error) {
    if (error instanceof ApiError) return errorAnswer(error);
    throw error;
  }
}
