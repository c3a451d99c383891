import type { WorkerError } from '../core/errors.ts';
import { addCounts, type Counts } from '../pipeline/counts.ts';
import type { Settlement } from '../pipeline/sweep.ts';
import type { Report, WorkerEvent } from './events.ts';

/** The part of a logger that events need. */
export interface EventLog {
  debug(fields: object, message: string): void;
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
}

type Of<T extends WorkerEvent['type']> = Extract<WorkerEvent, { readonly type: T }>;
type Tellers = { readonly [T in WorkerEvent['type']]: (event: Of<T>) => void };

/**
 * Events as log lines: a page is debug, a sweep with changes info, a recovered fault warn, what needs a person error.
 * A fault that goes on is told once, then each time its count has doubled.
 */
export function reportTo(log: EventLog): Report {
  const faults = createFaults(log);
  const tellers: Tellers = {
    ...sliceTellers(log, faults),
    ...shardTellers(log, faults),
    ...sourceTellers(log, faults),
  };
  return (event) => (tellers[event.type] as (event: WorkerEvent) => void)(event);
}

function sliceTellers(
  log: EventLog,
  faults: Faults,
): Pick<Tellers, 'page' | 'settled' | 'sweep' | 'retry' | 'slice-due' | 'slice-begun' | 'slice-left'> {
  const totals = new Map<string, Counts>();
  const shapes = createShapes(log);
  const guarded = createGuarded(log);
  return {
    'slice-due': () => undefined,
    'slice-begun': () => undefined,
    'slice-left': ({ slice }) => guarded.forget(slice.id),
    page({ slice, number, counts }) {
      shapes.tell(slice.id, counts.unknownFields.keys());
      totals.set(slice.id, addCounts(totals.get(slice.id), counts));
      log.debug(
        { event: 'page.committed', slice: slice.id, page: number, ...plain(counts) },
        `page ${number} of ${slice.id}`,
      );
      if (counts.deadLettered > 0) tellDeadLetters(log, slice.id, counts.deadLettered);
    },
    settled({ slice, settlement, counts }) {
      totals.set(slice.id, addCounts(totals.get(slice.id), counts));
      guarded.tell(slice.id, settlement);
    },
    sweep(event) {
      const counts = totals.get(event.slice.id);
      totals.delete(event.slice.id);
      if (event.outcome === 'partial') faults.tell(event.slice.id, event.error);
      else faults.forget(event.slice.id);
      if (event.outcome === 'complete' && counts !== undefined) tellSweep(log, event.slice.id, event.tookMs, counts);
    },
    retry({ slice, error, waitMs }) {
      log.warn({ event: 'page.retried', slice: slice.id, waitMs, ...fieldsOf(error) }, error.message);
    },
  };
}

function shardTellers(
  log: EventLog,
  faults: Faults,
): Pick<
  Tellers,
  'shard-opening' | 'shard-opened' | 'shard-failed' | 'shard-stopped' | 'shard-closed' | 'shards-assigned'
> {
  return {
    'shard-opening': ({ shard }) => log.debug({ event: 'shard.opening', shard }, `shard ${shard} is being taken`),
    'shard-opened': (event) => {
      faults.forget(`shard ${event.shard}`);
      log.info({ ...event, event: 'shard.opened' }, `shard ${event.shard} is ours: ${event.records} records of state`);
    },
    'shard-failed': ({ shard, error }) => faults.tell(`shard ${shard}`, error),
    'shard-stopped': ({ shard, error }) =>
      log.error({ event: 'shard.stopped', shard, ...fieldsOf(error) }, `shard ${shard} stands still: ${error.message}`),
    'shard-closed': ({ shard }) => log.debug({ event: 'shard.closed', shard }, `shard ${shard} is given up`),
    'shards-assigned': ({ shards }) =>
      log.info({ event: 'shards.assigned', shards }, `${shards.length} shards assigned`),
  };
}

function sourceTellers(
  log: EventLog,
  faults: Faults,
): Pick<
  Tellers,
  | 'source-started'
  | 'source-waiting'
  | 'source-stopped'
  | 'source-reset'
  | 'resynced'
  | 'discovered'
  | 'discovery-failed'
  | 'workspace-refused'
  | 'rhythm-switched'
> {
  return {
    'source-started': ({ source, topic }) => {
      faults.forget(`${source} waits`);
      log.info({ event: 'source.started', source, topic }, `${source} is polled into ${topic}`);
    },
    'source-waiting': ({ source, error }) => faults.tell(`${source} waits`, error),
    'source-stopped': ({ source, error }) =>
      log.error({ event: 'source.stopped', source, ...fieldsOf(error) }, `${source} stopped: ${error.message}`),
    'source-reset': ({ source, shard, dropped }) =>
      log.warn(
        { event: 'source.reset', source, shard, dropped },
        `${source} starts anew: its topic, key or shape changed`,
      ),
    resynced: ({ source, shard, published }) =>
      log.info({ event: 'source.resynced', source, shard, published }, `${source}: ${published} rows once more`),
    'workspace-refused': ({ credential, workspace, other }) =>
      log.error(
        {
          event: 'workspace.refused',
          credential,
          workspace,
          other,
          hint: `If both shall poll it, name it in shared_workspaces of ${credential}.`,
        },
        `workspace ${workspace} is not polled by ${credential}: ${other} polls it already`,
      ),
    'rhythm-switched': (event) => tellSwitch(log, event),
    discovered: ({ source, parameter, count }) => {
      faults.forget(listOf(source, parameter));
      log.debug({ event: 'discovery.found', credential: source, parameter, count }, `${count} values of ${parameter}`);
    },
    'discovery-failed': ({ source, parameter, error }) => faults.tell(listOf(source, parameter), error),
  };
}

function tellSwitch(log: EventLog, { source, workspace, rhythm, turn }: Of<'rhythm-switched'>): void {
  const where = `${source}/${workspace}/~${rhythm}`;
  if (turn.on) {
    log.info({ event: 'rhythm.on', slice: where }, `${where} is read again`);
    return;
  }
  log.warn(
    {
      event: 'rhythm.off',
      slice: where,
      code: turn.code,
      hint: 'The other rhythms go on; it is tried again each day.',
    },
    `${where} is switched off: ${turn.message}`,
  );
}

function listOf(credential: string, parameter: string): string {
  return `${credential}: the list of every ${parameter}`;
}

function tellSweep(log: EventLog, slice: string, tookMs: number, counts: Counts): void {
  const { r, c, u, d } = counts.published;
  const level = r + c + u + d + counts.deadLettered > 0 ? 'info' : 'debug';
  log[level]({ event: 'sweep.complete', slice, tookMs, ...plain(counts) }, `${slice}: r=${r} c=${c} u=${u} d=${d}`);
}

function tellDeadLetters(log: EventLog, slice: string, count: number): void {
  log.warn({ event: 'record.dead_lettered', slice, count }, `${slice}: ${count} records went to the dead letters`);
}

/** A slice that the guard has stopped is told once, and once more when it is let go. */
function createGuarded(log: EventLog) {
  const stopped = new Set<string>();
  return {
    tell(slice: string, settlement: Settlement): void {
      if (settlement.guarded === stopped.has(slice)) return;
      if (settlement.guarded) stopped.add(slice);
      else stopped.delete(slice);
      if (settlement.guarded) tellGuarded(log, slice, settlement);
      else
        log.info(
          { event: 'deletes.released', slice, ...settlement },
          `${slice}: the guard holds nothing back any more`,
        );
    },
    forget: (slice: string) => void stopped.delete(slice),
  };
}

function tellGuarded(log: EventLog, slice: string, settlement: Settlement): void {
  const source = slice.split('/')[0] ?? '';
  const hint = `If they are really gone: clockify-kafka confirm-deletes ${source}. It lets go by itself once they are back.`;
  const { held = settlement.open, missing } = settlement;
  log.error(
    { event: 'deletes.guarded', slice, code: 'settle.guarded', ...settlement, hint },
    `${slice}: ${missing} of its entities do not show, ${held} are proved gone, more than the guard allows; they are kept`,
  );
}

/** Paths that are told of in all. */
const MAX_PATHS = 1_000;

/** The shape of the answers has changed: each field that no column takes is told once for its source. */
function createShapes(log: EventLog) {
  const seen = new Set<string>();
  return {
    tell(slice: string, paths: Iterable<string>): void {
      const source = slice.split('/')[0] as string;
      const fresh = [...paths].filter((path) => !seen.has(`${source} ${path}`)).slice(0, MAX_PATHS - seen.size);
      if (fresh.length === 0) return;
      for (const path of fresh) seen.add(`${source} ${path}`);
      log.info({ event: 'shape.changed', source, fields: fresh }, `${source} shows fields that no column takes yet`);
    },
  };
}

interface Faults {
  readonly tell: (where: string, error: WorkerError) => void;
  readonly forget: (where: string) => void;
}

function createFaults(log: EventLog): Faults {
  const seen = new Map<string, number>();
  return {
    tell(where: string, error: WorkerError): void {
      const key = `${where} ${error.code}`;
      const count = (seen.get(key) ?? 0) + 1;
      seen.set(key, count);
      if (!Number.isInteger(Math.log2(count))) return;
      const level = error.kind === 'transient' ? 'warn' : 'error';
      log[level]({ event: 'fault', where, count, ...fieldsOf(error) }, `${where}: ${error.message}`);
    },
    forget(where: string): void {
      for (const key of seen.keys()) if (key.startsWith(`${where} `)) seen.delete(key);
    },
  };
}

function fieldsOf(error: WorkerError): object {
  const cause = error.cause instanceof Error ? { cause: error.cause.message } : {};
  const hint = error.hint === undefined ? {} : { hint: error.hint };
  return { code: error.code, kind: error.kind, ...hint, ...cause };
}

function plain(counts: Counts): object {
  return { ...counts, unknownFields: Object.fromEntries(counts.unknownFields) };
}
