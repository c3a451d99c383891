import { request } from 'undici';
import { WorkerError } from '../core/errors.ts';

/** Client credentials, and where they become a token (RFC 6749, section 4.4). */
export interface OauthOptions {
  readonly tokenUrl: string;
  readonly clientId: string;
  readonly clientSecret: string;
  readonly scope: string | undefined;
}

interface Token {
  readonly value: string;
  /** By either clock: the wall clock may be put back, and the monotonic one stands still while a machine sleeps. */
  readonly isStale: () => boolean;
}

/**
 * Gives a token for what the options say when it is fetched, the same one until four fifths of its life are over. kafkajs asks for each connection, and again when
 * the broker's session for it ends.
 *
 * @throws {WorkerError} config `kafka.oauth_refused`, transient `kafka.oauth_unavailable`; never quotes an answer (P7)
 */
export function createOauthProvider(options: () => OauthOptions, timeoutMs: number): () => Promise<{ value: string }> {
  let known: Promise<Token> | undefined;
  return async () => {
    const token = await known?.catch(() => undefined);
    if (token?.isStale() === false) return { value: token.value };
    const asked = fetchToken(options(), timeoutMs);
    known = asked;
    return { value: (await asked).value };
  };
}

async function fetchToken(options: OauthOptions, timeoutMs: number): Promise<Token> {
  const [wallMs, monotonicMs] = [Date.now(), performance.now()];
  const { status, text } = await post(options, timeoutMs);
  if (status >= 500 || status === 429) throw unavailable(options, `answers ${status}`);
  const { access_token: value, expires_in: seconds } = status === 200 ? membersOf(text) : {};
  if (typeof value !== 'string') {
    throw new WorkerError('config', 'kafka.oauth_refused', `${options.tokenUrl} gives no token: it answers ${status}`, {
      hint: 'Check kafka.oauth_token_url, oauth_client_id, oauth_client_secret and oauth_scope.',
    });
  }
  const lifeMs = typeof seconds === 'number' && seconds > 0 ? seconds * 1000 : DEFAULT_LIFE_MS;
  const usedMs = lifeMs * USED_SHARE;
  return { value, isStale: () => Math.max(Date.now() - wallMs, performance.now() - monotonicMs) >= usedMs };
}

const DEFAULT_LIFE_MS = 300_000;
const USED_SHARE = 0.8;

/** A redirect is not followed: the secret goes to this address alone. */
async function post({ tokenUrl, clientId, clientSecret, scope }: OauthOptions, timeoutMs: number) {
  const form = new URLSearchParams({ grant_type: 'client_credentials', ...(scope === undefined ? {} : { scope }) });
  const user = `${encodeURIComponent(clientId)}:${encodeURIComponent(clientSecret)}`;
  const headers = {
    authorization: `Basic ${Buffer.from(user).toString('base64')}`,
    'content-type': 'application/x-www-form-urlencoded',
    accept: 'application/json',
  };
  try {
    const signal = AbortSignal.timeout(timeoutMs);
    const answer = await request(tokenUrl, { method: 'POST', headers, body: form.toString(), signal });
    return { status: answer.statusCode, text: await answer.body.text() };
  } catch (cause) {
    throw unavailable({ tokenUrl }, 'does not answer', cause);
  }
}

function unavailable({ tokenUrl }: Pick<OauthOptions, 'tokenUrl'>, what: string, cause?: unknown): WorkerError {
  return new WorkerError('transient', 'kafka.oauth_unavailable', `${tokenUrl}, where tokens are given, ${what}`, {
    cause,
  });
}

function membersOf(text: string): { readonly access_token?: unknown; readonly expires_in?: unknown } {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? value : {};
  } catch {
    return {};
  }
}
