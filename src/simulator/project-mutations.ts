import { editEntry } from './entry-mutations.ts';
import { clientRow, projectRow, taskRow } from './row-defaults.ts';
import type { ClientRow, ProjectRow, TagRow, TaskRow } from './rows.ts';
import { refuseNamesake, rowOf, type WorldContext } from './world-context.ts';

const COLORS = ['#2196F3', '#F44336', '#4CAF50', '#FF9800', '#9C27B0', '#607D8B'] as const;

export interface NewProject {
  readonly workspaceId: string;
  readonly name: string;
  readonly clientId?: string | undefined;
  readonly billable?: boolean | undefined;
  /** Seen by all members. Default true. */
  readonly public?: boolean | undefined;
  readonly template?: boolean | undefined;
  /** Minor units of the workspace's currency; null: the project has no rate of its own. */
  readonly hourlyRate?: number | null | undefined;
  readonly memberIds?: readonly string[] | undefined;
  readonly createdAtMs?: number | undefined;
}

export function createProject(context: WorldContext, input: NewProject): ProjectRow {
  const { workspaceId } = input;
  rowOf(context, 'workspaces', workspaceId, workspaceId);
  const id = context.mintId(input.createdAtMs ?? context.clock());
  const color = COLORS[Number.parseInt(id.slice(-2), 16) % COLORS.length] as string;
  const row = projectRow({
    id,
    name: input.name,
    workspaceId,
    client: input.clientId === undefined ? undefined : rowOf(context, 'clients', workspaceId, input.clientId),
    color,
    billable: input.billable ?? true,
    hourlyRate: typeof input.hourlyRate === 'number' ? { amount: input.hourlyRate, currency: 'USD' } : null,
    public: input.public ?? true,
    template: input.template ?? false,
    memberIds: input.memberIds ?? [],
  });
  return put(context, 'projectCreated', row);
}

export function renameProject(context: WorldContext, workspaceId: string, id: string, name: string): ProjectRow {
  return put(context, 'projectRenamed', { ...rowOf(context, 'projects', workspaceId, id), name });
}

export function archiveProject(context: WorldContext, workspaceId: string, id: string): ProjectRow {
  return put(context, 'projectArchived', { ...rowOf(context, 'projects', workspaceId, id), archived: true });
}

export function unarchiveProject(context: WorldContext, workspaceId: string, id: string): ProjectRow {
  return put(context, 'projectUnarchived', { ...rowOf(context, 'projects', workspaceId, id), archived: false });
}

/** Archives it first where need be, as Clockify demands; its tasks go, its entries stay without a project. */
export function deleteProject(context: WorldContext, workspaceId: string, id: string): ProjectRow {
  const { store } = context;
  if (!rowOf(context, 'projects', workspaceId, id).archived) archiveProject(context, workspaceId, id);
  for (const entry of store.rows('timeEntries', workspaceId)) {
    if (entry.projectId === id) editEntry(context, workspaceId, entry.id, { projectId: null, taskId: null });
  }
  for (const task of store.rows('tasks', workspaceId)) {
    if (task.projectId !== id) continue;
    store.write({ kind: 'taskDeleted', resource: 'tasks', workspaceId, id: task.id, after: null });
  }
  const before = rowOf(context, 'projects', workspaceId, id);
  store.write({ kind: 'projectDeleted', resource: 'projects', workspaceId, id, after: null });
  context.projectSeconds.delete(id);
  return before;
}

export function createClient(context: WorldContext, workspaceId: string, name: string): ClientRow {
  const workspace = rowOf(context, 'workspaces', workspaceId, workspaceId);
  refuseNamesake(context, 'clients', workspaceId, name);
  const id = context.mintId(context.clock());
  const after = clientRow(id, workspaceId, name, workspace.currencies[0]?.id ?? '');
  context.store.write({ kind: 'clientCreated', resource: 'clients', workspaceId, id, after });
  return rowOf(context, 'clients', workspaceId, id);
}

export function createTask(context: WorldContext, workspaceId: string, projectId: string, name: string): TaskRow {
  rowOf(context, 'projects', workspaceId, projectId);
  const id = context.mintId(context.clock());
  const after = taskRow(id, projectId, name);
  context.store.write({ kind: 'taskCreated', resource: 'tasks', workspaceId, id, after });
  return rowOf(context, 'tasks', workspaceId, id);
}

export function createTag(context: WorldContext, workspaceId: string, name: string): TagRow {
  rowOf(context, 'workspaces', workspaceId, workspaceId);
  refuseNamesake(context, 'tags', workspaceId, name);
  const id = context.mintId(context.clock());
  const after = { id, name, workspaceId, archived: false };
  context.store.write({ kind: 'tagCreated', resource: 'tags', workspaceId, id, after });
  return rowOf(context, 'tags', workspaceId, id);
}

function put(context: WorldContext, kind: string, after: ProjectRow): ProjectRow {
  const { workspaceId, id } = after;
  context.store.write({ kind, resource: 'projects', workspaceId, id, after });
  return rowOf(context, 'projects', workspaceId, id);
}
