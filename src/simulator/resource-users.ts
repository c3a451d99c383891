import { type Answer, type ApiRequest, accessDenied, notOfWorkspace, ok } from './answer.ts';
import { pageOf } from './paging.ts';
import { booleanOf, enumOf, listOf } from './query.ts';
import { enterWorkspace } from './resource-workspaces.ts';
import { membership } from './row-defaults.ts';
import type { Membership, UserRow, WorkspaceRow } from './rows.ts';
import { sorted } from './sorting.ts';

const MEMBERSHIPS = ['ALL', 'NONE', 'WORKSPACE', 'PROJECT', 'USERGROUP'] as const;
const STATUSES = ['PENDING', 'ACTIVE', 'DECLINED', 'INACTIVE', 'ALL'] as const;
const DEFAULT_ACCOUNT_STATUSES = ['ACTIVE', 'PENDING_EMAIL_VERIFICATION', 'NOT_REGISTERED'];

/** Sorted by e-mail where nothing else is asked for. */
const COLUMNS = {
  EMAIL: ({ email }: UserRow) => email,
  ID: ({ id }: UserRow) => id,
  NAME: ({ name }: UserRow) => name,
  NAME_LOWERCASE: ({ name }: UserRow) => name?.toLowerCase() ?? null,
  ACCESS: ({ memberships }: UserRow) => memberships[0]?.membershipStatus ?? null,
  HOURLYRATE: ({ memberships }: UserRow) => memberships[0]?.hourlyRate?.amount ?? null,
  COSTRATE: ({ memberships }: UserRow) => memberships[0]?.costRate?.amount ?? null,
};

export function currentUser({ query, caller, store }: ApiRequest): Answer {
  const rows = store
    .workspaceIds()
    .map((workspaceId) => store.row('users', workspaceId, caller.userId))
    .filter((row) => row !== undefined);
  const [first] = rows;
  if (first === undefined) throw accessDenied();
  const all = booleanOf(query, 'include-memberships') ?? false;
  return ok({ ...first, memberships: all ? rows.flatMap(({ memberships }) => memberships) : [] });
}

/** For an admin's key only (observed with clients: a member gets 403). */
export function listUsers(request: ApiRequest): Answer {
  const { query, caller, store } = request;
  const { workspace } = enterWorkspace(request);
  if (caller.role !== 'ADMIN') throw accessDenied();
  const rows = store.rows('users', workspace.id).filter(userFilter(request));
  const memberships = enumOf(query, 'memberships', MEMBERSHIPS) ?? 'NONE';
  const withRoles = booleanOf(query, 'include-roles') ?? false;
  const render = (row: UserRow): object => ({
    ...row,
    memberships: membershipsOf(request, workspace.id, row, memberships),
    ...(withRoles ? { roles: rolesOf(row, workspace, caller.userId) } : {}),
  });
  return pageOf(request, sorted(request, rows, COLUMNS), {}, render);
}

/** Deactivated members are absent unless asked for: `status` is about the membership, `account-statuses` is not. */
function userFilter({ query, params, store }: ApiRequest): (row: UserRow) => boolean {
  const status = enumOf(query, 'status', STATUSES);
  const accounts = listOf(query, 'account-statuses');
  const accepted = accounts.length > 0 ? accounts : DEFAULT_ACCOUNT_STATUSES;
  const email = query.get('email')?.toLowerCase() ?? '';
  const name = query.get('name')?.toLowerCase() ?? '';
  const projectId = query.get('project-id');
  const project = projectId === null ? undefined : store.row('projects', params.workspaceId ?? '', projectId);
  const ofProject = new Set(project?.memberships.map(({ userId }) => userId));
  const hasStatus = (row: UserRow): boolean => {
    const own = row.memberships[0]?.membershipStatus;
    return status === undefined ? own !== 'INACTIVE' : status === 'ALL' || own === status;
  };
  return (row) =>
    hasStatus(row) &&
    accepted.includes(row.status) &&
    row.email.includes(email) &&
    (row.name ?? '').toLowerCase().includes(name) &&
    (projectId === null || project?.public === true || ofProject.has(row.id));
}

/** Of one member, in a shape of its own; the only read of a single user. */
export function getMemberProfile(request: ApiRequest): Answer {
  const { store, params } = request;
  const { workspace } = enterWorkspace(request);
  const user = store.row('users', workspace.id, params.userId ?? '');
  if (user === undefined) throw notOfWorkspace('User');
  const isPending = store
    .rows('approvals', workspace.id)
    .some(({ approvalRequest: { owner, status } }) => owner.userId === user.id && status.state === 'PENDING');
  return ok({
    name: user.name,
    email: user.email,
    weekStart: user.settings?.weekStart ?? 'MONDAY',
    workCapacity: 'PT7H',
    workingDays: workspace.workspaceSettings.workingDays ?? [],
    workspaceNumber: store.workspaceIds().filter((id) => store.row('users', id, user.id) !== undefined).length,
    imageUrl: user.profilePicture,
    hasPassword: false,
    hasPendingApprovalRequest: isPending,
    userCustomFieldValues: [],
  });
}

function membershipsOf(
  { store }: ApiRequest,
  workspaceId: string,
  row: UserRow,
  asked: (typeof MEMBERSHIPS)[number],
): readonly Membership[] {
  const ofProjects = (): readonly Membership[] =>
    store
      .rows('projects', workspaceId)
      .flatMap(({ memberships }) => memberships.filter(({ userId }) => userId === row.id));
  const ofGroups = (): readonly Membership[] =>
    store
      .rows('userGroups', workspaceId)
      .filter(({ userIds }) => userIds.includes(row.id))
      .map(({ id }) => membership(row.id, id, 'USERGROUP'));
  if (asked === 'WORKSPACE') return row.memberships;
  if (asked === 'USERGROUP') return ofGroups();
  if (asked === 'PROJECT') return ofProjects();
  return asked === 'ALL' ? [...row.memberships, ...ofProjects(), ...ofGroups()] : [];
}

function rolesOf({ id }: UserRow, workspace: WorkspaceRow, adminId: string): readonly object[] {
  if (id !== adminId) return [];
  const entities = [{ id: workspace.id, name: workspace.name }];
  return [{ role: 'OWNER', formatterRoleName: 'Owner', entities }];
}
