import type { Answer } from './answer.ts';
import type { FaultAction } from './faults.ts';

const PROXY_PAGE =
  '<html>\r\n<head><title>502 Bad Gateway</title></head>\r\n<body><h1>502 Bad Gateway</h1></body>\r\n</html>\r\n';

/** The answer that a fault gives without asking the world; undefined where the world still answers. */
export function answerInstead(action: FaultAction | undefined): Answer | undefined {
  switch (action?.kind) {
    case 'status':
      return statusAnswer(action);
    case 'html':
      return htmlAnswer(action.status ?? 502);
    case 'emptyList':
      return { status: 200, headers: { 'last-page': 'true' }, body: [] };
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

/** The true answer with what a fault does to its rows. */
export function distorted(answer: Answer, action: FaultAction | undefined): Answer {
  if (action?.kind !== 'duplicateRows' || !Array.isArray(answer.body)) return answer;
  return { ...answer, body: [...answer.body, ...answer.body.slice(0, action.count ?? 1)] };
}

/** What each URL answered last, for pages that come from a stale cache. The oldest URLs are forgotten. */
export function createPageCache(limit: number): (url: string, fresh: Answer, isStale: boolean) => Answer {
  const answers = new Map<string, Answer>();
  return (url, fresh, isStale) => {
    const known = answers.get(url);
    if (isStale && known !== undefined) return known;
    answers.delete(url);
    answers.set(url, fresh);
    const [oldest] = answers.keys();
    if (answers.size > limit && oldest !== undefined) answers.delete(oldest);
    return fresh;
  };
}
