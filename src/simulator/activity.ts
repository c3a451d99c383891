import { PAPERWORK_DEEDS } from './activity-paperwork.ts';
import { REFERENCE_DEEDS } from './activity-references.ts';
import { addEntry, deleteEntry, editEntry, restoreEntry, startTimer, stopTimer } from './entry-mutations.ts';
import { archiveProject, createProject, deleteProject, renameProject, unarchiveProject } from './project-mutations.ts';
import { randomFields, randomRate, randomTags } from './random-fields.ts';
import type { ProjectRow, TimeEntryRow, UserRow } from './rows.ts';
import { DESCRIPTIONS, FIRST_NAMES, LAST_NAMES, PROJECT_NAMES } from './seed-names.ts';
import { activateUser, deactivateUser, joinUser } from './user-mutations.ts';
import type { WorldContext } from './world-context.ts';

const DAY_MS = 86_400_000;

/** One deed in a workspace; false where there was nothing to do it to. */
type Deed = (context: WorldContext, workspaceId: string) => boolean;

/** How often each deed happens, of the sum of all. Entries move all the time, projects and users seldom. */
const DEEDS: readonly (readonly [weight: number, deed: Deed])[] = [
  [20, start],
  [14, stop],
  [16, add],
  [8, addBackDated],
  [10, describe],
  [5, retag],
  [6, moveStart],
  [8, moveProject],
  [7, remove],
  [3, restore],
  [2, rename],
  [1, toggleArchived],
  [1, newProject],
  [0.4, dropProject],
  [0.3, join],
  [0.6, toggleActive],
  ...REFERENCE_DEEDS,
  ...PAPERWORK_DEEDS,
];

const TOTAL_WEIGHT = DEEDS.reduce((sum, [weight]) => sum + weight, 0);

/** Makes one thing happen; a deed with no object is drawn again, and after some draws an entry is added. */
export function act(context: WorldContext): void {
  for (let draw = 0; draw < 20; draw += 1) {
    const workspaceIds = context.store.workspaceIds();
    if (workspaceIds.length === 0) return;
    const workspaceId = context.random.pick(workspaceIds);
    if (drawDeed(context)(context, workspaceId)) return;
  }
}

function drawDeed({ random }: WorldContext): Deed {
  let rest = random.next() * TOTAL_WEIGHT;
  for (const [weight, deed] of DEEDS) {
    rest -= weight;
    if (rest < 0) return deed;
  }
  return add;
}

function start(context: WorldContext, workspaceId: string): boolean {
  return withUser(context, workspaceId, ({ id }) => {
    startTimer(context, { ...randomFields(context, workspaceId), workspaceId, userId: id });
  });
}

function stop(context: WorldContext, workspaceId: string): boolean {
  const running = context.store.running(workspaceId);
  if (running.length === 0) return false;
  stopTimer(context, workspaceId, context.random.pick(running).userId);
  return true;
}

function add(context: WorldContext, workspaceId: string): boolean {
  return addAt(context, workspaceId, context.clock() - context.random.integer(1, 300) * 60_000);
}

function addBackDated(context: WorldContext, workspaceId: string): boolean {
  return addAt(context, workspaceId, context.clock() - Math.floor(context.random.integer(1, 45) * DAY_MS * 1.01));
}

function addAt(context: WorldContext, workspaceId: string, startMs: number): boolean {
  return withUser(context, workspaceId, ({ id }) => {
    const end = Math.min(context.clock(), startMs + context.random.integer(10, 180) * 60_000);
    addEntry(context, { ...randomFields(context, workspaceId), workspaceId, userId: id, start: startMs, end });
  });
}

function describe(context: WorldContext, workspaceId: string): boolean {
  return withEntry(context, workspaceId, ({ id, description }) => {
    const other = DESCRIPTIONS.filter((text) => text !== description);
    editEntry(context, workspaceId, id, { description: context.random.pick(other) });
  });
}

function retag(context: WorldContext, workspaceId: string): boolean {
  return withEntry(context, workspaceId, ({ id, billable }) => {
    editEntry(context, workspaceId, id, { tagIds: randomTags(context, workspaceId), billable: !billable });
  });
}

function moveStart(context: WorldContext, workspaceId: string): boolean {
  return withEntry(context, workspaceId, ({ id, timeInterval }) => {
    const startMs = Date.parse(timeInterval.start) - context.random.integer(1, 36 * 60) * 60_000;
    editEntry(context, workspaceId, id, { start: startMs });
  });
}

function moveProject(context: WorldContext, workspaceId: string): boolean {
  return withEntry(context, workspaceId, (entry) => {
    const others = context.store
      .rows('projects', workspaceId)
      .filter(({ id, archived }) => !archived && id !== entry.projectId);
    const projectId = others.length === 0 ? null : context.random.pick(others).id;
    editEntry(context, workspaceId, entry.id, { projectId, taskId: null });
  });
}

function remove(context: WorldContext, workspaceId: string): boolean {
  return withEntry(context, workspaceId, ({ id }) => {
    deleteEntry(context, workspaceId, id);
  });
}

function restore(context: WorldContext, workspaceId: string): boolean {
  const gone = [...context.bin.values()].filter((row) => row.workspaceId === workspaceId);
  if (gone.length === 0) return false;
  restoreEntry(context, workspaceId, context.random.pick(gone).id);
  return true;
}

function rename(context: WorldContext, workspaceId: string): boolean {
  return withProject(context, workspaceId, ({ id }) => {
    const name = `${context.random.pick(PROJECT_NAMES)} ${context.random.integer(100, 999)}`;
    renameProject(context, workspaceId, id, name);
  });
}

/** A third of the projects at most: what is archived gets no new entries. */
function toggleArchived(context: WorldContext, workspaceId: string): boolean {
  const projects = context.store.rows('projects', workspaceId);
  if (projects.length === 0) return false;
  const archived = projects.filter((project) => project.archived);
  const isFull = archived.length > projects.length / 3;
  const project = context.random.pick(isFull ? archived : projects);
  if (project.archived) unarchiveProject(context, workspaceId, project.id);
  else archiveProject(context, workspaceId, project.id);
  return true;
}

function newProject(context: WorldContext, workspaceId: string): boolean {
  if (context.store.rows('projects', workspaceId).length >= context.crowd.projects) return false;
  const name = `${context.random.pick(PROJECT_NAMES)} ${context.random.integer(1000, 9999)}`;
  createProject(context, { workspaceId, name, hourlyRate: randomRate(context.random) });
  return true;
}

/** Only where enough are left, and the one with the least on it: its entries all change. */
function dropProject(context: WorldContext, workspaceId: string): boolean {
  const projects = context.store.rows('projects', workspaceId);
  if (projects.length < 6) return false;
  const tracked = ({ id }: ProjectRow): number => context.projectSeconds.get(id) ?? 0;
  const least = projects.reduce((least, project) => (tracked(project) < tracked(least) ? project : least));
  deleteProject(context, workspaceId, least.id);
  return true;
}

/** Nobody is ever removed: what is left of a removed user, no list shows. */
function join(context: WorldContext, workspaceId: string): boolean {
  if (context.store.rows('users', workspaceId).length >= context.crowd.users) return false;
  const name = `${context.random.pick(FIRST_NAMES)} ${context.random.pick(LAST_NAMES)}`;
  joinUser(context, { workspaceId, name });
  return true;
}

/** Never one of the first two, whose keys read the API, and a quarter of the others at most. */
function toggleActive(context: WorldContext, workspaceId: string): boolean {
  const others = context.store.rows('users', workspaceId).slice(2);
  if (others.length === 0) return false;
  const inactive = others.filter((user) => !isActive(user));
  const user = context.random.pick(inactive.length > others.length / 4 ? inactive : others);
  if (isActive(user)) deactivateUser(context, workspaceId, user.id);
  else activateUser(context, workspaceId, user.id);
  return true;
}

function withUser(context: WorldContext, workspaceId: string, use: (user: UserRow) => void): boolean {
  const users = context.store.rows('users', workspaceId).filter(isActive);
  if (users.length === 0) return false;
  use(context.random.pick(users));
  return true;
}

/** One of the latest hundred of somebody, most often one of the latest ten. */
function withEntry(context: WorldContext, workspaceId: string, use: (entry: TimeEntryRow) => void): boolean {
  const users = context.store.rows('users', workspaceId);
  if (users.length === 0) return false;
  const list = context.store
    .entriesOf(workspaceId, context.random.pick(users).id)
    .between(Number.NEGATIVE_INFINITY, context.clock() + 1);
  const rows = list.slice(0, context.random.chance(0.7) ? 10 : 100);
  if (rows.length === 0) return false;
  use(context.random.pick(rows));
  return true;
}

function withProject(context: WorldContext, workspaceId: string, use: (project: ProjectRow) => void): boolean {
  const projects = context.store.rows('projects', workspaceId);
  if (projects.length === 0) return false;
  use(context.random.pick(projects));
  return true;
}

function isActive({ memberships }: UserRow): boolean {
  return memberships[0]?.membershipStatus === 'ACTIVE';
}
