import { sourceNameOf } from '../core/state.ts';
import { addCounts, type Counts } from '../pipeline/counts.ts';
import type { Slice } from '../pipeline/ports.ts';
import type { Settlement } from '../pipeline/sweep.ts';
import type { Report, WorkerEvent } from './events.ts';
import { createShapes } from './report-drift.ts';
import { createFaults, type Faults, fieldsOf, placeOf } from './report-faults.ts';

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
): Pick<Tellers, 'page' | 'settled' | 'drift' | 'sweep' | 'retry' | 'slice-due' | 'slice-begun' | 'slice-left'> {
  const totals = new Map<string, Counts>();
  const guarded = createGuarded(log);
  return {
    'slice-due': () => undefined,
    'slice-begun': () => undefined,
    'slice-left': ({ slice }) => {
      guarded.forget(slice.id);
      faults.forget(slice.id);
    },
    drift: createShapes(log),
    page({ slice, number, counts }) {
      totals.set(slice.id, addCounts(totals.get(slice.id), counts));
      log.debug(
        { event: 'page.committed', ...placeOf(slice), page: number, ...counts },
        `page ${number} of ${slice.id}`,
      );
      if (counts.deadLettered > 0) tellDeadLetters(log, slice, counts);
    },
    settled({ slice, settlement, counts }) {
      totals.set(slice.id, addCounts(totals.get(slice.id), counts));
      guarded.tell(slice, settlement);
    },
    sweep(event) {
      const counts = totals.get(event.slice.id);
      totals.delete(event.slice.id);
      if (event.outcome === 'partial') return faults.tell(event.slice.id, event.error, event.slice);
      faults.forget(event.slice.id);
      faults.swept(event.slice);
      if (counts !== undefined) tellSweep(log, event.slice, event.tookMs, counts);
    },
    retry: ({ slice, error, waitMs }) => faults.retried(slice, error, waitMs),
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

function tellSweep(log: EventLog, slice: Slice, tookMs: number, counts: Counts): void {
  const { r, c, u, d } = counts.published;
  const level = r + c + u + d + counts.deadLettered > 0 ? 'info' : 'debug';
  log[level](
    { event: 'sweep.complete', ...placeOf(slice), tookMs, ...counts },
    `${slice.id}: r=${r} c=${c} u=${u} d=${d}`,
  );
}

function tellDeadLetters(log: EventLog, slice: Slice, { deadLettered: count, deadLettersAt }: Counts): void {
  const stage = deadLettersAt.extract > 0 ? 'extract' : 'encode';
  const fields = { event: 'record.dead_lettered', ...placeOf(slice), stage, count };
  log.warn(fields, `${slice.id}: ${count} records went to the dead letters`);
}

/** A slice that the guard has stopped is told once, and once more when it is let go. */
function createGuarded(log: EventLog) {
  const stopped = new Set<string>();
  return {
    tell(slice: Slice, settlement: Settlement): void {
      if (settlement.guarded === stopped.has(slice.id)) return;
      if (settlement.guarded) stopped.add(slice.id);
      else stopped.delete(slice.id);
      if (settlement.guarded) tellGuarded(log, slice, settlement);
      else
        log.info(
          { event: 'deletes.released', ...placeOf(slice), ...settlement },
          `${slice.id}: the guard holds nothing back any more`,
        );
    },
    forget: (slice: string) => void stopped.delete(slice),
  };
}

function tellGuarded(log: EventLog, slice: Slice, settlement: Settlement): void {
  const source = sourceNameOf(slice.id);
  const hint = `If they are really gone: clockify-kafka confirm-deletes ${source}. It lets go by itself once they are back.`;
  const { held = settlement.open, missing } = settlement;
  log.error(
    { event: 'deletes.guarded', ...placeOf(slice), stage: 'settle', code: 'settle.guarded', ...settlement, hint },
    `${slice.id}: ${missing} of its entities do not show, ${held} are proved gone, more than the guard allows; they are kept`,
  );
}
