import { listedExpense, projectRef, taskRef } from './expense-list.ts';
import type { ApprovalRow, ApprovalState, ApprovedEntry, ExpenseRow } from './paperwork-rows.ts';
import type { TimeEntryRow, UserRow } from './rows.ts';
import { isoDuration, isoSecond, startOfDay, startOfWeek } from './time.ts';
import { RefusedMutationError, rowOf, type WorldContext } from './world-context.ts';

const DAY_MS = 86_400_000;
const OPEN: ReadonlySet<ApprovalState> = new Set(['PENDING', 'APPROVED']);

export interface NewApproval {
  readonly workspaceId: string;
  readonly userId: string;
  /** Any instant of the week that is handed in. Default: now. */
  readonly weekOf?: number | undefined;
  readonly note?: string | undefined;
  readonly createdAtMs?: number | undefined;
}

/** Hands in a week as it is now. One that was withdrawn or rejected is handed in again under its old id. */
export function submitApproval(context: WorldContext, input: NewApproval): ApprovalRow {
  const { workspaceId, note = '' } = input;
  const owner = rowOf(context, 'users', workspaceId, input.userId);
  const startMs = startOfWeek(startOfDay(input.weekOf ?? context.clock()), 'MONDAY');
  const before = approvalOf(context, workspaceId, owner.id, isoSecond(startMs));
  if (before !== undefined && OPEN.has(before.approvalRequest.status.state)) {
    throw new RefusedMutationError(`${owner.id} has handed in the week of ${isoSecond(startMs)} already`);
  }
  const id = before?.approvalRequest.id ?? context.mintId(input.createdAtMs ?? context.clock());
  const handedIn = weekOf(context, owner, workspaceId, startMs, id);
  const type = handedIn.expenses.length === 0 ? 'TIMESHEET' : 'TIMESHEET_AND_EXPENSE';
  const zone = owner.settings?.timeZone ?? 'UTC';
  const row: ApprovalRow = {
    approvalRequest: {
      id,
      workspaceId,
      type,
      dateRange: { start: isoSecond(startMs), end: isoSecond(startMs + 7 * DAY_MS - 1000) },
      owner: { userId: owner.id, userName: owner.name, timeZone: zone, startOfWeek: 'MONDAY' },
      creator: { userId: owner.id, userName: owner.name, userEmail: owner.email },
      status: statusOf(context, 'PENDING', owner, note),
    },
    ...handedIn,
    approvedTime: 'PT0S',
    pendingTime: handedIn.trackedTime,
  };
  return put(context, before === undefined ? 'approvalSubmitted' : 'approvalResubmitted', row);
}

export function approveApproval(context: WorldContext, workspaceId: string, id: string): ApprovalRow {
  return decide(context, workspaceId, id, { from: 'PENDING', to: 'APPROVED', kind: 'approvalApproved' });
}

export function rejectApproval(context: WorldContext, workspaceId: string, id: string): ApprovalRow {
  return decide(context, workspaceId, id, { from: 'PENDING', to: 'REJECTED', kind: 'approvalRejected' });
}

/** By the owner before it is approved, by the approver after. */
export function withdrawApproval(context: WorldContext, workspaceId: string, id: string): ApprovalRow {
  const { status } = rowOf(context, 'approvals', workspaceId, id).approvalRequest;
  const isApproved = status.state === 'APPROVED';
  const to = isApproved ? 'WITHDRAWN_APPROVAL' : 'WITHDRAWN_SUBMISSION';
  return decide(context, workspaceId, id, {
    from: isApproved ? 'APPROVED' : 'PENDING',
    to,
    kind: 'approvalWithdrawn',
  });
}

function decide(
  context: WorldContext,
  workspaceId: string,
  id: string,
  step: { readonly from: ApprovalState; readonly to: ApprovalState; readonly kind: string },
): ApprovalRow {
  const before = rowOf(context, 'approvals', workspaceId, id);
  const { approvalRequest } = before;
  const { state, note } = approvalRequest.status;
  if (state !== step.from) throw new RefusedMutationError(`approval ${id} is ${state} and not ${step.from}`);
  const [approver] = context.store.rows('users', workspaceId);
  return put(context, step.kind, {
    ...before,
    approvalRequest: { ...approvalRequest, status: statusOf(context, step.to, approver, note) },
    approvedTime: step.to === 'APPROVED' ? before.trackedTime : 'PT0S',
    pendingTime: 'PT0S',
  });
}

function statusOf(
  { clock }: WorldContext,
  state: ApprovalState,
  by: UserRow | undefined,
  note: string,
): ApprovalRow['approvalRequest']['status'] {
  const updatedAt = isoSecond(clock());
  return { state, updatedBy: by?.id ?? '', updatedByUserName: by?.name ?? null, updatedAt, note };
}

function approvalOf(
  { store }: WorldContext,
  workspaceId: string,
  userId: string,
  start: string,
): ApprovalRow | undefined {
  return store
    .rows('approvals', workspaceId)
    .find(({ approvalRequest: { owner, dateRange } }) => owner.userId === userId && dateRange.start === start);
}

/** What somebody tracked and spent in a week. Timers that still run are left out. */
function weekOf(context: WorldContext, owner: UserRow, workspaceId: string, startMs: number, approvalId: string) {
  const endMs = startMs + 7 * DAY_MS;
  const entries = context.store
    .entriesOf(workspaceId, owner.id)
    .between(startMs, endMs)
    .slice()
    .filter(({ timeInterval }) => timeInterval.end !== null);
  const expenses = context.store
    .rows('expenses', workspaceId)
    .filter(({ userId, date }) => userId === owner.id && Date.parse(date) >= startMs && Date.parse(date) < endMs);
  const billable = entries.filter((entry) => entry.billable);
  const cents = (read: (entry: TimeEntryRow) => number): number =>
    entries.reduce((sum, entry) => sum + (read(entry) * secondsOf([entry])) / 3600, 0);
  return {
    entries: entries.map((entry) => approvedEntry(context, entry, approvalId)),
    expenses: expenses.map((expense) => listedExpense(context.store, expense)),
    trackedTime: isoDuration(secondsOf(entries)),
    billableTime: isoDuration(secondsOf(billable)),
    breakTime: isoDuration(secondsOf(entries.filter(({ type }) => type === 'BREAK'))),
    billableAmount: cents((entry) => (entry.billable ? (entry.hourlyRate?.amount ?? 0) : 0)),
    costAmount: cents(({ costRate }) => costRate?.amount ?? 0),
    expenseTotal: expenses.reduce((sum: number, { total }: ExpenseRow) => sum + total, 0),
  };
}

function secondsOf(entries: readonly TimeEntryRow[]): number {
  return entries.reduce(
    (sum, { timeInterval: { start, end } }) => sum + (Date.parse(end ?? start) - Date.parse(start)) / 1000,
    0,
  );
}

function approvedEntry({ store }: WorldContext, entry: TimeEntryRow, approvalRequestId: string): ApprovedEntry {
  const { workspaceId, tagIds, projectId, taskId } = entry;
  return {
    id: entry.id,
    description: entry.description,
    billable: entry.billable,
    isLocked: entry.isLocked,
    type: entry.type,
    approvalRequestId,
    hourlyRate: entry.hourlyRate,
    costRate: entry.costRate,
    project: projectRef(store, workspaceId, projectId),
    task: taskRef(store, workspaceId, taskId),
    tags: (tagIds ?? []).map((id) => store.row('tags', workspaceId, id)).filter((tag) => tag !== undefined),
    timeInterval: entry.timeInterval,
    customFieldValues: entry.customFieldValues,
  };
}

function put(context: WorldContext, kind: string, after: ApprovalRow): ApprovalRow {
  const { workspaceId, id } = after.approvalRequest;
  context.store.write({ kind, resource: 'approvals', workspaceId, id, after });
  return rowOf(context, 'approvals', workspaceId, id);
}
