import type { Membership } from '../../src/pipeline/ports.ts';

/** A membership whose group is the test: it says who owns what, and when a heartbeat comes. */
export interface MemoryMembership extends Membership {
  /** A rebalance ended with these shards; also a sign of membership. */
  assign(shards: Iterable<number>): void;
  /** A rebalance began: no transaction may begin until the next `assign`. */
  rebalance(): void;
  heartbeat(): void;
}

export function createMemoryMembership(initial?: Iterable<number>): MemoryMembership {
  let shards = initial === undefined ? undefined : new Set(initial);
  let tell: ((shards: ReadonlySet<number>) => void) | undefined;
  let waiting = Promise.withResolvers<void>();
  let stable = shards !== undefined;
  const heartbeat = (): void => {
    waiting.resolve();
    waiting = Promise.withResolvers<void>();
  };
  return {
    async run(onShards, signal) {
      if (signal.aborted) return;
      tell = onShards;
      if (shards !== undefined) onShards(new Set(shards));
      await new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }));
      tell = undefined;
      stable = false;
    },
    mayCommit: () => stable,
    async nextHeartbeat(signal) {
      signal.throwIfAborted();
      const aborted = new Promise<never>((_, reject) => {
        signal.addEventListener('abort', () => reject(signal.reason), { once: true });
      });
      await Promise.race([waiting.promise, aborted]);
    },
    assign(next) {
      shards = new Set(next);
      stable = true;
      tell?.(new Set(shards));
      heartbeat();
    },
    rebalance() {
      stable = false;
    },
    heartbeat,
  };
}
