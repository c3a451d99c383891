import type { SecureContextOptions } from 'node:tls';
import { WorkerError } from '../core/errors.ts';
import { isTlsFault } from '../core/tls-fault.ts';
import { openSocket } from './socket.ts';

const CONNECT_WITHIN_MS = 3_000;

interface Addresses {
  readonly brokers: readonly string[];
  readonly tls?: (() => SecureContextOptions) | undefined;
}

/**
 * Whether anybody listens at one of the addresses at all, and with TLS is who they should be: told at once, where
 * kafkajs would try for ten seconds first, and would try a wrong certificate again for ever.
 *
 * @throws {WorkerError} transient `kafka.unavailable`; config `kafka.tls_refused`; as `tls`
 */
export async function someBrokerListens({ brokers, tls }: Addresses): Promise<void> {
  try {
    await Promise.any(brokers.map((broker) => listens(broker, tls)));
  } catch (cause) {
    const refusal = cause instanceof AggregateError ? cause.errors.map(refusalOf).find((one) => one) : undefined;
    if (refusal !== undefined) throw refusal;
    const what = tls !== undefined && wasClosed(cause) ? 'no TLS is spoken' : 'nobody listens';
    throw new WorkerError('transient', 'kafka.unavailable', `${what} at ${brokers.join(', ')}`, { cause });
  }
}

/** A listener without TLS closes the connection; one that is being stopped does so too. */
function wasClosed(cause: unknown): boolean {
  return cause instanceof AggregateError && cause.errors.some(({ code }) => code === 'ECONNRESET');
}

/** What trying again does not mend: our files, or what the two sides think of each other. */
function refusalOf(error: unknown): WorkerError | undefined {
  if (error instanceof WorkerError) return error;
  if (!isTlsFault(error)) return undefined;
  return new WorkerError('config', 'kafka.tls_refused', `no TLS connection with the broker: ${error.message}`, {
    cause: error,
    hint: 'Check kafka.tls_ca, the name of the host in kafka.brokers, and that this listener speaks TLS.',
  });
}

function listens(address: string, tls: Addresses['tls']): Promise<void> {
  const colon = address.lastIndexOf(':');
  const host = address.slice(0, colon).replace(/^\[|\]$/g, '');
  return new Promise((resolve, reject) => {
    const socket = openSocket(host, Number(address.slice(colon + 1)), tls, () => {
      socket.destroy();
      resolve();
    });
    const fail = (error: Error) => {
      socket.destroy();
      reject(error);
    };
    socket.setTimeout(CONNECT_WITHIN_MS, () => fail(new Error(`no answer from ${address}`)));
    socket.once('error', fail);
  });
}
