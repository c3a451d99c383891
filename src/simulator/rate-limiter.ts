import type { Answer, RateLimit } from './answer.ts';

interface Bucket {
  tokens: number;
  filledAtMs: number;
}

/** Takes one token from the bucket of a workspace; the answer to give instead where there is none. */
export type RateLimiter = (workspaceId: string, limit: RateLimit | undefined) => Answer | undefined;

/** One token bucket a workspace; requests that name none share one. */
export function createRateLimiter(clock: () => number): RateLimiter {
  const buckets = new Map<string, Bucket>();
  return (workspaceId, limit) => {
    if (limit === undefined) return undefined;
    const now = clock();
    const bucket = buckets.get(workspaceId) ?? { tokens: limit.burst, filledAtMs: now };
    buckets.set(workspaceId, bucket);
    const earned = (Math.max(0, now - bucket.filledAtMs) / 1000) * limit.perSecond;
    bucket.tokens = Math.min(limit.burst, bucket.tokens + earned);
    bucket.filledAtMs = now;
    if (bucket.tokens >= 1) {
      bucket.tokens -= 1;
      return undefined;
    }
    return tooMany(limit, Math.ceil((1 - bucket.tokens) / limit.perSecond));
  };
}

function tooMany({ retryAfter, body }: RateLimit, waitSeconds: number): Answer {
  return {
    status: 429,
    headers: retryAfter ? { 'retry-after': String(waitSeconds) } : {},
    body: body ? { message: 'Too many requests', code: 429 } : undefined,
  };
}
