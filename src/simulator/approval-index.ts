import type { Store } from './store.ts';

interface OpenApproval {
  readonly id: string;
  readonly state: 'PENDING' | 'APPROVED';
}

/** What each time entry is handed in with, by its id; what was withdrawn or rejected holds nothing any more. */
export function openApprovals(store: Store, workspaceId: string): ReadonlyMap<string, OpenApproval> {
  return new Map(
    store.rows('approvals', workspaceId).flatMap(({ approvalRequest: { id, status }, entries }) => {
      const { state } = status;
      if (state !== 'PENDING' && state !== 'APPROVED') return [];
      return entries.map((entry) => [entry.id, { id, state }] as const);
    }),
  );
}
