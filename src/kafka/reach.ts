import { connect } from 'node:net';
import { WorkerError } from '../core/errors.ts';

const CONNECT_WITHIN_MS = 3_000;

/**
 * Whether anybody listens at one of the addresses at all: told at once, where kafkajs would try for ten seconds first.
 *
 * @throws {WorkerError} transient `kafka.unavailable`
 */
export async function someBrokerListens(brokers: readonly string[]): Promise<void> {
  try {
    await Promise.any(brokers.map(listens));
  } catch (cause) {
    throw new WorkerError('transient', 'kafka.unavailable', `nobody listens at ${brokers.join(', ')}`, { cause });
  }
}

function listens(address: string): Promise<void> {
  const colon = address.lastIndexOf(':');
  const host = address.slice(0, colon).replace(/^\[|\]$/g, '');
  return new Promise((resolve, reject) => {
    const socket = connect({ host, port: Number(address.slice(colon + 1)), timeout: CONNECT_WITHIN_MS });
    const end = (outcome: () => void) => () => {
      socket.destroy();
      outcome();
    };
    socket.once('connect', end(resolve));
    socket.once(
      'timeout',
      end(() => reject(new Error(`no answer from ${address}`))),
    );
    socket.once('error', (error) => end(() => reject(error))());
  });
}
