import type { UserGroupRow, UserRow } from './rows.ts';
import { refuseNamesake, rowOf, type WorldContext } from './world-context.ts';

export interface NewGroup {
  readonly workspaceId: string;
  readonly name: string;
  readonly userIds?: readonly string[] | undefined;
  readonly teamManagerIds?: readonly string[] | undefined;
  readonly createdAtMs?: number | undefined;
}

export function createGroup(context: WorldContext, input: NewGroup): UserGroupRow {
  const { workspaceId, name, userIds = [], teamManagerIds = [] } = input;
  rowOf(context, 'workspaces', workspaceId, workspaceId);
  refuseNamesake(context, 'userGroups', workspaceId, name);
  for (const userId of userIds) rowOf(context, 'users', workspaceId, userId);
  const teamManagers = teamManagerIds.map((userId) => managerOf(rowOf(context, 'users', workspaceId, userId)));
  const id = context.mintId(input.createdAtMs ?? context.clock());
  return put(context, 'groupCreated', { id, name, workspaceId, userIds, teamManagers });
}

export function renameGroup(context: WorldContext, workspaceId: string, id: string, name: string): UserGroupRow {
  refuseNamesake(context, 'userGroups', workspaceId, name, id);
  return put(context, 'groupRenamed', { ...rowOf(context, 'userGroups', workspaceId, id), name });
}

/** Someone who is in it already changes nothing. */
export function addToGroup(context: WorldContext, workspaceId: string, id: string, userId: string): UserGroupRow {
  const group = rowOf(context, 'userGroups', workspaceId, id);
  rowOf(context, 'users', workspaceId, userId);
  if (group.userIds.includes(userId)) return group;
  return put(context, 'groupJoined', { ...group, userIds: [...group.userIds, userId] });
}

export function removeFromGroup(context: WorldContext, workspaceId: string, id: string, userId: string): UserGroupRow {
  const group = rowOf(context, 'userGroups', workspaceId, id);
  if (!group.userIds.includes(userId)) return group;
  return put(context, 'groupLeft', { ...group, userIds: group.userIds.filter((known) => known !== userId) });
}

export function deleteGroup(context: WorldContext, workspaceId: string, id: string): UserGroupRow {
  const before = rowOf(context, 'userGroups', workspaceId, id);
  context.store.write({ kind: 'groupDeleted', resource: 'userGroups', workspaceId, id, after: null });
  return before;
}

/** Who has left the workspace is in none of its groups and manages none. */
export function leaveGroups(context: WorldContext, workspaceId: string, userId: string): void {
  for (const group of context.store.rows('userGroups', workspaceId)) {
    const userIds = group.userIds.filter((id) => id !== userId);
    const teamManagers = group.teamManagers.filter(({ id }) => id !== userId);
    if (userIds.length === group.userIds.length && teamManagers.length === group.teamManagers.length) continue;
    put(context, 'groupLeft', { ...group, userIds, teamManagers });
  }
}

/** A group tells the names of those who manage it. */
export function renameManager(context: WorldContext, user: UserRow): void {
  for (const workspaceId of context.store.workspaceIds()) {
    for (const group of context.store.rows('userGroups', workspaceId)) {
      if (!group.teamManagers.some(({ id }) => id === user.id)) continue;
      const teamManagers = group.teamManagers.map((known) => (known.id === user.id ? managerOf(user) : known));
      put(context, 'groupManagerRenamed', { ...group, teamManagers });
    }
  }
}

function managerOf({ id, name }: UserRow): UserGroupRow['teamManagers'][number] {
  return { id, name };
}

function put(context: WorldContext, kind: string, after: UserGroupRow): UserGroupRow {
  const { workspaceId, id } = after;
  context.store.write({ kind, resource: 'userGroups', workspaceId, id, after });
  return rowOf(context, 'userGroups', workspaceId, id);
}
