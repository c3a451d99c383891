import { editEntry } from './entry-mutations.ts';
import type { ClientRow, ResourceRows, TagRow, TaskRow } from './rows.ts';
import { refuseNamesake, rowOf, type WorldContext } from './world-context.ts';

/** The client's projects tell its name too. */
export function renameClient(context: WorldContext, workspaceId: string, id: string, name: string): ClientRow {
  const before = rowOf(context, 'clients', workspaceId, id);
  refuseNamesake(context, 'clients', workspaceId, name, id);
  const client = put(context, 'clientRenamed', 'clients', workspaceId, { ...before, name });
  moveProjects(context, workspaceId, id, { clientId: id, clientName: name });
  return client;
}

export function archiveClient(context: WorldContext, workspaceId: string, id: string): ClientRow {
  const before = rowOf(context, 'clients', workspaceId, id);
  return put(context, 'clientArchived', 'clients', workspaceId, { ...before, archived: true });
}

export function unarchiveClient(context: WorldContext, workspaceId: string, id: string): ClientRow {
  const before = rowOf(context, 'clients', workspaceId, id);
  return put(context, 'clientUnarchived', 'clients', workspaceId, { ...before, archived: false });
}

/** Archives it first where need be, as Clockify demands; its projects stay without a client. */
export function deleteClient(context: WorldContext, workspaceId: string, id: string): ClientRow {
  if (!rowOf(context, 'clients', workspaceId, id).archived) archiveClient(context, workspaceId, id);
  const before = rowOf(context, 'clients', workspaceId, id);
  moveProjects(context, workspaceId, id, { clientId: '', clientName: '' });
  context.store.write({ kind: 'clientDeleted', resource: 'clients', workspaceId, id, after: null });
  return before;
}

export function renameTag(context: WorldContext, workspaceId: string, id: string, name: string): TagRow {
  const before = rowOf(context, 'tags', workspaceId, id);
  refuseNamesake(context, 'tags', workspaceId, name, id);
  return put(context, 'tagRenamed', 'tags', workspaceId, { ...before, name });
}

export function archiveTag(context: WorldContext, workspaceId: string, id: string): TagRow {
  const before = rowOf(context, 'tags', workspaceId, id);
  return put(context, 'tagArchived', 'tags', workspaceId, { ...before, archived: true });
}

export function unarchiveTag(context: WorldContext, workspaceId: string, id: string): TagRow {
  const before = rowOf(context, 'tags', workspaceId, id);
  return put(context, 'tagUnarchived', 'tags', workspaceId, { ...before, archived: false });
}

/** Archived or not; the entries that have it lose it. */
export function deleteTag(context: WorldContext, workspaceId: string, id: string): TagRow {
  const before = rowOf(context, 'tags', workspaceId, id);
  for (const entry of context.store.rows('timeEntries', workspaceId)) {
    if (entry.tagIds?.includes(id) !== true) continue;
    editEntry(context, workspaceId, entry.id, { tagIds: entry.tagIds.filter((tagId) => tagId !== id) });
  }
  context.store.write({ kind: 'tagDeleted', resource: 'tags', workspaceId, id, after: null });
  return before;
}

export function renameTask(context: WorldContext, workspaceId: string, id: string, name: string): TaskRow {
  const before = rowOf(context, 'tasks', workspaceId, id);
  return put(context, 'taskRenamed', 'tasks', workspaceId, { ...before, name });
}

export function finishTask(context: WorldContext, workspaceId: string, id: string): TaskRow {
  const before = rowOf(context, 'tasks', workspaceId, id);
  return put(context, 'taskDone', 'tasks', workspaceId, { ...before, status: 'DONE' });
}

export function reopenTask(context: WorldContext, workspaceId: string, id: string): TaskRow {
  const before = rowOf(context, 'tasks', workspaceId, id);
  return put(context, 'taskReopened', 'tasks', workspaceId, { ...before, status: 'ACTIVE' });
}

/** Done first where need be, as Clockify demands; its entries stay without a task. */
export function deleteTask(context: WorldContext, workspaceId: string, id: string): TaskRow {
  if (rowOf(context, 'tasks', workspaceId, id).status !== 'DONE') finishTask(context, workspaceId, id);
  const before = rowOf(context, 'tasks', workspaceId, id);
  for (const entry of context.store.rows('timeEntries', workspaceId)) {
    if (entry.taskId === id) editEntry(context, workspaceId, entry.id, { taskId: null });
  }
  context.store.write({ kind: 'taskDeleted', resource: 'tasks', workspaceId, id, after: null });
  return before;
}

function moveProjects(
  context: WorldContext,
  workspaceId: string,
  clientId: string,
  client: { readonly clientId: string; readonly clientName: string },
): void {
  for (const project of context.store.rows('projects', workspaceId)) {
    if (project.clientId !== clientId) continue;
    put(context, 'projectClientChanged', 'projects', workspaceId, { ...project, ...client });
  }
}

function put<N extends 'clients' | 'tags' | 'tasks' | 'projects'>(
  context: WorldContext,
  kind: string,
  resource: N,
  workspaceId: string,
  after: ResourceRows[N],
): ResourceRows[N] {
  context.store.write({ kind, resource, workspaceId, id: after.id, after });
  return rowOf(context, resource, workspaceId, after.id);
}
