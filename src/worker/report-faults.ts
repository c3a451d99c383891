import type { WorkerError } from '../core/errors.ts';
import { sourceNameOf } from '../core/state.ts';
import type { Slice } from '../pipeline/ports.ts';
import type { EventLog } from './report.ts';

/** How faults are told: the first one, then counted, so that an outage is some lines and not a thousand. */
export interface Faults {
  /** A fault that goes on: told when its count has doubled. */
  readonly tell: (where: string, error: WorkerError, slice?: Slice) => void;
  readonly forget: (where: string) => void;
  /** A fault that is tried again at once. */
  readonly retried: (slice: Slice, error: WorkerError, waitMs: number) => void;
  /** A sweep of the source went well. */
  readonly swept: (slice: Slice) => void;
}

/** So many slices with one fault are each told; then when their number has doubled. */
const SLICES = 8;
/** So many sweeps of a source in a row without a retry: what had been is over. */
const QUIET = 10;

export function createFaults(log: EventLog): Faults {
  const counted = new Map<string, number>();
  const concerned = new Map<string, Set<string>>();
  const retries = new Map<string, { readonly counts: Map<string, number>; quiet: number }>();
  const slicesWith = (slice: Slice, { code }: WorkerError): number => {
    const key = `${sourceNameOf(slice.id)} ${code}`;
    const slices = concerned.get(key) ?? new Set();
    concerned.set(key, slices.add(slice.id));
    return slices.size;
  };
  return {
    tell(where, error, slice) {
      const count = countUp(counted, `${where} ${error.code}`);
      const slices = slice === undefined ? undefined : slicesWith(slice, error);
      const isOneOfMany = slices !== undefined && slices > SLICES && !isPowerOfTwo(slices);
      if (!isPowerOfTwo(count) || isOneOfMany) return;
      const level = error.kind === 'transient' ? 'warn' : 'error';
      const place = slice === undefined ? {} : { ...placeOf(slice), slices };
      log[level]({ event: 'fault', where, count, ...place, ...fieldsOf(error) }, `${where}: ${error.message}`);
    },
    forget(where) {
      for (const key of counted.keys()) if (key.startsWith(`${where} `)) counted.delete(key);
      for (const [key, slices] of concerned) if (slices.delete(where) && slices.size === 0) concerned.delete(key);
    },
    retried(slice, error, waitMs) {
      const source = retries.get(sourceNameOf(slice.id)) ?? { counts: new Map(), quiet: 0 };
      retries.set(sourceNameOf(slice.id), source);
      source.quiet = 0;
      const count = countUp(source.counts, error.code);
      if (!isPowerOfTwo(count)) return;
      log.warn({ event: 'page.retried', count, ...placeOf(slice), waitMs, ...fieldsOf(error) }, error.message);
    },
    swept(slice) {
      const source = retries.get(sourceNameOf(slice.id));
      if (source === undefined) return;
      source.quiet += 1;
      if (source.quiet >= QUIET) retries.delete(sourceNameOf(slice.id));
    },
  };
}

function countUp(counts: Map<string, number>, key: string): number {
  const count = (counts.get(key) ?? 0) + 1;
  counts.set(key, count);
  return count;
}

function isPowerOfTwo(count: number): boolean {
  return Number.isInteger(Math.log2(count));
}

/** Where in the account something happened. */
export function placeOf(slice: Slice): object {
  const { workspace } = slice.params;
  return { slice: slice.id, source: sourceNameOf(slice.id), ...(workspace === undefined ? {} : { workspace }) };
}

/** What a log line says of an error. */
export function fieldsOf({ code, kind, hint, cause }: WorkerError): object {
  const stage = STAGES[code.split('.', 1)[0] ?? ''];
  return {
    code,
    kind,
    ...(stage === undefined ? {} : { stage }),
    ...(hint === undefined ? {} : { hint }),
    ...(cause instanceof Error ? { cause: cause.message } : {}),
  };
}

/** The stage of the pipeline that errors of this area come from; the others come from none. */
const STAGES: Readonly<Record<string, string>> = {
  changes: 'poll',
  clockify: 'poll',
  manual: 'poll',
  paging: 'poll',
  poll: 'poll',
  report: 'poll',
  request: 'poll',
  extract: 'extract',
  metadata: 'extract',
  output: 'extract',
  path: 'extract',
  encode: 'encode',
  schema: 'encode',
  sink: 'commit',
  settle: 'settle',
};
