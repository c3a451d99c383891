import { Dispatcher, errors } from 'undici';
import { jsonText } from '../../src/simulator/answer.ts';
import type { AnswerTo, Given } from '../../src/simulator/api-server.ts';
import type { Random } from '../../src/simulator/random.ts';
import type { VirtualClock } from './virtual-clock.ts';

/** What the way itself does to the next requests whose path matches. */
export interface Mishap {
  /** `late` is in time yet, but others may have been asked and answered since. */
  readonly kind: 'slow' | 'late' | 'unreachable';
  readonly path: RegExp;
  times: number;
}

export interface CarrierOptions {
  readonly clock: VirtualClock;
  readonly random: Random;
  readonly answerTo: AnswerTo;
  /** Longest one way takes. */
  readonly latencyMs: number;
  /** Longer than the client waits. */
  readonly tooLateMs: number;
  readonly mishaps: Mishap[];
  /** Told what the practice Clockify itself has thrown: a fault of the test. */
  readonly onBroken?: (error: unknown) => void;
}

/** Carries requests of undici to a practice Clockify in this process, without a socket, in virtual time. */
export class Carrier extends Dispatcher {
  readonly #options: CarrierOptions;
  #isDead = false;

  constructor(options: CarrierOptions) {
    super();
    this.#options = options;
  }

  /** The process is gone: what is on its way still arrives, and no answer is heard. */
  die(): void {
    this.#isDead = true;
  }

  override dispatch(options: Dispatcher.DispatchOptions, handler: Dispatcher.DispatchHandler): boolean {
    const { clock, random, latencyMs } = this.#options;
    const state = { isOver: false };
    const over = (): boolean => state.isOver || this.#isDead;
    const fail = (error: Error): void => {
      if (over()) return;
      state.isOver = true;
      handler.onResponseError?.(controller, error);
    };
    const controller = controllerOf(fail);
    handler.onRequestStart?.(controller, {});
    const mishap = this.#mishapOf(String(options.path));
    clock.at(random.integer(1, latencyMs), () => {
      // Given up on its way: it has arrived or not, nobody knows.
      if (state.isOver && random.chance(0.5)) return;
      if (mishap === 'unreachable') return fail(Object.assign(new Error('refused'), { code: 'ECONNREFUSED' }));
      void this.#answer(options).then((given) => {
        const lateMs = this.#lateMs(mishap);
        clock.at(random.integer(1, latencyMs) + lateMs, () => over() || begin(given, controller, handler));
        clock.at(2 * latencyMs + lateMs, () => over() || end(given, controller, handler, fail));
      }, this.#options.onBroken);
    });
    return true;
  }

  #answer({ origin, path, method, headers, body }: Dispatcher.DispatchOptions): Promise<Given> {
    return this.#options.answerTo({
      method,
      url: new URL(String(path), String(origin)),
      headers: headers as Record<string, string>,
      body: async () => ({ text: typeof body === 'string' ? body : '', bytes: 0 }),
    });
  }

  #lateMs(mishap: Mishap['kind'] | undefined): number {
    const { tooLateMs, random } = this.#options;
    if (mishap === 'slow') return tooLateMs;
    return mishap === 'late' ? random.integer(1, Math.round(tooLateMs / 3)) : 0;
  }

  #mishapOf(path: string): Mishap['kind'] | undefined {
    const mishap = this.#options.mishaps.find((each) => each.times > 0 && each.path.test(path));
    if (mishap === undefined) return undefined;
    mishap.times -= 1;
    return mishap.kind;
  }

  override async destroy(): Promise<void> {
    this.#isDead = true;
  }
}

function controllerOf(fail: (error: Error) => void): Dispatcher.DispatchController {
  const controller = {
    aborted: false,
    paused: false,
    reason: null as Error | null,
    rawHeaders: null,
    rawTrailers: null,
    abort(reason: Error) {
      controller.aborted = true;
      controller.reason = reason;
      fail(reason);
    },
    pause: () => undefined,
    resume: () => undefined,
  };
  return controller as unknown as Dispatcher.DispatchController;
}

type Handler = Dispatcher.DispatchHandler;
type Controller = Dispatcher.DispatchController;

function begin({ answer }: Given, controller: Controller, handler: Handler): void {
  const length = Buffer.byteLength(jsonText(answer.body));
  const headers = { 'content-type': 'application/json', ...answer.headers, 'content-length': String(length) };
  handler.onResponseStart?.(controller, answer.status, headers, '');
}

function end({ answer, action }: Given, controller: Controller, handler: Handler, fail: (error: Error) => void): void {
  const bytes = Buffer.from(jsonText(answer.body));
  const isCut = action?.kind === 'cut';
  const sent = isCut ? bytes.subarray(0, bytes.length >> 1) : bytes;
  if (sent.length > 0) handler.onResponseData?.(controller, sent);
  if (isCut) fail(new errors.SocketError('other side closed'));
  else handler.onResponseEnd?.(controller, {});
}
