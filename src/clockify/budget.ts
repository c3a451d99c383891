/**
 * A token bucket for the requests of one workspace, or of one credential for calls without a workspace (P6).
 * The rate is the long-term limit, the burst what may go at once.
 */
export interface Rate {
  readonly perSecond: number;
  readonly burst: number;
}

export interface Bucket {
  /** Resolves when one more request may go. First come, first served; rejects with the signal's reason. */
  take(signal: AbortSignal): Promise<void>;
  /** Nothing goes for so long: what a 429 asks for. */
  holdFor(ms: number): void;
}

/** @internal */
export function createBucket(rate: Rate, now: () => number): Bucket {
  let tokens = rate.burst;
  let filledAtMs = now();
  let heldUntilMs = 0;
  let queue: Promise<void> = Promise.resolve();

  const refill = () => {
    const at = now();
    tokens = Math.min(rate.burst, tokens + (Math.max(0, at - filledAtMs) * rate.perSecond) / 1000);
    filledAtMs = at;
  };

  const waitMs = (): number => {
    refill();
    const held = heldUntilMs - now();
    if (held > 0) return held;
    return tokens >= 1 ? 0 : ((1 - tokens) * 1000) / rate.perSecond;
  };

  const next = async (signal: AbortSignal): Promise<void> => {
    signal.throwIfAborted();
    for (let ms = waitMs(); ms > 0; ms = waitMs()) await pause(ms, signal);
    tokens -= 1;
  };

  const take = (signal: AbortSignal): Promise<void> => {
    const turn = queue.then(() => next(signal));
    queue = turn.catch(() => undefined);
    return turn;
  };

  const holdFor = (ms: number): void => {
    heldUntilMs = Math.max(heldUntilMs, now() + ms);
  };

  return { take, holdFor };
}

/** Buckets by owner, each made when it is first asked for. */
export function createBuckets(rate: Rate, now: () => number): (owner: string) => Bucket {
  const buckets = new Map<string, Bucket>();
  return (owner) => {
    const known = buckets.get(owner);
    if (known !== undefined) return known;
    const made = createBucket(rate, now);
    buckets.set(owner, made);
    return made;
  };
}

/** Resolves after so many milliseconds; rejects with the signal's reason. */
function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const onAbort = () => {
      clearTimeout(timeout);
      reject(signal.reason as Error);
    };
    const timeout = setTimeout(() => {
      signal.removeEventListener('abort', onAbort);
      resolve();
    }, Math.ceil(ms));
    signal.addEventListener('abort', onAbort, { once: true });
  });
}
