import { WorkerError } from '../../core/errors.ts';
import type { Sender } from '../client.ts';
import { type Answered, compileStep } from './call.ts';
import type { StepDefinition } from './step.ts';
import { Batches } from './walk.ts';

/**
 * A manual endpoint. In: its definition, and the parameters of a slice. Out: pages of items, walked in order.
 * Promises kept here: P4 (what is not surely the whole list never ends in a last page), P6 and P7 (every request, also
 * to a URL that an answer gave, goes through the client), P8 (see `walk.ts`).
 */
export interface ManualEndpointOptions {
  readonly client: Sender;
  readonly steps: readonly StepDefinition[];
  readonly params: Readonly<Record<string, string>>;
  /** Whose budget pays: a workspace id, or empty. */
  readonly owner: string;
  /** Whether the items of the last step come out, or of each, with the step's name in the field `step`. */
  readonly output: 'last' | 'each';
  /** Most requests at once. */
  readonly parallel: number;
  /** Most pages of one listing: of a step, for one item of the step before. */
  readonly maxPages: number;
}

export interface ManualEndpoint {
  /** One sweep, all of its times counted from `nowMs`. */
  begin(nowMs: number): ManualWalk;
}

/** @internal */
export interface ManualWalk {
  /**
   * Pages are asked for in order, from 1, each after the one before it is committed. The same number may be asked for
   * again, and asks the far side again. With more than one step a page is one answer of the last step (or of any, with
   * output `each`), in no order that means anything.
   *
   * @throws {WorkerError} as `Client.get`; `clockify.empty_answer` and others of `answer.ts`; config `paging.repeats`,
   *   `paging.endless`, `paging.bad_next`, `request.*`. A call for an item that was refused is told after all others
   *   were made, as `manual.item_gone` or its own error
   */
  page(number: number, signal: AbortSignal): Promise<ManualPage>;
}

/** @internal */
export interface ManualPage {
  /** What its digest is made of. Equal bytes mean equal items, but not that the page is the last again. */
  readonly body: Uint8Array;
  readonly receivedAtMs: number;
  /** Whether it is the last page of the walk, where that is known without reading. */
  readonly last: boolean | undefined;
  /** @throws {WorkerError} `clockify.not_json`, `clockify.not_utf8`, `clockify.empty_answer`, and those of `rows.ts` */
  read(): { readonly items: readonly unknown[]; readonly last: boolean };
}

/** @throws {WorkerError} config for what `checkSteps` tells as well */
export function createManualEndpoint(options: ManualEndpointOptions): ManualEndpoint {
  const { client, owner, params, maxPages } = options;
  const parallel = Math.max(1, options.parallel);
  const names = options.steps.map(({ name }) => name);
  const steps = options.steps.map((step, index) =>
    compileStep(step, { parameters: Object.keys(params), earlier: names.slice(0, index) }),
  );
  const each = options.output === 'each';
  return {
    begin: (nowMs) => walk(new Batches({ client, owner, steps, params, each, parallel, maxPages, nowMs }), each, nowMs),
  };
}

function walk(batches: Batches, each: boolean, nowMs: number): ManualWalk {
  let asked = 0;
  let current: Answered | undefined;
  let ended = false;

  const advance = async (number: number, signal: AbortSignal): Promise<void> => {
    if (number !== asked + 1)
      throw new WorkerError('fatal', 'manual.out_of_order', `page ${number} after page ${asked}`);
    if (current !== undefined) batches.settle(current);
    current = undefined;
    current = await batches.next(signal);
    ended = current === undefined;
    asked = number;
  };

  const page = async (number: number, signal: AbortSignal): Promise<ManualPage> => {
    signal.throwIfAborted();
    if (number !== asked || (current === undefined && !ended)) await advance(number, signal);
    else if (current !== undefined) current = await batches.again(current, signal);
    return current === undefined ? endPage(nowMs) : pageOf(current, batches, each);
  };

  return { page };
}

/** Nothing followed after all; the pages before were the whole list. */
function endPage(receivedAtMs: number): ManualPage {
  return { body: new Uint8Array(), receivedAtMs, last: true, read: () => ({ items: [], last: true }) };
}

function pageOf(answer: Answered, batches: Batches, each: boolean): ManualPage {
  const { step } = answer.call;
  return {
    body: each ? Buffer.concat([Buffer.from(`${step.name}\n`), answer.body]) : answer.body,
    receivedAtMs: answer.receivedAtMs,
    last: knownLast(answer, batches),
    read: () => {
      const rows = answer.rows();
      const last = answer.next() === undefined && batches.isLast(answer);
      return { items: each ? rows.map((row) => withStep(row, step.name)) : rows, last };
    },
  };
}

/** With steps below, only the items tell. */
function knownLast(answer: Answered, batches: Batches): boolean | undefined {
  if (answer.known === false) return false;
  return answer.known === undefined || !batches.isDeepest(answer.call) ? undefined : batches.isLast(answer);
}

function withStep(row: unknown, step: string): object {
  if (!Object.hasOwn(row as object, 'step')) return { ...(row as object), step };
  throw new WorkerError('config', 'output.collides', 'the rows have a field "step" already', {
    hint: 'With output each that field holds the name of the step; take output last, or a source for each step.',
  });
}
