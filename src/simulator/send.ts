import type { ServerResponse } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Answer, jsonText } from './answer.ts';
import type { FaultAction } from './faults.ts';

const PIECES = 10;

/** Writes an answer, whole, slowly or not to its end. Resolves when nothing more will be written. */
export async function send(
  response: ServerResponse,
  answer: Answer,
  action: FaultAction | undefined,
  closing: AbortSignal,
): Promise<void> {
  const bytes = Buffer.from(jsonText(answer.body));
  const type = bytes.length > 0 ? { 'content-type': 'application/json' } : {};
  response.writeHead(answer.status, { ...type, ...answer.headers, 'content-length': bytes.length });
  if (action?.kind === 'cut') return cut(response, bytes.subarray(0, action.afterBytes ?? bytes.length >> 1));
  if (action?.kind === 'slowBody') await drip(response, bytes, action.ms, closing);
  else response.end(bytes);
}

function cut(response: ServerResponse, bytes: Uint8Array): Promise<void> {
  return new Promise((resolve) => {
    response.write(bytes, () => {
      response.destroy();
      resolve();
    });
  });
}

async function drip(response: ServerResponse, bytes: Uint8Array, ms: number, signal: AbortSignal): Promise<void> {
  response.flushHeaders();
  const step = Math.ceil(bytes.length / PIECES);
  for (let from = 0; from < bytes.length; from += step) {
    await sleep(ms / PIECES, undefined, { signal });
    if (response.destroyed) return;
    response.write(bytes.subarray(from, from + step));
  }
  response.end();
}
