import { WorkerError } from '../core/errors.ts';

/**
 * While the far side takes nothing, nothing more is asked for (P8): pages wait here, and one attempt after the other, ever
 * rarer, finds out when it takes something again. Then all go on at once.
 */
export interface OutageGate {
  /** Resolves when it is worth asking. @throws the signal's reason */
  pass(signal: AbortSignal): Promise<void>;
  /** A commit was not taken, and may be later. */
  failed(): void;
  /** A commit was taken. */
  worked(): void;
  /** Lets everybody go. */
  close(): void;
}

const FIRST_MS = 500;
const MAX_MS = 10_000;

/** @param attempt resolves when the far side takes something; transient `sink.not_committed` while it does not */
export function createOutageGate(attempt: () => Promise<void>): OutageGate {
  const waiting = new Set<() => void>();
  let pauseMs: number | undefined;
  let timer: ReturnType<typeof setTimeout> | undefined;

  const open = (): void => {
    clearTimeout(timer);
    pauseMs = undefined;
    for (const go of waiting) go();
    waiting.clear();
  };
  const tryAfter = (ms: number): void => {
    pauseMs = ms;
    timer = setTimeout(() => void attempt().then(open, again), ms);
  };
  /** Any other error is told by whoever commits next. */
  const again = (error: unknown): void => {
    if (pauseMs === undefined) return;
    if (isAway(error)) tryAfter(Math.min(MAX_MS, pauseMs * 2));
    else open();
  };
  return {
    pass: (signal) => (pauseMs === undefined ? Promise.resolve() : inLine(waiting, signal)),
    failed: () => {
      if (pauseMs === undefined) tryAfter(FIRST_MS);
    },
    worked: () => {
      if (pauseMs !== undefined) open();
    },
    close: open,
  };
}

function isAway(error: unknown): boolean {
  return error instanceof WorkerError && error.code === 'sink.not_committed';
}

function inLine(waiting: Set<() => void>, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const leave = () => {
      waiting.delete(go);
      reject(signal.reason as Error);
    };
    const go = () => {
      signal.removeEventListener('abort', leave);
      resolve();
    };
    signal.throwIfAborted();
    signal.addEventListener('abort', leave, { once: true });
    waiting.add(go);
  });
}
