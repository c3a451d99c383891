/** Whether a broker or registry really answers, and a bounded wait until it does. */
import { Buffer } from 'node:buffer';
import { connect } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

const attemptMs = 2_000;

/**
 * Asks for metadata (version 4, no topics): true when at least one broker is in the answer. A broker that accepts
 * connections but is still fenced answers with none.
 */
export function brokerAnswers(host: string, port: number): Promise<boolean> {
  const body = Buffer.alloc(19);
  body.writeInt32BE(15, 0); // bytes that follow
  body.writeInt16BE(3, 4); // Metadata
  body.writeInt16BE(4, 6); // version
  body.writeInt32BE(7, 8); // correlation id
  body.writeInt16BE(-1, 12); // no client id
  body.writeInt32BE(0, 14); // no topics
  body.writeInt8(0, 18); // create none
  return new Promise((resolve) => {
    const socket = connect({ host, port });
    let answer = Buffer.alloc(0);
    const done = (ready: boolean) => {
      socket.destroy();
      resolve(ready);
    };
    socket.setTimeout(attemptMs, () => done(false));
    socket.on('error', () => done(false));
    socket.on('close', () => done(false));
    socket.on('connect', () => socket.write(body));
    socket.on('data', (chunk) => {
      answer = Buffer.concat([answer, chunk]);
      // size, correlation id and throttle time stand before the number of brokers
      if (answer.length >= 16) done(answer.readInt32BE(12) > 0);
    });
  });
}

/** True when the URL answers 200. */
export async function urlAnswers(url: string): Promise<boolean> {
  try {
    const response = await fetch(url, { signal: AbortSignal.timeout(attemptMs), headers: { connection: 'close' } });
    await response.arrayBuffer();
    return response.status === 200;
  } catch {
    return false;
  }
}

/** Asks until the answer is yes; rejects after `withinMs`, or as soon as `signal` is aborted, with its reason. */
export async function waitUntil(
  ready: () => Promise<boolean>,
  { withinMs, what, signal }: { withinMs: number; what: string; signal?: AbortSignal },
): Promise<void> {
  const deadline = performance.now() + withinMs;
  while (!(await ready())) {
    signal?.throwIfAborted();
    if (performance.now() > deadline) throw new Error(`${what} did not answer within ${withinMs / 1000} s`);
    await sleep(50);
  }
}
