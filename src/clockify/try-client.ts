import { type Client, type Sender, type Sending, urlOf } from './client.ts';
import { answerOf, type Reply } from './reply.ts';

/** One request and what came of it, as a person may see it: without the key, and with only the headers that tell something. */
export interface Exchange {
  readonly method: string;
  readonly url: string;
  readonly requestHeaders: Readonly<Record<string, string>>;
  readonly requestBody: string | undefined;
  /** Undefined where no answer came. */
  readonly status: number | undefined;
  readonly headers: Readonly<Record<string, string>>;
  readonly bytes: number;
}

const HIDDEN = '[hidden]';
/** Names of request headers whose value could be a secret of somebody's. */
const SECRET = /auth|token|key|secret|cookie|password/i;
const TELLING = /^(content-type|content-length|content-encoding|last-page|link|retry-after|location|x-ratelimit.*)$/;

/** The same client, of which each exchange is told, also one that fails. */
export function createTryClient(
  client: Client & Sender,
  baseUrl: string,
  tell: (exchange: Exchange) => void,
): Client & Sender {
  const send = async (sending: Sending, signal: AbortSignal): Promise<Reply> => {
    try {
      const reply = await client.send(sending, signal);
      tell(exchangeOf(sending, reply));
      return reply;
    } catch (error) {
      tell(exchangeOf(sending, undefined));
      throw error;
    }
  };
  return {
    send,
    get: async (call, signal) => {
      const { path: label, owner, priority } = call;
      const url = urlOf(baseUrl, call);
      const sending = { method: 'GET' as const, url, headers: {}, body: undefined, owner, priority, label };
      return answerOf(await send(sending, signal));
    },
    close: () => client.close(),
  };
}

function exchangeOf({ method, url, headers, body }: Sending, reply: Reply | undefined): Exchange {
  const shown = Object.entries(headers).map(([name, value]) => [name, SECRET.test(name) ? HIDDEN : value]);
  const telling = Object.entries(reply?.headers ?? {}).filter(([name]) => TELLING.test(name));
  return {
    method,
    url: url.href,
    requestHeaders: { ...Object.fromEntries(shown), 'x-api-key': HIDDEN },
    requestBody: body,
    status: reply?.status,
    headers: Object.fromEntries(telling),
    bytes: reply?.body.length ?? 0,
  };
}
