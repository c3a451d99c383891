/** Between a client and its broker: passes everything on, until it is told to lose something. */
import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { type KafkaClient, logLevel, newKafka } from '../../src/kafka/kafkajs-patches.ts';
import { answerMeter, apiKeyOf, frames } from '../support/kafka-frames.ts';

export const PRODUCE = 0;
export const FETCH = 1;
export const FIND_COORDINATOR = 10;
export const HEARTBEAT = 12;
export const CREATE_TOPICS = 19;
export const INIT_PRODUCER_ID = 22;
export const ADD_PARTITIONS_TO_TXN = 24;
export const END_TXN = 26;
export const DESCRIBE_CONFIGS = 32;

/** `swallow`: the request arrives, its answer and all later ones do not. `cut`: the connection ends instead of the request. `hold`: the request waits until nothing is lost any more. */
type Loss = { readonly apiKey: number; readonly how: 'swallow' | 'cut' | 'hold' };

export interface KafkaProxy {
  readonly port: number;
  /** The next request of this kind is lost so; undefined: nothing more, answers pass again. */
  lose(loss: Loss | undefined): void;
  /** How often something was lost. */
  readonly losses: number;
  /** How many requests of a kind came by. */
  seen(apiKey: number): number;
  /** How many bytes of answers to a kind of request came by, those that were swallowed too. */
  answered(apiKey: number): number;
  close(): Promise<void>;
}

export async function startProxy(broker: string): Promise<KafkaProxy> {
  const [host = '', port = ''] = broker.split(':');
  const swallowing = new Set<Socket>();
  const sockets = new Set<Socket>();
  let loss: Loss | undefined;
  const held: (() => void)[] = [];
  let losses = 0;
  const requests = new Map<number, number>();
  const answers = new Map<number, number>();
  const server = createServer((client) => {
    const upstream = connect(Number(port), host);
    for (const socket of [client, upstream]) {
      sockets.add(socket);
      socket.on('error', () => undefined);
      socket.on('close', () => {
        sockets.delete(socket);
        client.destroy();
        upstream.destroy();
      });
    }
    const meter = answerMeter((apiKey, bytes) => answers.set(apiKey, (answers.get(apiKey) ?? 0) + bytes));
    const onRequest = (request: Buffer): void => {
      if (client.destroyed) return;
      const apiKey = apiKeyOf(request);
      requests.set(apiKey, (requests.get(apiKey) ?? 0) + 1);
      meter.request(request);
      if (apiKey === loss?.apiKey) {
        losses += 1;
        if (loss.how === 'cut') return void client.destroy();
        if (loss.how === 'hold') return void held.push(() => upstream.write(request));
        swallowing.add(client);
      }
      upstream.write(request);
    };
    client.on('data', frames(onRequest));
    upstream.on('data', (chunk: Buffer) => {
      meter.answer(chunk);
      if (!swallowing.has(client)) client.write(chunk);
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    port: (server.address() as AddressInfo).port,
    lose(next) {
      loss = next;
      if (next !== undefined) return;
      swallowing.clear();
      for (const release of held.splice(0)) release();
    },
    get losses() {
      return losses;
    },
    seen: (apiKey) => requests.get(apiKey) ?? 0,
    answered: (apiKey) => answers.get(apiKey) ?? 0,
    async close() {
      server.close();
      for (const socket of sockets) socket.destroy();
      await once(server, 'close');
    },
  };
}

/** A client whose every connection goes through the proxy, whatever address the broker gives of itself. */
export function clientThrough(
  proxy: Pick<KafkaProxy, 'port'>,
  broker: string,
  requestTimeout: number,
  retries = 8,
): KafkaClient {
  return newKafka({
    brokers: [broker],
    clientId: 'proxied',
    requestTimeout,
    enforceRequestTimeout: true,
    connectionTimeout: 2_000,
    retry: { initialRetryTime: 10, retries, maxRetryTime: 500 },
    logLevel: logLevel.NOTHING,
    socketFactory: ({ onConnect }) => connect({ port: proxy.port, host: '127.0.0.1' }, onConnect).setNoDelay(true),
  });
}
