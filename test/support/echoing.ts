import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { TestContext } from 'node:test';
import { type Asked, type OwnApi, serve } from './feature-place.ts';

/** Far sides that throw back every secret that they are sent. */

const WORKSPACE = '64a687e29ae1f428e7ebe301';

/** What no answer but a list of good items is like; each is a path of the API. */
export const FAULTS = [
  ...['400', '401', '403', '404', '418', 'html', 'cut', 'paths', 'charset', 'compressed'],
  ...['redirect301', 'redirect302', 'redirect307'],
] as const;

export interface EchoingApi extends OwnApi {
  /** From now on some items of `things` and `tags` do not fit, and have new fields. */
  misfit(): void;
  /** What asked the other origin, to which every redirect and link points. */
  readonly elsewhere: readonly string[];
}

/** A Clockify that puts the key into everything it can: names, values, ids, headers, errors. */
export async function serveEchoing(t: TestContext): Promise<EchoingApi> {
  const elsewhere: string[] = [];
  const other = await listen(t, (request, response) => {
    elsewhere.push(`${request.url} ${JSON.stringify(request.rawHeaders)}`);
    response.end('[]');
  });
  let fits = true;
  const api = await serve(t, (asked, response) => {
    const key = String(asked.headers['x-api-key']);
    const [, path = ''] = /\/v1\/([^?]*)/.exec(asked.path) ?? [];
    response.setHeader('x-echo', key);
    response.setHeader('last-page', path === 'things' ? 'true' : key);
    response.setHeader('link', `<${other}/next?key=${encodeURIComponent(key)}>; rel="prev"`);
    return faultAt(path, key, other, response) ?? listAt(path, asked, key, fits);
  });
  const misfit = () => {
    fits = false;
  };
  return { ...api, misfit, elsewhere };
}

function faultAt(path: string, key: string, other: string, response: ServerResponse): unknown {
  const status = Number(/^(?:redirect)?(\d{3})$/.exec(path)?.[1] ?? 200);
  response.statusCode = status;
  if (status >= 300 && status < 400) response.setHeader('location', `${other}/stolen?key=${encodeURIComponent(key)}`);
  if (status >= 500 || status === 429) response.setHeader('retry-after', key);
  if (status !== 200) return { code: 4003, message: `the key ${key}`, auth: base64(`me:${key}`), [key]: hex(key) };
  if (path === 'html') response.end(`<html>${key}</html>`);
  if (path === 'cut') response.end(`[{"id": "${key}`);
  if (path === 'charset') response.setHeader('content-type', `application/json; charset="${key}"`).end('[]');
  if (path === 'compressed') response.setHeader('content-encoding', key).end('[]');
  return path === 'paths' ? { [key]: [], message: key } : undefined;
}

/** Lists that are right, but for what stands in them. */
function listAt(path: string, { query }: Asked, key: string, fits: boolean): unknown {
  if (path === 'user') return { id: 'u1', name: key, email: `${key}@example.com`, settings: { timeZone: key } };
  if (path === 'workspaces') return [{ id: WORKSPACE, name: `Works of ${key}`, [key]: key, features: [key] }];
  if ((query.get('page') ?? '1') !== '1') return [];
  const odd = fits ? {} : { [`new ${key}`]: base64(key) };
  if (path.endsWith('/tags')) {
    return [
      { id: 't1', name: key, workspaceId: WORKSPACE, archived: fits ? false : key, ...odd },
      { id: key, name: hex(key), workspaceId: WORKSPACE, archived: false },
    ];
  }
  if (path !== 'things') return [{ id: key, name: key, [key]: [base64(key)] }];
  return [
    { id: 'a', amount: 1, note: `the key is ${key}`, [key]: { [hex(key)]: [base64(key), encodeURIComponent(key)] } },
    { id: 'b', amount: fits ? 2 : key, note: '', ...odd },
    { id: key, amount: 3, note: JSON.stringify({ key }), ...odd },
  ];
}

const base64 = (text: string): string => Buffer.from(text).toString('base64');
const hex = (text: string): string => Buffer.from(text).toString('hex');

export interface EchoingRegistry {
  readonly url: string;
  /** Everything that it was asked, without headers. */
  readonly asked: readonly string[];
}

/**
 * A registry that wants a user and a password, and passes on what comes with them. Subjects with `refused` in their
 * name it refuses, and quotes what it was sent.
 */
export async function serveRegistry(t: TestContext, behind: string, password: string): Promise<EchoingRegistry> {
  const asked: string[] = [];
  const url = await listen(t, async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const body = Buffer.concat(chunks);
    asked.push(`${request.method} ${request.url} ${body}`);
    const authorization = String(request.headers.authorization);
    const isKnown = Buffer.from(authorization.replace('Basic ', ''), 'base64').toString() === `worker:${password}`;
    const isRefused = request.url?.includes('refused') === true;
    if (!isKnown || isRefused) {
      const message = `no: ${authorization}, that is ${password} or ${hex(password)}`;
      response.statusCode = isKnown ? 422 : 401;
      response.end(JSON.stringify({ error_code: 42201, message, [password]: 1 }));
      return;
    }
    const { 'content-type': type = 'application/json', accept = '*/*' } = request.headers;
    const method = request.method ?? 'GET';
    const sent = method === 'GET' ? {} : { body };
    const answer = await fetch(`${behind}${request.url}`, {
      method,
      headers: { 'content-type': type, accept },
      ...sent,
    });
    response.statusCode = answer.status;
    response.setHeader('content-type', answer.headers.get('content-type') ?? 'application/json');
    response.end(await answer.text());
  });
  return { url, asked };
}

async function listen(
  t: TestContext,
  answer: (request: IncomingMessage, response: ServerResponse) => unknown,
): Promise<string> {
  const server = createServer(answer as (request: IncomingMessage, response: ServerResponse) => void);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.after(() => {
    server.closeAllConnections();
    server.close();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}
