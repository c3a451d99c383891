import type { Answer } from './answer.ts';
import type { FaultAction } from './faults.ts';

const PROXY_PAGE =
  '<html>\r\n<head><title>502 Bad Gateway</title></head>\r\n<body><h1>502 Bad Gateway</h1></body>\r\n</html>\r\n';

/** The answer that a fault gives without asking the world; undefined where the world still answers. */
export function answerInstead(action: FaultAction | undefined, path: string): Answer | undefined {
  switch (action?.kind) {
    case 'status':
      return statusAnswer(action);
    case 'html':
      return htmlAnswer(action.status ?? 502);
    case 'emptyList':
      return emptyAnswer(path);
    case 'redirect':
      return { status: action.status ?? 302, headers: { location: action.location }, body: undefined };
    default:
      return undefined;
  }
}

function statusAnswer(action: FaultAction & { readonly kind: 'status' }): Answer {
  const { status, code = status, message = `Simulated ${status}`, body = 'json', retryAfterSeconds } = action;
  const headers: Record<string, string> =
    retryAfterSeconds === undefined ? {} : { 'retry-after': `${retryAfterSeconds}` };
  if (body === 'html') return { ...htmlAnswer(status), headers: { ...headers, 'content-type': 'text/html' } };
  return { status, headers, body: body === 'json' ? { message, code } : undefined };
}

function htmlAnswer(status: number): Answer {
  return { status, headers: { 'content-type': 'text/html' }, body: PROXY_PAGE };
}

/** What nothing looks like where it is not an empty list, by the end of the path. */
const EMPTY_ENVELOPES: Readonly<Record<string, object>> = {
  '/reports/detailed': { totals: [null], timeentries: [] },
  '/reports/summary': { totals: [null], groupOne: [], donutChart: [], groupTotals: {} },
  '/reports/weekly': { totals: [null], groupOne: [], totalsByDay: [] },
  '/expenses': { expenses: { expenses: [], count: 0 }, dailyTotals: [], weeklyTotals: [] },
  '/expenses/categories': { categories: [], count: 0 },
  '/invoices': { total: 0, invoices: [] },
};

/** Nothing, in the shape of the path; a report has no `last-page`. */
function emptyAnswer(path: string): Answer {
  const envelope = Object.entries(EMPTY_ENVELOPES).find(([end]) => path.endsWith(end))?.[1];
  const headers: Record<string, string> = path.includes('/reports/') ? {} : { 'last-page': 'true' };
  return { status: 200, headers, body: envelope ?? [] };
}

/** The true answer with what a fault does to its rows and headers. */
export function distorted(answer: Answer, action: FaultAction | undefined): Answer {
  if (action?.kind === 'noLastPage') {
    const { 'last-page': _gone, ...headers } = answer.headers;
    return { ...answer, headers };
  }
  if (action?.kind !== 'duplicateRows' || typeof answer.body !== 'object') return answer;
  return { ...answer, body: repeated(answer.body, action.count ?? 1) };
}

const ENVELOPES: ReadonlySet<string> = new Set(['timeentries', 'groupOne', 'expenses', 'categories', 'invoices']);

/** Of a list, or of the list in an envelope. */
function repeated(body: object, count: number): object {
  if (Array.isArray(body)) return [...body, ...body.slice(0, count)];
  const fields = Object.entries(body).map(([name, value]) => [
    name,
    ENVELOPES.has(name) ? repeated(value, count) : value,
  ]);
  return Object.fromEntries(fields);
}

export function skewOf(action: FaultAction | undefined): number {
  return action?.kind === 'clockSkew' ? action.ms : 0;
}

export function datedAt(answer: Answer, nowMs: number): Answer {
  return { ...answer, headers: { ...answer.headers, date: new Date(nowMs).toUTCString() } };
}

/** What each request answered last, for pages that come from a stale cache. The oldest are forgotten. */
export function createPageCache(limit: number): (request: string, fresh: Answer, isStale: boolean) => Answer {
  const answers = new Map<string, Answer>();
  return (request, fresh, isStale) => {
    const known = answers.get(request);
    if (isStale && known !== undefined) return known;
    answers.delete(request);
    answers.set(request, fresh);
    const [oldest] = answers.keys();
    if (answers.size > limit && oldest !== undefined) answers.delete(oldest);
    return fresh;
  };
}
