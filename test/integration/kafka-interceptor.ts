/** Between a client and its broker: requests may wait, be refused or be lost there, and answers may be changed. */
import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { apiKeyOf, frames } from '../support/kafka-frames.ts';

export interface Interception {
  /**
   * Told each request before it is passed on; a promise makes it wait.
   *
   * @returns what is answered in the broker's place; undefined: it is passed on
   */
  readonly request?: (apiKey: number, request: Buffer) => Promise<Buffer | undefined> | Buffer | undefined;
  /** @returns the answer as the client is to get it */
  readonly answer?: (apiKey: number, answer: Buffer, request: Buffer) => Buffer;
}

export interface Interceptor {
  readonly port: number;
  close(): Promise<void>;
}

export async function startInterceptor(broker: string, { request, answer }: Interception): Promise<Interceptor> {
  const [host = '', port = ''] = broker.split(':');
  const sockets = new Set<Socket>();
  const join = (client: Socket): void => {
    const upstream = connect(Number(port), host);
    for (const socket of [client, upstream]) {
      sockets.add(socket.setNoDelay(true));
      socket.on('error', () => undefined);
      socket.on('close', () => {
        sockets.delete(socket);
        client.destroy();
        upstream.destroy();
      });
    }
    const asked = new Map<number, Buffer>();
    const passOn = async (frame: Buffer): Promise<void> => {
      const instead = await request?.(apiKeyOf(frame), frame);
      if (instead !== undefined) return void client.write(instead);
      asked.set(frame.readInt32BE(8), frame);
      upstream.write(frame);
    };
    const passBack = (frame: Buffer): void => {
      const of = asked.get(frame.readInt32BE(4));
      asked.delete(frame.readInt32BE(4));
      client.write(of === undefined || answer === undefined ? frame : answer(apiKeyOf(of), frame, of));
    };
    client.on(
      'data',
      frames((frame) => void passOn(frame)),
    );
    upstream.on('data', frames(passBack));
  };
  const server = createServer(join).listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    port: (server.address() as AddressInfo).port,
    async close() {
      server.close();
      for (const socket of sockets) socket.destroy();
      await once(server, 'close');
    },
  };
}
