import { orAborted } from './aborting.ts';

/** Whether a member may act as one, by what it last heard of the group. */
export interface Heartbeats {
  /** The group was joined: ownership is fresh. */
  joined(): void;
  /** The coordinator answered a heartbeat. */
  beat(): void;
  /** A rebalance began, or membership is in doubt, until `joined`. */
  left(): void;
  /** False from `left` until `joined`, and while the last sign is older than two thirds of the session. */
  fresh(): boolean;
  /** Resolves with the next sign. */
  next(signal: AbortSignal): Promise<void>;
}

export function heartbeats(sessionTimeoutMs: number, now: () => number = monotonic): Heartbeats {
  let member = false;
  let lastAtMs = Number.NEGATIVE_INFINITY;
  let waiting = Promise.withResolvers<void>();
  const sign = () => {
    lastAtMs = now();
    waiting.resolve();
    waiting = Promise.withResolvers<void>();
  };
  return {
    joined() {
      member = true;
      sign();
    },
    beat() {
      if (member) sign();
    },
    left() {
      member = false;
    },
    fresh: () => member && now() - lastAtMs <= (sessionTimeoutMs * 2) / 3,
    next: (signal) => orAborted(waiting.promise, signal),
  };
}

/** A wall clock that is put back would make an old sign look fresh. */
function monotonic(): number {
  return performance.now();
}
