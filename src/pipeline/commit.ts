import { type Change, eventHeaders, eventIdentity } from '../core/change.ts';
import { rawText } from '../core/raw-text.ts';
import type { Reject } from '../core/record.ts';
import type { Checkpoint, StateItem, StateRecord } from '../core/state.ts';
import { encodeState, stateKey } from '../core/state-codec.ts';
import type { Adoption, DeadLetter, Diff } from './diff.ts';
import type { OutRecord, Transaction } from './ports.ts';
import type { SliceContext } from './sweep.ts';

/** Everything that becomes visible with one commit, as meaning. */
export interface Outcome {
  readonly changes: readonly Change[];
  readonly adopted: readonly Adoption[];
  readonly deadLetters: readonly DeadLetter[];
  /** Ids of rejects to forget. */
  readonly healed: readonly string[];
  /** State keys to remove without a word: graves that are old enough. */
  readonly forgotten: readonly string[];
  readonly checkpoint: Checkpoint | undefined;
  /** The checkpoint of the owner that a rhythm works for, where it says something new. */
  readonly whole?: { readonly slice: string; readonly checkpoint: Checkpoint } | undefined;
}

export function outcomeOf(diff: Diff): Outcome {
  return { ...diff, forgotten: [], checkpoint: undefined };
}

/**
 * Stage 5: changes, tombstones, dead letters, their state and the checkpoint in one transaction (P1, P2).
 * To be called within `Shard.exclusive`. Errors as `ShardWriter.commit`.
 */
export async function commit(context: SliceContext, outcome: Outcome): Promise<void> {
  await context.shard.commit(transactionOf(context, outcome));
}

function transactionOf(context: SliceContext, outcome: Outcome): Transaction {
  const records = [
    ...outcome.changes.flatMap((change) => changeRecords(context, change)),
    ...outcome.deadLetters.map((letter) => deadLetterRecord(context, letter)),
  ];
  return { records, state: stateOf(context, outcome) };
}

function changeRecords(context: SliceContext, change: Change): OutRecord[] {
  const { source } = context;
  const id = context.digest(eventIdentity(source.resource, change));
  const headers = eventHeaders({ app: source.app, source: source.name, resource: source.resource }, change, id);
  const value = source.codec.encodeValue(change.rowBytes, change);
  const record = { topic: source.topic, key: change.keyBytes, value, headers, timestampMs: change.tsMs };
  return change.op === 'd' ? [record, { ...record, value: null }] : [record];
}

/** The raw item under Kafka Connect's own header names, so that the tools made for those work here too. */
function deadLetterRecord(context: SliceContext, { id, hash, reject, attempt = 1 }: DeadLetter): OutRecord {
  const { source, slice, ambient } = context;
  const { value, cut } = letterValue(reject, source.maxLetterBytes);
  return {
    topic: source.deadLetterTopic,
    key: utf8.encode(id),
    value,
    timestampMs: ambient.now(),
    headers: {
      '__connect.errors.topic': source.topic,
      '__connect.errors.connector.name': source.app,
      '__connect.errors.task.id': String(context.shard.number),
      '__connect.errors.stage': reject.stage === 'extract' ? 'TRANSFORMATION' : 'VALUE_CONVERTER',
      '__connect.errors.exception.class.name': reject.code,
      '__connect.errors.exception.message': reject.message,
      'clockify.source': source.name,
      'clockify.resource': source.resource,
      'clockify.slice': slice.id,
      'clockify.content_hash': hash,
      'clockify.attempt': String(attempt),
      ...(source.maskId === undefined ? {} : { 'clockify.mask': source.maskId }),
      ...(reject.bytes === undefined ? {} : { 'clockify.record_bytes': String(reject.bytes) }),
      ...cut,
    },
  };
}

/** Of headers, of which the message of the fault is the longest. */
const LETTER_SPARE_BYTES = 8_192;
/** As much as says what it was. */
const EXCERPT_CHARS = 1_000;

/** The raw item; where even that is too large, how it begins, as a JSON text, and how large it is. */
function letterValue({ raw }: Reject, maxBytes = Number.POSITIVE_INFINITY) {
  const text = rawText(raw);
  const value = utf8.encode(text);
  if (value.length + LETTER_SPARE_BYTES <= maxBytes) return { value, cut: {} };
  return {
    value: utf8.encode(JSON.stringify(text.slice(0, EXCERPT_CHARS))),
    cut: { 'clockify.raw_bytes': String(value.length), 'clockify.raw_cut': 'true' },
  };
}

const utf8 = new TextEncoder();

function stateOf(context: SliceContext, outcome: Outcome): StateRecord[] {
  const items = [
    ...schemaItem(context, outcome),
    ...outcome.changes.map((change) => entityItem(context, change)),
    ...outcome.adopted.map(
      ({ key, entry }): StateItem => ({ type: 'entity', source: context.source.name, key, entry }),
    ),
    ...outcome.deadLetters.map((letter) => rejectItem(context, letter)),
    ...checkpointItem(context, context.slice.id, outcome.checkpoint),
    ...checkpointItem(context, outcome.whole?.slice ?? '', outcome.whole?.checkpoint),
  ];
  const gone = [...outcome.healed.map((id) => rejectStateKey(context, id)), ...outcome.forgotten];
  return [...items.map(encodeState), ...gone.map((key): StateRecord => ({ key, value: null }))];
}

/** The schema that wrote a row goes with the first row of a shard that it wrote. */
function schemaItem(context: SliceContext, outcome: Outcome): StateItem[] {
  const { fingerprint, rowSchema } = context.source.codec;
  const writesRows = outcome.changes.length > 0 || outcome.adopted.length > 0;
  if (!writesRows || context.shard.state.schema(fingerprint) !== undefined) return [];
  return [{ type: 'schema', fingerprint, schema: rowSchema }];
}

function entityItem(context: SliceContext, change: Change): StateItem {
  const { op, key, slice, hash, startMs, tsMs, rowBytes } = change;
  const schema = context.source.codec.fingerprint;
  return {
    type: 'entity',
    source: context.source.name,
    key,
    entry: op === 'd' ? { kind: 'grave', slice, tsMs } : { kind: 'live', slice, hash, schema, startMs, tsMs, rowBytes },
  };
}

function rejectItem(context: SliceContext, { id, hash }: DeadLetter): StateItem {
  return { type: 'reject', source: context.source.name, id, entry: { slice: context.slice.id, hash } };
}

function checkpointItem(context: SliceContext, slice: string, checkpoint: Checkpoint | undefined): StateItem[] {
  if (checkpoint === undefined) return [];
  return [{ type: 'checkpoint', source: context.source.name, slice, checkpoint }];
}

function rejectStateKey(context: SliceContext, id: string): string {
  return stateKey({ type: 'reject', source: context.source.name, id, entry: { slice: '', hash: '' } });
}
