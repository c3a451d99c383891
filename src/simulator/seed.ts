import { addEntry, startTimer } from './entry-mutations.ts';
import { createClient, createProject, createTag, createTask } from './project-mutations.ts';
import { randomFields, randomRate } from './random-fields.ts';
import { customFieldRow, membership } from './row-defaults.ts';
import type { UserRow } from './rows.ts';
import { seedExtras } from './seed-extras.ts';
import {
  CLIENT_NAMES,
  FIRST_NAMES,
  LAST_NAMES,
  PROJECT_NAMES,
  TAG_NAMES,
  TASK_NAMES,
  TIME_ZONES,
  WORKSPACE_NAMES,
} from './seed-names.ts';
import { isoDuration } from './time.ts';
import { createWorkspace, joinUser } from './user-mutations.ts';
import { type CustomField, rowOf, type WorldContext } from './world-context.ts';

const DAY_MS = 86_400_000;
const HOUR_MS = 3_600_000;

export interface SeedOptions {
  readonly workspaces: number;
  /** Accounts; the first, whose key is the admin's, is in every workspace. */
  readonly users: number;
  /** How far back entries go. */
  readonly days: number;
  readonly projectsPerWorkspace: number;
  /** Profile zone of the first two accounts, whose keys read the API. */
  readonly accountTimeZone: string;
}

/** Fills an empty world. Half the users are in all workspaces, the others in one each. */
export function seedWorld(context: WorldContext, options: SeedOptions): void {
  const bornMs = context.clock() - (options.days + 30) * DAY_MS;
  context.isSeeding = true;
  context.crowd = {
    users: Math.ceil(options.users * 1.5),
    projects: Math.ceil(options.projectsPerWorkspace * 1.5) + 5,
  };
  const workspaceIds = Array.from({ length: options.workspaces }, (_, index) => {
    const name = WORKSPACE_NAMES[index] ?? `Workspace ${index + 1}`;
    return createWorkspace(context, name, bornMs + index * 1000).id;
  });
  seedUsers(context, options, workspaceIds, bornMs);
  for (const [index, workspaceId] of workspaceIds.entries()) {
    if (index === 0) defineCustomFields(context, workspaceId, bornMs);
    seedProjects(context, workspaceId, options.projectsPerWorkspace, bornMs);
    for (const user of context.store.rows('users', workspaceId)) seedEntries(context, workspaceId, user, options.days);
  }
  context.isSeeding = false;
  for (const workspaceId of workspaceIds) {
    settle(context, workspaceId);
    seedExtras(context, workspaceId, bornMs, options.days);
  }
}

function seedUsers(
  context: WorldContext,
  { users, accountTimeZone }: SeedOptions,
  workspaceIds: readonly string[],
  bornMs: number,
): void {
  for (let index = 0; index < users; index += 1) {
    const isEverywhere = index < 2 || index % 2 === 0;
    const mine = isEverywhere ? workspaceIds : [workspaceIds[index % workspaceIds.length] as string];
    const timeZone = index < 2 ? accountTimeZone : context.random.pick(TIME_ZONES);
    let userId: string | undefined;
    for (const workspaceId of mine) {
      const createdAtMs = bornMs + index * 60_000;
      userId = joinUser(context, { ...personOf(index), workspaceId, userId, timeZone, createdAtMs }).id;
    }
  }
}

/** Someone now and then has no name yet. */
function personOf(index: number): { readonly name: string | null; readonly email: string } {
  const first = FIRST_NAMES[index % FIRST_NAMES.length] as string;
  const last = LAST_NAMES[(index * 5 + Math.floor(index / FIRST_NAMES.length)) % LAST_NAMES.length] as string;
  const email = `${first}.${last}.${index + 1}@example.com`.toLowerCase();
  return { name: index > 2 && index % 17 === 0 ? null : `${first} ${last}`, email };
}

/** One of each kind of value: text, number, truth value, list. */
function defineCustomFields(context: WorldContext, workspaceId: string, bornMs: number): void {
  const field = <T>(name: string, type: T) => ({ id: context.mintId(bornMs), name, type });
  const fields: readonly CustomField[] = [
    field('Cost centre', 'TXT' as const),
    field('Kilometres', 'NUMBER' as const),
    field('Reimbursed', 'CHECKBOX' as const),
    field('Activities', 'DROPDOWN_MULTIPLE' as const),
  ];
  context.customFields.set(workspaceId, fields);
  for (const { id, name, type } of fields) {
    const after = customFieldRow(id, workspaceId, name, type);
    context.store.write({ kind: 'customFieldCreated', resource: 'customFields', workspaceId, id, after });
  }
}

function seedProjects(context: WorldContext, workspaceId: string, count: number, bornMs: number): void {
  const { random } = context;
  const clientIds = CLIENT_NAMES.map((name) => createClient(context, workspaceId, name).id);
  for (const name of TAG_NAMES) createTag(context, workspaceId, name);
  const userIds = context.store.rows('users', workspaceId).map(({ id }) => id);
  for (let index = 0; index < count; index += 1) {
    const name = PROJECT_NAMES[index % PROJECT_NAMES.length] as string;
    const project = createProject(context, {
      workspaceId,
      name: index < PROJECT_NAMES.length ? name : `${name} ${Math.floor(index / PROJECT_NAMES.length) + 1}`,
      clientId: index % 4 === 3 ? undefined : random.pick(clientIds),
      billable: random.chance(0.7),
      public: index % 3 !== 2,
      template: index % 12 === 11,
      hourlyRate: randomRate(random),
      memberIds: userIds.filter(() => random.chance(0.3)),
      createdAtMs: bornMs + index * 3_600_000,
    });
    for (const task of TASK_NAMES.slice(index % 3)) createTask(context, workspaceId, project.id, task);
  }
}

/** Three to five entries each working day, a timer now and then, and some leave to come. */
function seedEntries(context: WorldContext, workspaceId: string, user: UserRow, days: number): void {
  const { random } = context;
  const today = Math.floor(context.clock() / DAY_MS) * DAY_MS;
  for (let day = days; day > 0; day -= 1) seedDay(context, workspaceId, user.id, today - day * DAY_MS);
  if (random.chance(0.25)) {
    const start = context.clock() - random.integer(5, 180) * 60_000;
    startTimer(context, { ...randomFields(context, workspaceId), workspaceId, userId: user.id, start });
  }
  if (!random.chance(0.2)) return;
  const start = today + random.integer(5, 40) * DAY_MS;
  addEntry(context, {
    workspaceId,
    userId: user.id,
    description: 'Annual leave',
    type: 'TIME_OFF',
    start,
    end: start + 8 * HOUR_MS,
    createdAtMs: context.clock() - DAY_MS,
  });
}

function seedDay(context: WorldContext, workspaceId: string, userId: string, midnight: number): void {
  const { random } = context;
  const weekday = new Date(midnight).getUTCDay();
  if (weekday === 0 || weekday === 6) return;
  let at = midnight + 8 * HOUR_MS + random.integer(0, 60) * 60_000;
  for (let left = random.integer(3, 5); left > 0; left -= 1) {
    const end = at + random.integer(15, 130) * 60_000 + random.integer(0, 59) * 1000;
    addEntry(context, {
      ...randomFields(context, workspaceId),
      workspaceId,
      userId,
      start: at,
      end,
      createdAtMs: at,
    });
    at = end + random.integer(0, 30) * 60_000;
  }
}

/** What was left out while seeding, in one write a row: who is a member, and what the entries came to. */
function settle(context: WorldContext, workspaceId: string): void {
  const { store } = context;
  const memberships = store.rows('users', workspaceId).map(({ id }) => membership(id, workspaceId, 'WORKSPACE'));
  const after = { ...rowOf(context, 'workspaces', workspaceId, workspaceId), memberships };
  store.write({ kind: 'seeded', resource: 'workspaces', workspaceId, id: workspaceId, after });
  for (const project of store.rows('projects', workspaceId)) {
    const seconds = context.projectSeconds.get(project.id);
    if (seconds === undefined) continue;
    const tracked = { ...project, duration: isoDuration(seconds) };
    store.write({ kind: 'seeded', resource: 'projects', workspaceId, id: project.id, after: tracked });
  }
}
