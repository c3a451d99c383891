import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { type AddressInfo, createServer as createTcpServer, type Server as TcpServer } from 'node:net';
import type { TestContext } from 'node:test';
import { type Client, type ClientOptions, createClient } from '../../../src/clockify/client.ts';
import type { Rate } from '../../../src/core/rate.ts';

/** Looks like a key, and stands in no answer unless the test puts it there. */
export const KEY = 'NotARealKeyNotARealKeyNotARealKeyNotARealKey1234';

/** More than any test sends. */
const PLENTY: Rate = { requests: 1_000, windowMs: 100, burst: 1_000 };

export type Handler = (request: IncomingMessage, response: ServerResponse) => void;

async function listen(t: TestContext, server: Server | TcpServer): Promise<string> {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => new Promise((resolve) => server.close(resolve)));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

/** A real HTTP server on loopback that answers as the test says; it remembers what it was asked. */
export async function serve(t: TestContext, handler: Handler) {
  const requests: IncomingMessage[] = [];
  const server = createServer((request, response) => {
    requests.push(request);
    handler(request, response);
  });
  const origin = await listen(t, server);
  t.after(() => server.closeAllConnections());
  return { origin, requests };
}

/** A TCP server on loopback, for what no HTTP server would send. */
export async function serveRaw(t: TestContext, answer: string): Promise<string> {
  const server = createTcpServer((socket) => {
    socket.on('error', () => {});
    socket.once('data', () => socket.end(answer));
  });
  return listen(t, server);
}

/** A client with the key, let go when the test ends. Generous budget and short limits, unless told otherwise. */
export function clientFor(t: TestContext, origin: string, over: Partial<ClientOptions> = {}): Client {
  const client = createClient({
    apiKey: KEY,
    baseUrl: `${origin}/v1`,
    allowedOrigins: [origin],
    name: 'acme',
    reportsUrl: `${origin}/report/v1`,
    rate: PLENTY,
    reportsRate: PLENTY,
    connectTimeoutMs: 2_000,
    headersTimeoutMs: 2_000,
    bodyTimeoutMs: 2_000,
    requestTimeoutMs: 5_000,
    maxBodyBytes: 100_000,
    connections: 4,
    now: Date.now,
    ...over,
  });
  t.after(() => client.close());
  return client;
}

export const never = (): AbortSignal => new AbortController().signal;

/** Everything an error says or holds, causes and hidden properties included. */
export function everythingIn(error: unknown, depth = 0): string {
  if (typeof error !== 'object' || error === null || depth > 5) return String(error);
  const names = Object.getOwnPropertyNames(error);
  const values = names.map((name) => {
    const value = (error as Record<string, unknown>)[name];
    return value instanceof Uint8Array ? Buffer.from(value).toString() : everythingIn(value, depth + 1);
  });
  return values.join('\n');
}
