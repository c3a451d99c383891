import { openApprovals } from './approval-index.ts';
import type { ClientRow, ProjectRow, TagRow, TaskRow, TimeEntryRow, UserRow } from './rows.ts';
import type { Store } from './store.ts';

/** A finished time entry with all that a report tells about it, names as they are now. Amounts in cents, with fractions. */
export interface ReportEntry {
  readonly row: TimeEntryRow;
  readonly startMs: number;
  readonly seconds: number;
  /** undefined for somebody who has left the workspace. */
  readonly user: UserRow | undefined;
  readonly project: ProjectRow | undefined;
  readonly client: ClientRow | undefined;
  readonly task: TaskRow | undefined;
  readonly tags: readonly TagRow[];
  readonly approvalId: string | null;
  readonly currency: string;
  readonly earnedRate: number;
  readonly costRate: number;
  readonly earned: number;
  readonly cost: number;
  readonly isInvoiced: boolean;
}

/** Those that start in the range, both ends included. What still runs is in no report. */
export function reportEntries(
  store: Store,
  workspaceId: string,
  { fromMs, toMs }: { readonly fromMs: number; readonly toMs: number },
): readonly ReportEntry[] {
  const approvals = openApprovals(store, workspaceId);
  return store
    .rows('timeEntries', workspaceId)
    .filter(({ timeInterval }) => timeInterval.end !== null)
    .map((row) => ({ row, startMs: Date.parse(row.timeInterval.start) }))
    .filter(({ startMs }) => startMs >= fromMs && startMs <= toMs)
    .map(({ row, startMs }) => resolved(store, row, startMs, approvals.get(row.id)?.id ?? null));
}

function resolved(store: Store, row: TimeEntryRow, startMs: number, approvalId: string | null): ReportEntry {
  const { workspaceId, projectId, taskId } = row;
  const seconds = (Date.parse(row.timeInterval.end ?? '') - startMs) / 1000;
  const project = projectId === null ? undefined : store.row('projects', workspaceId, projectId);
  const workspace = store.row('workspaces', workspaceId, workspaceId);
  const rate = row.hourlyRate ?? project?.hourlyRate ?? workspace?.hourlyRate;
  const earnedRate = row.billable ? (rate?.amount ?? 0) : 0;
  const costRate = row.costRate?.amount ?? 0;
  return {
    row,
    startMs,
    seconds,
    user: store.row('users', workspaceId, row.userId),
    project,
    client: project === undefined ? undefined : store.row('clients', workspaceId, project.clientId),
    task: taskId === null ? undefined : store.row('tasks', workspaceId, taskId),
    tags: (row.tagIds ?? []).map((id) => store.row('tags', workspaceId, id)).filter((tag) => tag !== undefined),
    approvalId,
    currency: rate?.currency ?? 'USD',
    earnedRate,
    costRate,
    earned: (earnedRate * seconds) / 3600,
    cost: (costRate * seconds) / 3600,
    isInvoiced: row.billable && row.id.endsWith('0'),
  };
}
