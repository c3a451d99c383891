import { hash } from 'node:crypto';
import { WorkerError } from '../../core/errors.ts';
import { errorOf, provesGone } from '../answers.ts';
import type { Sender } from '../client.ts';
import type { Reply } from '../reply.ts';
import { checkReply, parseJson } from './answer.ts';
import type { Bound, Scope } from './names.ts';
import { compilePaging, type Pager, type Position } from './paging.ts';
import { compileRequest, type Draft, type DraftMaker } from './request.ts';
import { compileRows, type RowReader } from './rows.ts';
import type { StepDefinition } from './step.ts';

/** A step, its texts and paths read. */
export interface Step {
  readonly name: string;
  readonly method: StepDefinition['method'];
  readonly label: string;
  readonly draft: DraftMaker;
  readonly pager: Pager;
  readonly rows: RowReader;
}

/** Errors as `checkSteps` tells them. */
export function compileStep(definition: StepDefinition, scope: Scope): Step {
  const { name, method, dataPath, metadataPath, metadataPrefix, paging } = definition;
  return {
    name,
    method,
    label: `step ${name}`,
    draft: compileRequest(definition, scope),
    pager: compilePaging(paging),
    rows: compileRows(dataPath, metadataPath, metadataPrefix),
  };
}

/** One listing: a step called for one item of the step before, or the first step; and how far it came. */
export interface Call {
  readonly step: Step;
  readonly level: number;
  readonly bound: Bound;
  readonly draft: Draft;
  position: Position;
  pages: number;
  /** Of its pages so far, and the places they were at: a second time of either is a loop. */
  readonly digests: Set<string>;
  readonly positions: Set<Position>;
}

export function beginCall(step: Step, level: number, bound: Bound, nowMs: number): Call {
  const draft = step.draft(bound, nowMs);
  const position = step.pager.first;
  return { step, level, bound, draft, position, pages: 0, digests: new Set(), positions: new Set([position]) };
}

/** One page of a call. */
export interface Answered {
  readonly call: Call;
  readonly body: Uint8Array;
  readonly receivedAtMs: number;
  readonly digest: string;
  /** Whether it is its call's last page, where that needs no reading. */
  readonly known: boolean | undefined;
  /** Parsed at the first use. */
  readonly rows: () => readonly unknown[];
  /** Where the page after stands; undefined where this was the last. */
  readonly next: () => Position;
}

/** A call for one item that was refused: its item is gone, or not ours to see. The others go on. */
export interface Refused {
  readonly call: Call;
  readonly refused: WorkerError;
}

/**
 * Asks for the page at which the call stands.
 *
 * @throws {WorkerError} as `Client.get` and `checkReply`; config `paging.repeats`
 */
export async function ask(client: Sender, owner: string, call: Call, signal: AbortSignal): Promise<Answered | Refused> {
  const { step, draft, position } = call;
  const { url, headers, body } = step.pager.place(draft, position);
  const text = body === undefined ? undefined : JSON.stringify(body);
  const type = text === undefined ? {} : { 'content-type': 'application/json' };
  const sending = { method: step.method, url, headers: { ...type, ...headers }, body: text, owner, label: step.label };
  const reply = await client.send(sending, signal);
  const refused = call.level === 0 ? undefined : itemRefusal(reply, step.label);
  if (refused !== undefined) return { call, refused };
  checkReply(reply, step.label);
  return answered(call, reply, url);
}

function answered(call: Call, { body, headers, receivedAtMs }: Reply, url: URL): Answered {
  const { step, position, digests } = call;
  const digest = hash('sha256', body, 'base64');
  if (digests.has(digest)) throw repeats(step.label);
  const json = once(() => parseJson(body, step.label));
  const rows = once(() => step.rows(json()));
  const next = () => step.pager.next(position, { headers, json, rows: () => rows().length }, url);
  return { call, body, receivedAtMs, digest, known: step.pager.known(headers), rows, next };
}

/**
 * Takes the page as done: the call stands at its next page.
 *
 * @returns false where there is none
 * @throws {WorkerError} config `paging.repeats`, `paging.endless`, and what reading the answer throws
 */
export function moveOn({ call, digest, next }: Answered, maxPages: number): boolean {
  const position = next();
  if (position !== undefined) {
    if (call.positions.has(position)) throw repeats(call.step.label);
    if (call.pages + 1 >= maxPages) throw endless(call.step.label, maxPages);
    call.positions.add(position);
  }
  call.digests.add(digest);
  call.pages += 1;
  call.position = position;
  return position !== undefined;
}

/** A 401 is no matter of the item: nothing else would be answered either. */
function itemRefusal({ refusal }: Reply, label: string): WorkerError | undefined {
  if (refusal === undefined || refusal.status === 401) return undefined;
  const error = errorOf(refusal, label);
  if (error.kind !== 'config') return undefined;
  if (!provesGone(refusal) && refusal.status !== 404) return error;
  return new WorkerError(
    'config',
    'manual.item_gone',
    `an item of the step before is not there any more (${error.message})`,
    {
      hint: 'Nothing is deleted on the evidence of this sweep. Where it stays so, check the URL of the step.',
    },
  );
}

function repeats(label: string): WorkerError {
  return new WorkerError('config', 'paging.repeats', `a page came a second time (${label})`, {
    hint: 'The far side may not know the paging parameter; with paging none there is one page.',
  });
}

function endless(label: string, maxPages: number): WorkerError {
  return new WorkerError('config', 'paging.endless', `the list did not end within ${maxPages} pages (${label})`);
}

function once<T>(read: () => T): () => T {
  let held: { readonly value: T } | undefined;
  return () => {
    held ??= { value: read() };
    return held.value;
  };
}
