/** A TCP proxy in this process, whose connections can be made ill. */
import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Stream, Toxic } from './toxics.ts';

export interface ToxicProxy {
  readonly port: number;
  /** Where connections lead; before it is told, they are refused. */
  lead(port: number): void;
  /** Every connection of this direction, also those that are open, until `cure`. */
  infect(stream: Stream, toxic: Toxic): void;
  cure(): void;
  /** How many connections there were. */
  readonly connections: number;
  close(): Promise<void>;
}

interface Illness {
  readonly toxic: Toxic;
  readonly stream: Stream;
}

export async function startToxicProxy(): Promise<ToxicProxy> {
  const links = new Set<{ readonly client: Socket; readonly server: Socket }>();
  let target: number | undefined;
  let illness: Illness | undefined;
  let connections = 0;
  const now = (stream: Stream): Toxic | undefined => (illness?.stream === stream ? illness.toxic : undefined);

  const proxy = createServer({ allowHalfOpen: true }, (client) => {
    if (target === undefined || illness?.toxic.type === 'down') return void client.destroy();
    connections += 1;
    const server = connect({ port: target, host: '127.0.0.1', allowHalfOpen: true });
    const link = { client, server };
    links.add(link);
    for (const socket of [client, server]) socket.on('error', () => undefined).setNoDelay(true);
    for (const socket of [client, server]) socket.once('close', () => links.delete(link));
    if (illness !== undefined) strike(link, illness);
    void carry(client, server, () => now('upstream'));
    void carry(server, client, () => now('downstream'));
  });
  proxy.listen(0, '127.0.0.1');
  await once(proxy, 'listening');

  const infect = (stream: Stream, toxic: Toxic): void => {
    illness = { stream, toxic };
    for (const link of links) strike(link, illness);
  };
  const close = async (): Promise<void> => {
    illness = undefined;
    proxy.close();
    for (const { client, server } of links) for (const socket of [client, server]) socket.destroy();
    await once(proxy, 'close').catch(() => undefined);
  };
  return {
    port: (proxy.address() as AddressInfo).port,
    lead: (port) => {
      target = port;
    },
    infect,
    cure: () => {
      illness = undefined;
    },
    get connections() {
      return connections;
    },
    close,
  };
}

/** What a toxic does to a connection by itself, whatever passes. */
function strike({ client, server }: { readonly client: Socket; readonly server: Socket }, { toxic }: Illness): void {
  if (toxic.type === 'down') for (const socket of [client, server]) socket.destroy();
  if (toxic.type === 'timeout') after(toxic.ms, () => client.destroy());
  if (toxic.type === 'reset_peer') after(toxic.ms, () => client.resetAndDestroy());
}

function after(ms: number, work: () => void): void {
  setTimeout(work, ms).unref();
}

/** Bytes from one side to the other, as the toxic of the moment lets them. One chunk at a time: nothing is queued. */
async function carry(from: Socket, to: Socket, toxicNow: () => Toxic | undefined): Promise<void> {
  let passed = 0;
  try {
    for await (const chunk of from as AsyncIterable<Buffer>) {
      const toxic = toxicNow();
      passed = toxic?.type === 'limit_data' ? passed + chunk.length : 0;
      if (toxic?.type === 'limit_data' && passed >= toxic.bytes) throw new Error('enough');
      await pass(chunk, to, toxic, toxicNow);
    }
    const toxic = toxicNow();
    if (toxic?.type === 'slow_close') await sleep(toxic.ms);
    to.end();
  } catch {
    // The connection broke, or was to: neither side has any use for the other now.
    to.destroy();
    from.destroy();
  }
}

async function pass(chunk: Buffer, to: Socket, toxic: Toxic | undefined, toxicNow: () => Toxic | undefined) {
  switch (toxic?.type) {
    case 'latency':
      await sleep(toxic.ms + Math.random() * toxic.jitterMs);
      break;
    case 'bandwidth':
      await sleep((chunk.length / toxic.bytesPerSecond) * 1_000);
      break;
    case 'timeout':
      while (toxicNow() === toxic && !to.destroyed) await sleep(20);
      break;
    case 'slicer':
      return slice(chunk, to, toxic);
  }
  await write(chunk, to);
}

const MOST_SLICES = 200;

async function slice(chunk: Buffer, to: Socket, { bytes, delayMs }: Extract<Toxic, { type: 'slicer' }>) {
  const size = Math.max(bytes, Math.ceil(chunk.length / MOST_SLICES));
  for (let at = 0; at < chunk.length; at += size) {
    await write(chunk.subarray(at, at + size), to);
    await sleep(delayMs);
  }
}

async function write(chunk: Buffer, to: Socket): Promise<void> {
  if (to.destroyed) throw new Error('the other side has gone');
  if (!to.write(chunk)) await Promise.race([once(to, 'drain'), once(to, 'close')]);
}
