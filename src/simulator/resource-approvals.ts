import { type Answer, ApiError, type ApiRequest } from './answer.ts';
import { pageOf } from './paging.ts';
import type { ApprovalRow } from './paperwork-rows.ts';
import { enumOf, listOf } from './query.ts';
import { enterWorkspace } from './resource-workspaces.ts';
import { sorted } from './sorting.ts';

const STATES = ['PENDING', 'APPROVED', 'WITHDRAWN_APPROVAL'] as const;
const TYPES = ['TIMESHEET', 'EXPENSE', 'TIMESHEET_AND_EXPENSE'];

interface Place {
  readonly id: string;
  readonly row: ApprovalRow;
}

const COLUMNS = {
  ID: ({ id }: Place) => id,
  USER_ID: ({ row }: Place) => row.approvalRequest.owner.userId,
  START: ({ row }: Place) => row.approvalRequest.dateRange.start,
  UPDATED_AT: ({ row }: Place) => row.approvalRequest.status.updatedAt,
};

/** A bare list of envelopes, each with all that was handed in. It cannot be asked for a user or a time (observed 2026). */
export function listApprovals(request: ApiRequest): Answer {
  const { caller, query, store } = request;
  const { workspace } = enterWorkspace(request);
  const state = enumOf(query, 'status', STATES);
  const asked = listOf(query, 'types');
  const unknown = asked.find((type) => !TYPES.includes(type));
  if (unknown !== undefined) throw new ApiError(400, 3000, `Method parameter 'types': No enum constant ${unknown}`);
  const types = asked.length === 0 ? TYPES : asked;
  const places = store
    .rows('approvals', workspace.id)
    .map((row) => ({ id: row.approvalRequest.id, row }))
    .filter(({ row: { approvalRequest } }) => {
      const isVisible = caller.role === 'ADMIN' || approvalRequest.owner.userId === caller.userId;
      return (
        isVisible &&
        types.includes(approvalRequest.type) &&
        (state ?? approvalRequest.status.state) === approvalRequest.status.state
      );
    });
  return pageOf(request, sorted(request, places, COLUMNS), {}, ({ row }) => row);
}
