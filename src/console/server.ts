/**
 * The console: health, status and control over HTTP. Data in: requests, of which none is believed. Data out: JSON, and
 * metrics as text. No secret passes (P7): every text goes through `scrub` on its way out.
 */
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { WorkerError } from '../core/errors.ts';
import { refused, send } from './requests.ts';
import { answer, type ConsolePort } from './routes.ts';

export interface ConsoleOptions {
  readonly host: string;
  /** 0: any that is free. */
  readonly port: number;
  readonly token: string | undefined;
  /** Takes every known secret out of a text; JSON stays JSON. */
  readonly scrub: (text: string) => string;
}

export interface Console {
  /** `http://127.0.0.1:8090`, with the port that it got. */
  readonly url: string;
  /** Ends open connections too. */
  close(): Promise<void>;
}

/** Whoever sends more than this, or takes longer, is no client of ours. */
const LIMITS = {
  maxHeaderSize: 8_192,
  headersTimeout: 5_000,
  requestTimeout: 10_000,
  keepAliveTimeout: 5_000,
  connectionsCheckingInterval: 1_000,
};
const MOST_CONNECTIONS = 100;

/** @throws {WorkerError} config `console.port` where the address cannot be had */
export async function openConsole(port: ConsolePort, options: ConsoleOptions): Promise<Console> {
  const server = createServer(LIMITS, (request, response) => {
    const failed = () => refused({ status: 500, code: 'console.failed', message: 'the answer could not be made' });
    answer(request, port, options)
      .catch(failed)
      .then((reply) => send(response, { ...reply, text: options.scrub(reply.text) }))
      .catch(() => response.destroy());
  });
  server.maxConnections = MOST_CONNECTIONS;
  await listen(server, options);
  const { address, family, port: bound } = server.address() as AddressInfo;
  const host = family === 'IPv6' ? `[${address}]` : address;
  const close = async () => {
    const closed = once(server, 'close');
    server.close();
    server.closeAllConnections();
    await closed;
  };
  return { url: `http://${host}:${bound}`, close };
}

async function listen(server: Server, { host, port }: ConsoleOptions): Promise<void> {
  server.listen(port, host);
  try {
    await once(server, 'listening');
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    const what = code === 'EADDRINUSE' ? 'is taken by another process' : `cannot be had (${code})`;
    throw new WorkerError('config', 'console.port', `port ${port} of ${host} for the console ${what}`, {
      cause,
      hint: 'Set console.port to one that is free, or to 0 for any.',
    });
  }
}
