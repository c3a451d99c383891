import type { Op } from '../core/change.ts';
import type { WorkerError } from '../core/errors.ts';
import { sourceNameOf } from '../core/state.ts';
import type { Counts } from '../pipeline/counts.ts';
import type { Slice } from '../pipeline/ports.ts';
import type { SliceEvent } from '../pipeline/sweep.ts';
import type { WorkerEvent } from './events.ts';
import { addDrift, type DriftTally } from './status-drift.ts';

/** What the events of a worker add up to: a few numbers a source and a running slice. */
interface Tally {
  published: Record<Op, number>;
  deadLettered: number;
  lastError: ErrorStatus | undefined;
}

export interface SliceRecord extends Tally {
  readonly slice: Slice;
  isSweeping: boolean;
  pages: number;
  /** When it was first told of. */
  readonly sinceMs: number;
  dueAtMs: number | undefined;
  completeAtMs: number | undefined;
}

export interface SourceRecord extends Tally {
  readonly topic: string;
  phase: 'starting' | 'waiting' | 'stopped' | 'running';
  readonly drift: DriftTally;
}

export interface Folded {
  readonly sources: Map<string, SourceRecord>;
  readonly slices: Map<string, SliceRecord>;
  assigned: readonly number[] | undefined;
  readonly open: Set<number>;
  readonly opening: Set<number>;
  readonly failing: Map<number, string>;
}

export interface ErrorStatus {
  readonly code: string;
  readonly message: string;
  readonly hint: string | undefined;
  readonly atMs: number;
  /** False once it has gone well again. */
  readonly current: boolean;
}

export function newTally(): Tally {
  return { published: { r: 0, c: 0, u: 0, d: 0 }, deadLettered: 0, lastError: undefined };
}

export function fold(folded: Folded, event: WorkerEvent, nowMs: number): void {
  if ('slice' in event) foldSlice(folded, event, nowMs);
  else if ('turn' in event || 'credential' in event) return;
  else if (event.type === 'shards-assigned') assign(folded, event.shards);
  else if ('source' in event) foldSource(folded, event, nowMs);
  else foldShard(folded, event);
}

const PHASES: Readonly<Record<string, SourceRecord['phase']>> = {
  'source-started': 'running',
  'source-waiting': 'waiting',
  'source-stopped': 'stopped',
};

/** A list of workspaces is told under the name of its credential, which may be no source's. */
function foldSource(folded: Folded, event: Extract<WorkerEvent, { readonly source: string }>, nowMs: number): void {
  const record = folded.sources.get(event.source);
  if (record === undefined) return;
  record.phase = PHASES[event.type] ?? record.phase;
  if (event.type === 'source-started') record.lastError = settled(record.lastError);
  else if ('error' in event) record.lastError = errorStatus(event.error, nowMs);
}

type SliceTold = Extract<WorkerEvent, { readonly slice: Slice }>;

function foldSlice(folded: Folded, event: SliceTold, nowMs: number): void {
  const { slice } = event;
  switch (event.type) {
    case 'slice-left':
      folded.slices.delete(slice.id);
      break;
    case 'slice-due':
      recordOf(folded, slice, nowMs).dueAtMs = event.atMs;
      break;
    case 'slice-begun':
      Object.assign(recordOf(folded, slice, nowMs), { isSweeping: true, pages: 0, dueAtMs: undefined });
      break;
    default:
      foldSweep(folded.sources.get(sourceNameOf(slice.id)), folded.slices.get(slice.id), event, nowMs);
  }
}

function foldSweep(
  source: SourceRecord | undefined,
  slice: SliceRecord | undefined,
  event: SliceEvent | Extract<SliceTold, { readonly type: 'retry' }>,
  nowMs: number,
): void {
  if (event.type === 'drift') {
    if (source !== undefined) addDrift(source.drift, event.drift, nowMs);
    return;
  }
  for (const tally of [source, slice].filter((each) => each !== undefined)) {
    if (event.type === 'retry') tally.lastError = errorStatus(event.error, nowMs);
    else if (event.type !== 'sweep') count(tally, event.counts);
  }
  if (event.type === 'page' && slice !== undefined) slice.pages = event.number;
  if (event.type === 'sweep') endSweep(source, slice, event, nowMs);
}

function endSweep(
  source: Tally | undefined,
  slice: SliceRecord | undefined,
  event: Extract<SliceEvent, { readonly type: 'sweep' }>,
  nowMs: number,
): void {
  if (slice !== undefined) {
    slice.isSweeping = false;
    if (event.outcome === 'complete') slice.completeAtMs = nowMs;
  }
  for (const tally of [source, slice]) {
    if (tally === undefined) continue;
    tally.lastError = event.outcome === 'partial' ? errorStatus(event.error, nowMs) : settled(tally.lastError);
  }
}

function recordOf({ slices }: Folded, slice: Slice, sinceMs: number): SliceRecord {
  const known = slices.get(slice.id);
  if (known !== undefined) return known;
  const fresh: SliceRecord = {
    slice,
    isSweeping: false,
    pages: 0,
    sinceMs,
    dueAtMs: undefined,
    completeAtMs: undefined,
    ...newTally(),
  };
  slices.set(slice.id, fresh);
  return fresh;
}

function count(tally: Tally, { published, deadLettered }: Counts): void {
  for (const op of ['r', 'c', 'u', 'd'] as const) tally.published[op] += published[op];
  tally.deadLettered += deadLettered;
}

function errorStatus({ code, message, hint }: WorkerError, atMs: number): ErrorStatus {
  return { code, message: message.slice(0, MESSAGE), hint, atMs, current: true };
}

/** Longer messages are in the log. */
const MESSAGE = 500;

function settled(error: ErrorStatus | undefined): ErrorStatus | undefined {
  return error === undefined ? undefined : { ...error, current: false };
}

function foldShard(folded: Folded, event: Extract<WorkerEvent, { readonly shard: number }>): void {
  const { shard } = event;
  if (event.type === 'shard-opening') folded.opening.add(shard);
  if (event.type === 'shard-failed') {
    folded.failing.set(shard, event.error.code);
    folded.open.delete(shard);
    folded.opening.add(shard);
  }
  if (event.type === 'shard-stopped') {
    folded.failing.set(shard, event.error.code);
    folded.open.delete(shard);
    folded.opening.delete(shard);
  }
  if (event.type === 'shard-opened' || event.type === 'shard-closed') {
    folded.opening.delete(shard);
    folded.open.delete(shard);
    folded.failing.delete(shard);
  }
  if (event.type === 'shard-opened') folded.open.add(shard);
}

/** A shard that belongs to another worker now is no longer waited for. */
function assign(folded: Folded, shards: readonly number[]): void {
  folded.assigned = shards;
  const own = new Set(shards);
  for (const shard of folded.opening) if (!own.has(shard)) folded.opening.delete(shard);
  for (const shard of folded.failing.keys()) if (!own.has(shard)) folded.failing.delete(shard);
}
