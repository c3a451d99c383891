import { addToGroup, createGroup, deleteGroup, removeFromGroup, renameGroup } from './group-mutations.ts';
import { createClient, createTag, createTask } from './project-mutations.ts';
import * as references from './reference-mutations.ts';
import type { ResourceRows } from './rows.ts';
import { CLIENT_NAMES, GROUP_NAMES, TAG_NAMES, TASK_NAMES } from './seed-names.ts';
import type { WorldContext } from './world-context.ts';

type Deed = (context: WorldContext, workspaceId: string) => boolean;
type Listed = 'clients' | 'tags' | 'tasks' | 'userGroups';

/** How many of each a workspace grows to, and how few it keeps. */
const MOST: Readonly<Record<Listed, number>> = { clients: 12, tags: 14, tasks: 120, userGroups: 8 };
const LEAST = 3;
/** A tag or task is dropped where few entries change with it: the newest, and only as long as it is little used. */
const FEW_ENTRIES = 12;

/** What happens to clients, tags, tasks and groups: seldom, as in life. */
export const REFERENCE_DEEDS: readonly (readonly [weight: number, deed: Deed])[] = [
  [0.3, creating('clients', CLIENT_NAMES, createClient)],
  [0.3, renaming('clients', CLIENT_NAMES, references.renameClient)],
  [0.4, toggleClient],
  [0.2, (context, workspaceId) => dropping(context, workspaceId, 'clients', references.deleteClient)],
  [0.4, creating('tags', TAG_NAMES, createTag)],
  [0.3, renaming('tags', TAG_NAMES, references.renameTag)],
  [0.4, toggleTag],
  [0.3, (context, workspaceId) => dropping(context, workspaceId, 'tags', references.deleteTag)],
  [0.5, newTask],
  [0.3, renaming('tasks', TASK_NAMES, references.renameTask)],
  [0.6, toggleTask],
  [0.3, (context, workspaceId) => dropping(context, workspaceId, 'tasks', references.deleteTask)],
  [
    0.2,
    creating('userGroups', GROUP_NAMES, (context, workspaceId, name) => createGroup(context, { workspaceId, name })),
  ],
  [0.2, renaming('userGroups', GROUP_NAMES, renameGroup)],
  [0.8, moveMember],
  [0.2, (context, workspaceId) => dropping(context, workspaceId, 'userGroups', deleteGroup)],
];

type NameIt = (context: WorldContext, workspaceId: string, name: string) => unknown;

function creating(resource: Listed, names: readonly string[], create: NameIt): Deed {
  return (context, workspaceId) => {
    if (context.store.rows(resource, workspaceId).length >= MOST[resource]) return false;
    return withFreeName(context, workspaceId, resource, names, (name) => create(context, workspaceId, name));
  };
}

function renaming(
  resource: Listed,
  names: readonly string[],
  rename: (context: WorldContext, workspaceId: string, id: string, name: string) => unknown,
): Deed {
  return (context, workspaceId) => {
    const row = oneOf(context, workspaceId, resource);
    if (row === undefined) return false;
    return withFreeName(context, workspaceId, resource, names, (name) => rename(context, workspaceId, row.id, name));
  };
}

/** Names are unique: one that is taken is given up. */
function withFreeName(
  { random, store }: WorldContext,
  workspaceId: string,
  resource: Listed,
  names: readonly string[],
  use: (name: string) => unknown,
): boolean {
  const name = `${random.pick(names)} ${random.integer(10, 999)}`;
  if (store.rows(resource, workspaceId).some((row) => row.name === name)) return false;
  use(name);
  return true;
}

function dropping(
  context: WorldContext,
  workspaceId: string,
  resource: Listed,
  drop: (context: WorldContext, workspaceId: string, id: string) => unknown,
): boolean {
  const rows = context.store.rows(resource, workspaceId);
  const isUsed = resource === 'tags' || resource === 'tasks';
  const row = isUsed ? rows.at(-1) : oneOf(context, workspaceId, resource);
  if (row === undefined || rows.length <= LEAST) return false;
  if (isUsed && isMuchUsed(context, workspaceId, row.id)) return false;
  drop(context, workspaceId, row.id);
  return true;
}

function isMuchUsed({ store }: WorldContext, workspaceId: string, id: string): boolean {
  let left = FEW_ENTRIES;
  return store.rows('timeEntries', workspaceId).some(({ taskId, tagIds }) => {
    if (taskId === id || tagIds?.includes(id) === true) left -= 1;
    return left < 0;
  });
}

/** A third of the clients or tags at most are archived. */
function toggleClient(context: WorldContext, workspaceId: string): boolean {
  const row = toToggle(context, context.store.rows('clients', workspaceId), ({ archived }) => archived);
  if (row === undefined) return false;
  (row.archived ? references.unarchiveClient : references.archiveClient)(context, workspaceId, row.id);
  return true;
}

function toggleTag(context: WorldContext, workspaceId: string): boolean {
  const row = toToggle(context, context.store.rows('tags', workspaceId), ({ archived }) => archived);
  if (row === undefined) return false;
  (row.archived ? references.unarchiveTag : references.archiveTag)(context, workspaceId, row.id);
  return true;
}

function toggleTask(context: WorldContext, workspaceId: string): boolean {
  const row = toToggle(context, context.store.rows('tasks', workspaceId), ({ status }) => status === 'DONE');
  if (row === undefined) return false;
  (row.status === 'DONE' ? references.reopenTask : references.finishTask)(context, workspaceId, row.id);
  return true;
}

function toToggle<R>({ random }: WorldContext, rows: readonly R[], isOff: (row: R) => boolean): R | undefined {
  const off = rows.filter(isOff);
  const choice = off.length > rows.length / 3 ? off : rows;
  return choice.length === 0 ? undefined : random.pick(choice);
}

function newTask(context: WorldContext, workspaceId: string): boolean {
  const { random, store } = context;
  const projects = store.rows('projects', workspaceId).filter(({ archived }) => !archived);
  if (projects.length === 0 || store.rows('tasks', workspaceId).length >= MOST.tasks) return false;
  const name = `${random.pick(TASK_NAMES)} ${random.integer(10, 999)}`;
  createTask(context, workspaceId, random.pick(projects).id, name);
  return true;
}

function moveMember(context: WorldContext, workspaceId: string): boolean {
  const group = oneOf(context, workspaceId, 'userGroups');
  const users = context.store.rows('users', workspaceId);
  if (group === undefined || users.length === 0) return false;
  const { id: userId } = context.random.pick(users);
  const move = group.userIds.includes(userId) ? removeFromGroup : addToGroup;
  move(context, workspaceId, group.id, userId);
  return true;
}

function oneOf<N extends Listed>(
  { random, store }: WorldContext,
  workspaceId: string,
  resource: N,
): ResourceRows[N] | undefined {
  const rows = store.rows(resource, workspaceId);
  return rows.length === 0 ? undefined : random.pick(rows);
}
