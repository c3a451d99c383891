import { equal, ok } from 'node:assert/strict';
import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { type TestContext, test } from 'node:test';
import { startToxicProxy } from '../../chaos/toxic-proxy.ts';
import { type Stream, TOXICS, type Toxic, toxicOf } from '../../chaos/toxics.ts';

/** A service that sends back what it gets, a proxy before it, and a client of that. */
async function scene(t: TestContext) {
  const server = createServer((socket) => void socket.on('error', () => undefined).pipe(socket));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const proxy = await startToxicProxy();
  proxy.lead((server.address() as AddressInfo).port);
  const clients: Socket[] = [];
  t.after(async () => {
    for (const client of clients) client.destroy();
    await proxy.close();
    server.close();
  });
  const open = async () => {
    const client = connect(proxy.port, '127.0.0.1');
    client.on('error', () => undefined);
    clients.push(client);
    await Promise.race([once(client, 'connect').catch(() => undefined), closeOf(client)]);
    return client;
  };
  return { proxy, open };
}

/** Sends, and says what came back and when the last of it did, or that the connection ended. */
async function echo(
  client: Socket,
  bytes: number,
): Promise<{ back: number; pieces: number; ended: boolean; ms: number }> {
  const startedAt = performance.now();
  let back = 0;
  let pieces = 0;
  const all = new Promise<boolean>((resolve) => {
    client.on('data', (chunk: Buffer) => {
      back += chunk.length;
      pieces += 1;
      if (back >= bytes) resolve(false);
    });
    client.once('close', () => resolve(true));
  });
  client.write(Buffer.alloc(bytes, 7));
  const ended = await all;
  return { back, pieces, ended, ms: performance.now() - startedAt };
}

/** However it ends. */
function closeOf(socket: Socket): Promise<void> {
  return new Promise((resolve) => (socket.closed ? resolve() : socket.once('close', () => resolve())));
}

const both: readonly Stream[] = ['upstream', 'downstream'];

test('without a toxic everything passes, both ways, and after a cure again', async (t) => {
  const { proxy, open } = await scene(t);
  equal((await echo(await open(), 100_000)).back, 100_000);
  proxy.infect('upstream', { type: 'down' });
  proxy.cure();
  equal((await echo(await open(), 1_000)).back, 1_000);
  equal(proxy.connections, 2);
});

for (const stream of both) {
  test(`latency, bandwidth and slicer delay ${stream} and lose nothing`, async (t) => {
    const { proxy, open } = await scene(t);
    const toxics: readonly (readonly [Toxic, number])[] = [
      [{ type: 'latency', ms: 80, jitterMs: 0 }, 80],
      [{ type: 'bandwidth', bytesPerSecond: 20_000 }, 100],
      [{ type: 'slicer', bytes: 500, delayMs: 10 }, 40],
    ];
    for (const [toxic, leastMs] of toxics) {
      proxy.infect(stream, toxic);
      const { back, ms, pieces } = await echo(await open(), 2_500);
      equal(back, 2_500, toxic.type);
      ok(ms >= leastMs * 0.9, `${toxic.type} took ${ms} ms`);
      if (toxic.type === 'slicer' && stream === 'downstream') ok(pieces > 2);
    }
  });

  test(`timeout, reset_peer and limit_data end the connection ${stream}`, async (t) => {
    const { proxy, open } = await scene(t);
    for (const toxic of [
      { type: 'timeout', ms: 50 },
      { type: 'limit_data', bytes: 1_000 },
    ] as const) {
      const client = await open();
      proxy.infect(stream, toxic);
      const { ended, back } = await echo(client, 2_500);
      ok(ended && back < 2_500, `${toxic.type} let ${back} bytes back`);
    }
    const client = await open();
    proxy.infect(stream, { type: 'reset_peer', ms: 250 });
    equal((await echo(client, 1)).back, 1, 'until then it passes');
    await closeOf(client);
  });
}

test('down refuses connections and breaks those that are open', async (t) => {
  const { proxy, open } = await scene(t);
  const client = await open();
  proxy.infect('downstream', { type: 'down' });
  await closeOf(client);
  equal((await echo(await open(), 10)).ended, true);
});

test('slow_close passes an end on later', async (t) => {
  const { proxy, open } = await scene(t);
  const client = await open();
  proxy.infect('upstream', { type: 'slow_close', ms: 120 });
  client.resume();
  const startedAt = performance.now();
  client.end();
  await closeOf(client);
  ok(performance.now() - startedAt >= 100);
});

test('each toxic can be drawn, whatever the chance', () => {
  for (const type of TOXICS) for (const chance of [0, 0.5, 0.999]) equal(toxicOf(type, () => chance).type, type);
});
