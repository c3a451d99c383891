/**
 * The parts of kafkajs that measure by the wall clock, made to bear a clock that is put back. They are handed over by
 * the file that loads it.
 */
interface SocketRequest {
  readonly requestTimeout: number;
  timeoutRequest(): void;
}

/** As much of a connection's request queue as its time-outs need. Times in ms. */
export interface TimedQueue {
  scheduleRequestTimeoutCheck(): void;
  isConnected(): boolean;
  destroy(): void;
  readonly enforceRequestTimeout: boolean;
  readonly requestTimeout: number;
  requestTimeoutIntervalId: NodeJS.Timeout;
  readonly inflight: ReadonlyMap<number, SocketRequest>;
}

/** As much of a group's member as its heartbeats need. */
export interface TimedMember {
  heartbeat(options: { readonly interval: number }): Promise<void>;
  /** Epoch ms. */
  lastRequest: number;
}

/** As often as kafkajs itself looks. */
const LOOK_MS = 100;

/** The moments at which requests were first seen under way, by the monotonic clock. */
export function patchRequestTimeouts(prototype: TimedQueue): void {
  const seenAtMs = new WeakMap<SocketRequest, number>();
  const look = (queue: TimedQueue): void => {
    const nowMs = performance.now();
    for (const request of queue.inflight.values()) {
      const sinceMs = seenAtMs.get(request) ?? nowMs;
      seenAtMs.set(request, sinceMs);
      if (nowMs - sinceMs > request.requestTimeout) request.timeoutRequest();
    }
    if (!queue.isConnected()) queue.destroy();
  };
  prototype.scheduleRequestTimeoutCheck = function () {
    if (!this.enforceRequestTimeout) return;
    this.destroy();
    this.requestTimeoutIntervalId = setInterval(look, Math.min(this.requestTimeout, LOOK_MS), this);
  };
}

/** A last heartbeat that is still to come was sent before the clock was put back: the next one is due. */
export function patchHeartbeat(prototype: TimedMember): void {
  const { heartbeat } = prototype;
  prototype.heartbeat = function (options) {
    if (this.lastRequest > Date.now()) this.lastRequest = 0;
    return heartbeat.call(this, options);
  };
}
