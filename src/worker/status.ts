import { WorkerError } from '../core/errors.ts';
import { sourceNameOf } from '../core/state.ts';
import type { Control } from './control.ts';
import type { Report, WorkerEvent } from './events.ts';
import { newDriftTally } from './status-drift.ts';
import { type Folded, fold, newTally, type SourceRecord } from './status-fold.ts';
import { type Freshness, freshnessOf } from './status-freshness.ts';
import { stateBytesOf } from './status-memory.ts';
import { type Asked, type SourceStatus, sourceOf } from './status-source.ts';

/**
 * A worker as plain data: what `/status` answers. Fed by the worker's events alone; what is durable is read from the
 * checkpoints when it is asked for. Memory: a few numbers a running slice, forgotten when the slice ends.
 */
export interface WorkerStatus {
  readonly app: string;
  readonly version: string;
  readonly startedAtMs: number;
  readonly nowMs: number;
  readonly ready: boolean;
  /** Why it is not ready. */
  readonly reasons: readonly string[];
  readonly shards: ShardsStatus;
  readonly sources: readonly SourceStatus[];
  readonly budgets: readonly BudgetStatus[];
}

interface ShardsStatus {
  /** How many there are, over all workers. */
  readonly count: number;
  /** Undefined until the group has said which are this worker's. */
  readonly assigned: readonly number[] | undefined;
  readonly open: readonly number[];
  readonly opening: readonly number[];
  /** Memory that is held for entities, outside the JavaScript heap. */
  readonly stateBytes: number;
}

/** Whose requests a bucket counts, and what it could let go at once. */
interface BudgetStatus {
  readonly budget: string;
  readonly left: number;
  readonly limit: number;
  readonly windowMs: number;
  /** It lets nothing go for so long: a 429, or a window that another process may have used. */
  readonly heldForMs: number;
}

export interface StatusOptions {
  readonly app: string;
  readonly version: string;
  readonly shardCount: number;
  readonly sources: readonly { readonly name: string; readonly topic: string }[];
  readonly now: () => number;
  /** Takes every known secret out of a text; left out, there is none. */
  readonly secrets?: ((text: string) => string) | undefined;
}

export interface StatusKeeper {
  readonly report: Report;
  /** What can be asked only once the worker is wired. */
  attach(control: Control, budgets: () => readonly BudgetStatus[]): void;
  /** @param slices how many slices of each source to tell; `samples`: whether who asks may see values of answers */
  snapshot(slices: number, samples?: boolean): WorkerStatus;
  freshness(): readonly Freshness[];
  readiness(): { readonly ready: boolean; readonly reasons: readonly string[] };
  /** It has been given shards once. */
  isStarted(): boolean;
}

export function createStatus(options: StatusOptions): StatusKeeper {
  const startedAtMs = options.now();
  const folded: Folded = {
    sources: new Map(options.sources.map(({ name, topic }) => [name, newSource(topic)])),
    slices: new Map(),
    assigned: undefined,
    open: new Set(),
    opening: new Set(),
    failing: new Map(),
  };
  let wired: { readonly control: Control; readonly budgets: () => readonly BudgetStatus[] } | undefined;
  return {
    report: (event) => fold(folded, withoutSecrets(event, options.secrets), options.now()),
    attach: (control, budgets) => {
      wired = { control, budgets };
    },
    snapshot: (most, samples = false) => ({
      app: options.app,
      version: options.version,
      startedAtMs,
      nowMs: options.now(),
      ...readinessOf(folded),
      shards: shardsOf(folded, options.shardCount, wired?.control),
      sources: sourcesOf(folded, wired?.control, { most, samples }, options.now()),
      budgets: wired?.budgets() ?? [],
    }),
    freshness: () => freshnessOf(folded, wired?.control),
    readiness: () => readinessOf(folded),
    isStarted: () => folded.assigned !== undefined,
  };
}

/** Before a message is cut: the beginning of a secret is not found any more (P7). */
function withoutSecrets(event: WorkerEvent, secrets: StatusOptions['secrets']): WorkerEvent {
  if (secrets === undefined || !('error' in event)) return event;
  const { kind, code, message, hint } = event.error;
  return { ...event, error: new WorkerError(kind, code, secrets(message), { hint }) };
}

function newSource(topic: string): SourceRecord {
  return { topic, phase: 'starting', drift: newDriftTally(), ...newTally() };
}

function readinessOf({ assigned, opening, failing }: Folded) {
  const reasons = [
    ...(assigned === undefined ? ['the group has not given out the shards yet'] : []),
    ...[...opening].map((shard) => {
      const code = failing.get(shard);
      return code === undefined ? `shard ${shard} is being restored` : `shard ${shard} cannot be taken: ${code}`;
    }),
  ];
  return { ready: reasons.length === 0, reasons };
}

function shardsOf({ assigned, open, opening }: Folded, count: number, control: Control | undefined): ShardsStatus {
  const sorted = (shards: Iterable<number>) => [...shards].sort((a, b) => a - b);
  const places = { assigned: assigned && sorted(assigned), open: sorted(open), opening: sorted(opening) };
  return { count, ...places, stateBytes: stateBytesOf(control) };
}

/** Slices are grouped once for all sources: there may be tens of thousands, and Prometheus asks every few seconds. */
function sourcesOf(folded: Folded, control: Control | undefined, asked: Asked, nowMs: number): readonly SourceStatus[] {
  const bySource = Map.groupBy(folded.slices.values(), ({ slice }) => sourceNameOf(slice.id));
  return [...folded.sources].map(([name, record]) => {
    const slices = { of: bySource.get(name) ?? [], known: folded.slices, ...asked };
    return sourceOf(name, record, slices, control, nowMs);
  });
}
