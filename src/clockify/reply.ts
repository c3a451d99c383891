import type { Dispatcher } from 'undici';
import { type Refusal, retryAfterMs } from './answers.ts';

/** What Clockify answered: the bytes, the headers that matter, and what a refusal said. */
export interface Reply {
  readonly status: number;
  /** Names in lower case; of several of one name the first, but every `link`. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array;
  readonly receivedAtMs: number;
  /** Undefined for a status from 200 to 299. */
  readonly refusal: Refusal | undefined;
}

export type Answer =
  | {
      readonly ok: true;
      readonly body: Uint8Array;
      readonly lastPage: boolean | undefined;
      readonly receivedAtMs: number;
    }
  | { readonly ok: false; readonly refusal: Refusal; readonly receivedAtMs: number };

/** The whole answer, whatever its status. */
export async function readReply(response: Dispatcher.ResponseData, now: () => number): Promise<Reply> {
  const body = new Uint8Array(await response.body.arrayBuffer());
  const receivedAtMs = now();
  const { statusCode: status } = response;
  const headers = Object.fromEntries(Object.keys(response.headers).map((name) => [name, headerOf(response, name)]));
  const wait = retryAfterMs(headers['retry-after'], receivedAtMs);
  const refusal = status >= 200 && status < 300 ? undefined : { status, code: codeOf(body), retryAfterMs: wait };
  return { status, headers, body, receivedAtMs, refusal };
}

/** What an endpoint of a template makes of it: only a 200 is a success. */
export function answerOf({ status, headers, body, receivedAtMs, refusal }: Reply): Answer {
  if (status === 200) return { ok: true, body, lastPage: lastPageOf(headers['last-page']), receivedAtMs };
  return { ok: false, receivedAtMs, refusal: refusal ?? { status, code: undefined, retryAfterMs: undefined } };
}

function lastPageOf(header: string | undefined): boolean | undefined {
  const said = header?.toLowerCase();
  return said === 'true' || said === 'false' ? said === 'true' : undefined;
}

/** Of several of one name the first, but every `link`. */
export function headerOf(response: Dispatcher.ResponseData, name: string): string {
  const value = response.headers[name];
  if (!Array.isArray(value)) return value ?? '';
  return name === 'link' ? value.join(', ') : (value[0] ?? '');
}

/** Clockify's own number: `{"message", "code"}` on both hosts (observed); some refusals have no body. */
function codeOf(body: Uint8Array): number | undefined {
  try {
    const { code } = JSON.parse(new TextDecoder().decode(body)) as { code?: unknown };
    return typeof code === 'number' ? code : undefined;
  } catch {
    return undefined;
  }
}
