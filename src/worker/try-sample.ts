import { createSyncDecoder } from '../avro/decode.ts';
import type { Client, Sender } from '../clockify/client.ts';
import type { Exchange } from '../clockify/try-client.ts';
import { toWorkerError, WorkerError } from '../core/errors.ts';
import { jsonOf, seenOf } from '../pipeline/extract.ts';
import type { Endpoint, Params, PolledPage } from '../pipeline/ports.ts';
import { NOTHING_KNOWN } from '../pipeline/sweep.ts';
import { manualParts, planManual } from './plan-manual.ts';
import { planTemplate } from './plan-template.ts';
import type { Source } from './source.ts';
import { firstBinding, openTrial, planOf, type Trial } from './try-source.ts';

/** What one call of a source has shown, and what would become of it. */
export interface Sample {
  readonly params: Params;
  /** The requests of the sample itself; of a chain, each of its calls. */
  readonly exchanges: readonly Exchange[];
  /** How many items the answer has. */
  readonly items: number;
  readonly records: readonly SampledRecord[];
  /** Paths that no field takes, and how many items have them. */
  readonly unmapped: ReadonlyMap<string, number>;
  /** Why there is no sample, or no whole one. */
  readonly error: WorkerError | undefined;
}

export interface SampledRecord {
  readonly raw: unknown;
  readonly key: unknown;
  readonly value: unknown;
  /** Why it would go to the dead letters. */
  readonly reject: WorkerError | undefined;
}

/** Calls a source once, and shows how much of the answer as was asked for. Writes nothing anywhere. */
export async function takeSample(
  config: Trial['config'],
  source: Trial['source'],
  count: number,
  signal: AbortSignal,
  client?: Client & Sender,
): Promise<Sample> {
  const trial = openTrial(config, oneByOne(source), client);
  let before = 0;
  let params: Params = {};
  try {
    params = await firstBinding(trial, signal);
    before = trial.exchanges.length;
    const sampled = await sampleOf(trial, params, count, signal);
    return { params, exchanges: trial.exchanges.slice(before), error: undefined, ...sampled };
  } catch (thrown) {
    signal.throwIfAborted();
    const error = toWorkerError(thrown);
    return { params, exchanges: trial.exchanges.slice(before), items: 0, records: [], unmapped: new Map(), error };
  } finally {
    await trial.close();
  }
}

/** A chain then calls for no more items than it takes to come to an answer of its last step. */
function oneByOne(source: Trial['source']): Trial['source'] {
  return source.endpoint === undefined ? source : { ...source, endpoint: { ...source.endpoint, parallel: 1 } };
}

type Sampled = Pick<Sample, 'items' | 'records' | 'unmapped'>;

async function sampleOf(trial: Trial, params: Params, count: number, signal: AbortSignal): Promise<Sampled> {
  const plan = planOf(trial, params);
  if (plan.source.endpoint === undefined) {
    const source = await planTemplate(plan).prepare(signal, false);
    const { page, items } = await firstPage(source.endpoint(params), signal);
    return mapped(trial, source, params, page, items, count);
  }
  const parts = manualParts(plan);
  const { page, items } = await firstPage(parts.endpoint(params), signal);
  if (items.length === 0) return { items: 0, records: [], unmapped: new Map() };
  const shown = { ...parts, endpoint: () => onlyPage(page, items) };
  return mapped(trial, await planManual(plan, shown).prepare(signal, false), params, page, items, count);
}

interface Page {
  readonly page: PolledPage;
  readonly items: readonly unknown[];
}

/** @throws {WorkerError} as the endpoint, `extract.*` */
export async function firstPage(endpoint: Endpoint, signal: AbortSignal): Promise<Page> {
  const walk = endpoint.begin?.(Date.now(), NOTHING_KNOWN) ?? endpoint;
  const page = await walk.page(1, signal);
  return { page, items: page.read?.().items ?? listOf(page.body) };
}

function listOf(body: Uint8Array): readonly unknown[] {
  const json = jsonOf(body);
  if (Array.isArray(json)) return json;
  throw new WorkerError('transient', 'extract.not_a_list', 'the answer is JSON but no list');
}

/** What was answered already, as an endpoint of its own: the schema is inferred from it without another call. */
function onlyPage(page: PolledPage, items: readonly unknown[]): Endpoint {
  return { paged: false, witness: undefined, page: async () => ({ ...page, read: () => ({ items, last: true }) }) };
}

function mapped(
  { registry }: Trial,
  { kind }: Source,
  params: Params,
  page: PolledPage,
  items: readonly unknown[],
  count: number,
): Sampled {
  const decode = createSyncDecoder(registry.schemaOf);
  const unmapped = new Map<string, number>();
  for (const path of items.flatMap((item) => kind.mapper.unknownFields(seenOf(kind, item)))) {
    unmapped.set(path, (unmapped.get(path) ?? 0) + 1);
  }
  const record = (raw: unknown): SampledRecord => {
    try {
      const seen = seenOf(kind, raw);
      const key = decode(kind.codec.encodeKey(kind.mapper.keyOf(seen, params)));
      const { rowBytes } = kind.codec.encodeRow(kind.mapper.rowOf(seen, params));
      const meta = { op: 'r', sourceTsMs: page.receivedAtMs, tsMs: page.receivedAtMs } as const;
      return { raw, key, value: decode(kind.codec.encodeValue(rowBytes, meta)), reject: undefined };
    } catch (thrown) {
      return { raw, key: undefined, value: undefined, reject: toWorkerError(thrown) };
    }
  };
  return { items: items.length, records: items.slice(0, count).map(record), unmapped };
}
