import { WorkerError } from '../core/errors.ts';
import { pause } from './aborting.ts';
import type { ShardMembership } from './membership.ts';

/** Two workers that were given the same shard throw each other out at this pace at most. */
const BEAT_MS = 1_000;

/**
 * A fixed set of shards, for a worker whose place is given from outside (a StatefulSet's ordinal, a test).
 * Nothing watches over it: giving two workers one shard costs both their pace, never a change or a duplicate.
 */
export function createStaticMembership(owned: ReadonlySet<number>, beatMs: number = BEAT_MS): ShardMembership {
  return {
    async run(onShards, signal) {
      if (signal.aborted) return;
      onShards(owned);
      await new Promise<void>((resolve) => {
        const open = setInterval(() => undefined, 60_000);
        const done = () => {
          clearInterval(open);
          resolve();
        };
        signal.addEventListener('abort', done, { once: true });
      });
    },
    mayCommit: () => true,
    async nextHeartbeat(signal) {
      await pause(beatMs, signal);
      signal.throwIfAborted();
    },
  };
}

const RANGE = /^\s*(\d+)\s*(?:-\s*(\d+)\s*)?$/;

/**
 * `0-7`, `3`, `0,3,5-6`.
 *
 * @throws {WorkerError} config `membership.bad_shards`
 */
export function parseShards(text: string, shards: number): ReadonlySet<number> {
  const owned = new Set<number>();
  for (const part of text.split(',')) {
    const [, from, to = from] = RANGE.exec(part) ?? [];
    const first = Number(from);
    const last = Number(to);
    if (from === undefined || first > last) throw badShards(text, `"${part.trim()}" is neither a shard nor a range`);
    if (last >= shards) throw badShards(text, `there is no shard ${last}: they go from 0 to ${shards - 1}`);
    for (let shard = first; shard <= last; shard++) owned.add(shard);
  }
  return owned;
}

function badShards(text: string, why: string): WorkerError {
  const hint = 'Write a list of shards and ranges, such as 0-7 or 0,3,5.';
  return new WorkerError('config', 'membership.bad_shards', `shards "${text}": ${why}`, { hint });
}
