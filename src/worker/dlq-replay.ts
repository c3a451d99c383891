import { setTimeout as sleep } from 'node:timers/promises';
import { EMPTY } from 'rxjs';
import { digest } from '../avro/digest.ts';
import type { Config } from '../config/config.ts';
import { toWorkerError, WorkerError } from '../core/errors.ts';
import { type Replayed, replayLetter } from '../pipeline/replay.ts';
import { concernsShard } from '../pipeline/retry.ts';
import { openShard, type Shard } from '../pipeline/shard.ts';
import { ShardState } from '../pipeline/shard-state.ts';
import { newMemory, type SliceContext } from '../pipeline/sweep.ts';
import type { Logger } from '../telemetry/logger.ts';
import { type DeadLetterRecord, paramsOf, shardOf } from './dlq-letters.ts';
import { planSource } from './plan.ts';
import { openSink, type Target } from './sinks.ts';
import type { Source } from './source.ts';
import { maskIdOf } from './source-plan.ts';
import { sliceId } from './source-slice.ts';
import { openTrial, sourceNamed } from './try-source.ts';

export interface ReplayOptions {
  readonly config: Config;
  readonly logger: Logger;
  readonly letters: readonly DeadLetterRecord[];
  readonly onReplayed: (letter: DeadLetterRecord, outcome: ReplayOutcome) => void | Promise<void>;
  readonly signal: AbortSignal;
}

export type ReplayOutcome = Replayed | WorkerError;

/**
 * Dead letters through today's pipeline, each exactly once: the shard is fenced and its state read, as a worker does it.
 * A worker that runs meanwhile loses the shard for that moment and takes it again; if it is the one that fences, this
 * begins the shard anew, and the state says what has been published.
 *
 * @throws {WorkerError} as Kafka and the registry; transient `dlq.contended` where a worker would not give way
 */
export async function replay(options: ReplayOptions): Promise<void> {
  const { config, logger, signal } = options;
  const target = await openSink({ config, logger, once: true, out: () => undefined, signal });
  try {
    const sources = new Map<string, Source | WorkerError>();
    for (const [shard, letters] of byShard(options)) {
      for (const { source } of letters) {
        const known = sources.get(source) ?? (await planned(source, config, target, signal));
        sources.set(source, known);
      }
      await replayShard(shard, letters, sources, target, options);
    }
  } finally {
    await target.close();
  }
}

function byShard({ config, letters }: ReplayOptions): ReadonlyMap<number, readonly DeadLetterRecord[]> {
  return Map.groupBy(letters, (letter) => shardOf(letter, config));
}

async function planned(
  name: string,
  config: Config,
  { registry, messageBytes }: Target,
  signal: AbortSignal,
): Promise<Source | WorkerError> {
  try {
    const source = sourceNamed(config, name);
    const { client, close } = openTrial(config, source);
    const plan = planSource({ source, config, registry, messageBytes, client, valuesOf: () => EMPTY });
    return await plan.prepare(signal, false).finally(close);
  } catch (thrown) {
    signal.throwIfAborted();
    return toWorkerError(thrown);
  }
}

const TRIES = 5;
const PAUSE_MS = 2_000;

type Sources = ReadonlyMap<string, Source | WorkerError>;

/** In order, and after each time that the shard was taken away from where it was. */
async function replayShard(
  number: number,
  letters: readonly DeadLetterRecord[],
  sources: Sources,
  target: Target,
  options: ReplayOptions,
): Promise<void> {
  const due = [...letters];
  for (let tries = 1; due.length > 0; tries++) {
    const error = await replayUntilTaken(number, due, sources, target, options);
    if (error !== undefined && tries === TRIES) throw contended(number, error);
    if (error !== undefined) await sleep(PAUSE_MS, undefined, { signal: options.signal });
  }
}

/** @returns why the shard has to be taken anew; undefined where nothing is due any more */
async function replayUntilTaken(
  number: number,
  due: DeadLetterRecord[],
  sources: Sources,
  target: Target,
  options: ReplayOptions,
): Promise<WorkerError | undefined> {
  const shard = await takeShard(number, target, options.signal);
  try {
    for (let letter = due[0]; letter !== undefined; letter = due[0]) {
      const outcome = await replayOne(letter, shard, sources, options);
      due.shift();
      await options.onReplayed(letter, outcome);
    }
    return undefined;
  } catch (thrown) {
    const error = toWorkerError(thrown);
    if (concernsShard(error) || error.code === 'sink.not_committed') return error;
    throw error;
  } finally {
    await shard.close();
  }
}

async function takeShard(number: number, { sink, reader }: Target, signal: AbortSignal): Promise<Shard> {
  const writer = await sink.fence(number, signal);
  const state = new ShardState();
  await reader.restore(number, (record) => state.apply(record), signal);
  return openShard(number, state, writer, () => undefined);
}

function contended(shard: number, cause: WorkerError): WorkerError {
  return new WorkerError('transient', 'dlq.contended', `shard ${shard} was taken away ${TRIES} times`, {
    cause,
    hint: 'Try again, or stop the worker meanwhile.',
  });
}

/** @returns what became of it; an error where this letter cannot be replayed, whatever the others can */
async function replayOne(
  letter: DeadLetterRecord,
  shard: Shard,
  sources: Sources,
  { config }: ReplayOptions,
): Promise<ReplayOutcome> {
  const source = sources.get(letter.source);
  if (source === undefined || source instanceof WorkerError) return source ?? sourceChanged(letter);
  if (letter.headers['clockify.raw_cut'] !== undefined) return wasCut();
  const configured = sourceNamed(config, letter.source);
  if (shard.state.identity(letter.source)?.topic !== source.kind.topic) return sourceChanged(letter);
  const isMasked = letter.mask !== undefined;
  if (isMasked && letter.mask !== maskIdOf(configured)) return maskedOtherwise();
  const kind = isMasked ? { ...source.kind, mask: undefined } : source.kind;
  const context = contextOf({ ...source, kind }, paramsOf(letter, configured), shard);
  const { id, hash, attempt, timestampMs: receivedAtMs } = letter;
  return replayLetter(context, { id, hash, attempt, receivedAtMs, item: JSON.parse(letter.text) as unknown });
}

function sourceChanged({ source }: DeadLetterRecord): WorkerError {
  return new WorkerError('config', 'dlq.source_changed', `${source} has another topic now, or no state`, {
    hint: 'The worker begins it anew and reads everything again.',
  });
}

function wasCut(): WorkerError {
  return new WorkerError('config', 'dlq.cut', 'the letter holds only how the item begins: it was too large', {
    hint: 'Raise max.message.bytes of the topics, and wait until the worker reads the item again.',
  });
}

function maskedOtherwise(): WorkerError {
  return new WorkerError('config', 'dlq.masked_otherwise', 'the letter was masked by other rules than those of today', {
    hint: 'What was masked is not there any more: wait until the worker reads the item again.',
  });
}

function contextOf(source: Source, params: Readonly<Record<string, string>>, shard: Shard): SliceContext {
  const slice = { id: sliceId(source.kind.name, params), params };
  return {
    slice,
    source: source.kind,
    endpoint: { paged: false, page: nowhere, witness: undefined },
    shard,
    guard: { share: 0, atLeast: 0 },
    ambient: { now: Date.now, monotonic: () => performance.now(), random: Math.random },
    digest,
    onRetry: () => undefined,
    memory: newMemory(shard.state, source.kind.name, slice),
  };
}

function nowhere(): never {
  throw new Error('a replay asks nobody');
}
