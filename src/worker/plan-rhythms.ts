import { type Client, type Sender, withPriority } from '../clockify/client.ts';
import type { TemplateEndpoint } from '../clockify/endpoint.ts';
import { type Changes, createChanges } from '../clockify/rhythms/changes.ts';
import type { RhythmEndpoint, Witness } from '../clockify/rhythms/rhythm.ts';
import { createRunning } from '../clockify/rhythms/running.ts';
import { createStrays } from '../clockify/rhythms/strays.ts';
import { createRecent, createReconcile, type WindowOptions } from '../clockify/rhythms/windows.ts';
import type { Template } from '../clockify/templates/template.ts';
import type { RhythmsConfig } from '../config/source-config.ts';
import type { Priority } from '../core/rate.ts';
import type { Endpoint, Params } from '../pipeline/ports.ts';
import type { SliceEvent } from '../pipeline/sweep.ts';
import type { Rhythm } from './rhythm.ts';
import type { SourceSchedule } from './source.ts';
import { commonOf, notWithoutBegin, type SourcePlan } from './source-plan.ts';
import { sliceId } from './source-slice.ts';

export interface RhythmPlan {
  readonly plan: SourcePlan;
  readonly rhythms: RhythmsConfig;
  readonly template: Template;
  readonly query: Readonly<Record<string, string>>;
  /** The plain endpoint of a user, asked by a client: its read by id serves every rhythm. */
  readonly endpointOf: (params: Params, client: Client) => TemplateEndpoint;
}

/** A window that failed is tried again after this, then rarer. */
const RETRY_MS = 60_000;
/** Entries without a listed owner are read so often in one interval of the history, but not more than each second. */
const STRAY_SWEEPS = 24;
const LEAST_STRAY_MS = 1_000;

/** The rhythms of a source, as the configuration has them: some for a workspace, some for each of its users. */
export function planRhythms(given: RhythmPlan): readonly Rhythm[] {
  const changes = createChangesByWorkspace(given);
  const { runningMs, changesMs, recentMs, reconcile } = given.rhythms;
  return [
    ...(runningMs === undefined ? [] : [runningOf(given, runningMs)]),
    ...(changesMs === undefined ? [] : [changesOf(given, changesMs, changes)]),
    ...(recentMs === undefined ? [] : [recentOf(given, recentMs, changes)]),
    ...(reconcile === undefined ? [] : [reconcileOf(given, reconcile), straysOf(given, reconcile.everyMs)]),
  ];
}

type ChangesByWorkspace = (workspace: string) => Changes;

function createChangesByWorkspace(given: RhythmPlan): ChangesByWorkspace {
  const known = new Map<string, Changes>();
  return (workspace) => {
    const changes = known.get(workspace) ?? changesIn(given, workspace);
    known.set(workspace, changes);
    return changes;
  };
}

function changesIn(given: RhythmPlan, workspace: string): Changes {
  const { source, report } = given.plan;
  const client = clientOf(given, 'changes');
  const onSwitch = (turn: Parameters<Parameters<typeof createChanges>[0]['onSwitch']>[0]) =>
    report?.({ type: 'rhythm-switched', source: source.name, workspace, rhythm: 'changes', turn });
  const witness = witnessOf(given, client, workspace);
  return createChanges({ client, workspace, witness, users: usersOf(given), onSwitch });
}

function runningOf(given: RhythmPlan, everyMs: number): Rhythm {
  const { source } = given.plan;
  const client = clientOf(given, 'running');
  const pageSize = source.pageSize ?? given.template.list.pageSize;
  const endpoint = ({ workspace = '' }: Params) => {
    const witness = witnessOf(given, client, workspace);
    return endpointFrom(createRunning({ client, witness, workspace, pageSize, users: usersOf(given) }), witness);
  };
  return { name: 'running', seenBy: 'running', of: 'workspace', schedule: scheduleOf(given, everyMs), endpoint };
}

function changesOf(given: RhythmPlan, everyMs: number, changes: ChangesByWorkspace): Rhythm {
  const endpoint = ({ workspace = '' }: Params) =>
    endpointFrom(changes(workspace), witnessOf(given, clientOf(given, 'changes'), workspace));
  return { name: 'changes', seenBy: 'changes', of: 'workspace', schedule: scheduleOf(given, everyMs), endpoint };
}

function recentOf(given: RhythmPlan, recentMs: number, changes: ChangesByWorkspace): Rhythm {
  const client = clientOf(given, 'recent');
  const witness = witnesses(given, client);
  return {
    name: 'recent',
    seenBy: 'recent',
    of: 'user',
    schedule: commonOf(given.plan).schedule,
    endpoint: (params) => {
      const { begin } = createRecent(windowOptions(given, client, params), recentMs);
      return endpointFrom({ begin }, witness(params.workspace));
    },
    onEvent: ({ workspace = '' }, event, nowMs) => {
      for (let count = publishedBy(event); count > 0; count--) changes(workspace).found(nowMs);
    },
  };
}

function publishedBy(event: SliceEvent): number {
  if (event.type === 'sweep' || event.type === 'drift') return 0;
  const { c, u, d } = event.counts.published;
  return c + u + d;
}

function reconcileOf(given: RhythmPlan, reconcile: NonNullable<RhythmsConfig['reconcile']>): Rhythm {
  const client = clientOf(given, 'reconcile');
  const witness = witnesses(given, client);
  return {
    name: 'reconcile',
    seenBy: 'reconcile',
    of: 'user',
    schedule: { ...scheduleOf(given, reconcile.everyMs), everyMs: Math.min(RETRY_MS, reconcile.everyMs) },
    endpoint: (params) => {
      const { begin, nextAfter } = createReconcile({ ...windowOptions(given, client, params), ...reconcile });
      return { paged: true, begin, page: notWithoutBegin, witness: witness(params.workspace), nextAfter };
    },
  };
}

function straysOf(given: RhythmPlan, everyMs: number): Rhythm {
  const { source } = given.plan;
  const client = clientOf(given, 'reconcile');
  return {
    name: 'strays',
    seenBy: 'reconcile',
    of: 'workspace',
    schedule: scheduleOf(given, straysEveryMs(everyMs)),
    endpoint: ({ workspace = '' }, listed) => {
      const prefix = `${sliceId(source.name, { workspace })}/`;
      const witness = witnessOf(given, client, workspace);
      return endpointFrom(createStrays({ witness, workspace, prefix, listed }), witness);
    },
  };
}

/** @param reconcileMs how often the whole history is read */
export function straysEveryMs(reconcileMs: number): number {
  return Math.max(LEAST_STRAY_MS, Math.round(reconcileMs / STRAY_SWEEPS));
}

function scheduleOf({ plan }: RhythmPlan, everyMs: number): SourceSchedule {
  return { everyMs, spreadMs: Math.min(commonOf(plan).schedule.spreadMs, Math.round(everyMs / 10)) };
}

function windowOptions({ plan, template, query }: RhythmPlan, client: Client, params: Params): WindowOptions {
  return {
    client,
    path: template.list.path(params),
    workspace: params.workspace ?? '',
    query,
    pageSize: plan.source.pageSize ?? template.list.pageSize,
  };
}

/** Whose entries a list of the whole workspace is to show: undefined where it is everybody's. */
function usersOf({ plan }: RhythmPlan): ReadonlySet<string> | undefined {
  const users = plan.source.parameters.user ?? 'all';
  return users === 'all' ? undefined : new Set(users);
}

/** What a rhythm asks with, its reads by id included. */
function clientOf({ plan }: RhythmPlan, priority: Priority): Client & Sender {
  return withPriority(plan.client, priority);
}

/** The read by id names no user. */
function witnessOf({ endpointOf }: RhythmPlan, client: Client, workspace: string): Witness {
  const { witness } = endpointOf({ workspace, user: 'any' }, client);
  if (witness === undefined) throw new Error('rhythms need a read by id');
  return witness;
}

/** One for all users of a workspace. */
function witnesses(given: RhythmPlan, client: Client): (workspace?: string) => Witness {
  const known = new Map<string, Witness>();
  return (workspace = '') => {
    const witness = known.get(workspace) ?? witnessOf(given, client, workspace);
    known.set(workspace, witness);
    return witness;
  };
}

function endpointFrom({ begin }: RhythmEndpoint, witness?: Witness): Endpoint {
  return { paged: true, begin, page: notWithoutBegin, witness };
}
