import { type Answer, type ApiRequest, accessDenied, ok } from './answer.ts';
import { listOf } from './query.ts';
import type { UserRow, WorkspaceRow } from './rows.ts';

/** Whole, never paged, without a `last-page` header (observed 2026-05). */
export function listWorkspaces(request: ApiRequest): Answer {
  const { query, caller, store } = request;
  const roles = listOf(query, 'roles');
  const mine = caller.role === 'ADMIN' ? ['OWNER', 'WORKSPACE_ADMIN'] : ['TEAM_MEMBER'];
  if (roles.length > 0 && !roles.some((role) => mine.includes(role))) return ok([]);
  const workspaces = store.workspaceIds().filter((workspaceId) => memberOf(request, workspaceId) !== undefined);
  return ok(workspaces.map((id) => store.row('workspaces', id, id) as WorkspaceRow));
}

export function getWorkspace(request: ApiRequest): Answer {
  return ok(enterWorkspace(request).workspace);
}

/**
 * The workspace of the path and the caller's own row in it.
 *
 * @throws {ApiError} 403 where the caller is no active member, and for a workspace that is none
 */
export function enterWorkspace(request: ApiRequest): { readonly workspace: WorkspaceRow; readonly self: UserRow } {
  const workspaceId = request.params.workspaceId ?? '';
  const workspace = request.store.row('workspaces', workspaceId, workspaceId);
  const self = memberOf(request, workspaceId);
  if (workspace === undefined || self === undefined) throw accessDenied();
  return { workspace, self };
}

function memberOf({ store, caller }: ApiRequest, workspaceId: string): UserRow | undefined {
  const row = store.row('users', workspaceId, caller.userId);
  return row?.memberships[0]?.membershipStatus === 'INACTIVE' ? undefined : row;
}
