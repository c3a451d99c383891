/** Free ports on the loopback interface. */
import { once } from 'node:events';
import { createServer, type Server } from 'node:net';

/**
 * Below the range from which Linux and macOS take the local ports of outgoing connections: a client that reconnects to
 * a killed broker can then never take the broker's port itself, and a restart finds it free.
 */
const lowest = 15_000;
const highest = 30_000;

/** `count` different ports which nothing listens on at this moment. */
export async function freePorts(count: number): Promise<number[]> {
  const held = new Map<number, Server>();
  try {
    while (held.size < count) {
      const port = lowest + Math.floor(Math.random() * (highest - lowest));
      const server = await listen(port);
      if (server) held.set(port, server);
    }
  } finally {
    for (const server of held.values()) await new Promise((resolve) => server.close(resolve));
  }
  return [...held.keys()];
}

async function listen(port: number): Promise<Server | undefined> {
  const server = createServer();
  try {
    server.listen({ port, host: '127.0.0.1' });
    await once(server, 'listening');
    return server;
  } catch {
    return undefined;
  }
}
