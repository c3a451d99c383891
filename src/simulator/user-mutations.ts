import { stopTimer } from './entry-mutations.ts';
import { leaveGroups, renameManager } from './group-mutations.ts';
import { membership, userRow, workspaceRow } from './row-defaults.ts';
import type { Membership, MembershipStatus, UserRow, WorkspaceRow } from './rows.ts';
import { rowOf, UnknownRowError, type WorldContext } from './world-context.ts';

export interface NewUser {
  readonly workspaceId: string;
  /** Someone of another workspace joins this one too. */
  readonly userId?: string | undefined;
  readonly name?: string | null | undefined;
  readonly email?: string | undefined;
  readonly timeZone?: string | undefined;
  readonly membershipStatus?: MembershipStatus | undefined;
  readonly createdAtMs?: number | undefined;
}

export function createWorkspace(context: WorldContext, name: string, createdAtMs = context.clock()): WorkspaceRow {
  const id = context.mintId(createdAtMs);
  const currencyId = context.mintId(createdAtMs);
  const organizationId = context.mintId(createdAtMs);
  const after = workspaceRow({ id, name, currencyId, organizationId, features: context.features });
  context.store.write({ kind: 'workspaceCreated', resource: 'workspaces', workspaceId: id, id, after });
  return rowOf(context, 'workspaces', id, id);
}

export function renameWorkspace(context: WorldContext, id: string, name: string): WorkspaceRow {
  const after = { ...rowOf(context, 'workspaces', id, id), name };
  context.store.write({ kind: 'workspaceRenamed', resource: 'workspaces', workspaceId: id, id, after });
  return rowOf(context, 'workspaces', id, id);
}

export function joinUser(context: WorldContext, input: NewUser): UserRow {
  rowOf(context, 'workspaces', input.workspaceId, input.workspaceId);
  const account = input.userId === undefined ? newAccount(context, input) : accountOf(context, input.userId);
  const member = membership(account.id, input.workspaceId, 'WORKSPACE', input.membershipStatus ?? 'ACTIVE');
  return putMember(context, 'userJoined', input.workspaceId, account, member);
}

/** Absent from the users list by default; the status of the account stays ACTIVE. A running timer stops. */
export function deactivateUser(context: WorldContext, workspaceId: string, userId: string): UserRow {
  stopTimer(context, workspaceId, userId);
  return setMembership(context, 'userDeactivated', workspaceId, userId, 'INACTIVE');
}

export function activateUser(context: WorldContext, workspaceId: string, userId: string): UserRow {
  return setMembership(context, 'userActivated', workspaceId, userId, 'ACTIVE');
}

/** Out of the workspace: its entries stay and answer by id, its list does not. */
export function removeUser(context: WorldContext, workspaceId: string, userId: string): UserRow {
  const before = rowOf(context, 'users', workspaceId, userId);
  stopTimer(context, workspaceId, userId);
  leaveGroups(context, workspaceId, userId);
  context.store.write({ kind: 'userRemoved', resource: 'users', workspaceId, id: userId, after: null });
  writeMemberships(context, workspaceId, userId, null);
  return before;
}

/** Everywhere: a user is one account in all its workspaces. */
export function renameUser(context: WorldContext, userId: string, name: string): UserRow {
  const user = changeAccount(context, 'userRenamed', userId, (row) => ({ ...row, name }));
  renameManager(context, user);
  return user;
}

/** The profile zone: what the `start` and `end` of the lists this user reads are in. */
export function setTimeZone(context: WorldContext, userId: string, timeZone: string): UserRow {
  return changeAccount(context, 'userTimeZoneSet', userId, (row) => ({
    ...row,
    settings: row.settings === null ? null : { ...row.settings, timeZone },
  }));
}

function newAccount(context: WorldContext, input: NewUser): UserRow {
  const id = context.mintId(input.createdAtMs ?? context.clock());
  return userRow({
    id,
    email: input.email ?? `user-${id.slice(-6)}@example.com`,
    name: input.name === undefined ? `User ${id.slice(-6)}` : input.name,
    workspaceId: input.workspaceId,
    timeZone: input.timeZone ?? 'UTC',
  });
}

/** @throws {UnknownRowError} */
function accountOf({ store }: WorldContext, userId: string): UserRow {
  for (const workspaceId of store.workspaceIds()) {
    const row = store.row('users', workspaceId, userId);
    if (row !== undefined) return row;
  }
  throw new UnknownRowError(`no user ${userId} in any workspace`);
}

function changeAccount(
  context: WorldContext,
  kind: string,
  userId: string,
  change: (row: UserRow) => UserRow,
): UserRow {
  accountOf(context, userId);
  for (const workspaceId of context.store.workspaceIds()) {
    const row = context.store.row('users', workspaceId, userId);
    if (row === undefined) continue;
    context.store.write({ kind, resource: 'users', workspaceId, id: userId, after: change(row) });
  }
  return accountOf(context, userId);
}

function setMembership(
  context: WorldContext,
  kind: string,
  workspaceId: string,
  userId: string,
  status: MembershipStatus,
): UserRow {
  const row = rowOf(context, 'users', workspaceId, userId);
  return putMember(context, kind, workspaceId, row, membership(userId, workspaceId, 'WORKSPACE', status));
}

function putMember(
  context: WorldContext,
  kind: string,
  workspaceId: string,
  account: UserRow,
  member: Membership,
): UserRow {
  const after = { ...account, memberships: [member] };
  context.store.write({ kind, resource: 'users', workspaceId, id: account.id, after });
  writeMemberships(context, workspaceId, account.id, member);
  return rowOf(context, 'users', workspaceId, account.id);
}

/** The workspace lists its members too. */
function writeMemberships(context: WorldContext, workspaceId: string, userId: string, member: Membership | null): void {
  if (context.isSeeding) return;
  const workspace = rowOf(context, 'workspaces', workspaceId, workspaceId);
  const others = workspace.memberships.filter((known) => known.userId !== userId);
  const after = { ...workspace, memberships: member === null ? others : [...others, member] };
  const kind = 'workspaceMembershipsMoved';
  context.store.write({ kind, resource: 'workspaces', workspaceId, id: workspaceId, after });
}
