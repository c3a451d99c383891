import type { EntryFields } from './entry-mutations.ts';
import type { Random } from './random.ts';
import type { TaskRow } from './rows.ts';
import { DESCRIPTIONS } from './seed-names.ts';
import type { CustomField, WorldContext } from './world-context.ts';

/** What somebody might fill in for an entry: a live project or none, tags absent, empty or a few. */
export function randomFields(context: WorldContext, workspaceId: string): EntryFields {
  const { random, store } = context;
  const projects = store.rows('projects', workspaceId).filter(({ archived, template }) => !archived && !template);
  const project = projects.length > 0 && random.chance(0.85) ? random.pick(projects) : undefined;
  const tasks = project === undefined ? [] : store.rows('tasks', workspaceId).filter(isOpenIn(project.id));
  return {
    description: random.pick(DESCRIPTIONS),
    projectId: project?.id ?? null,
    taskId: tasks.length > 0 && random.chance(0.4) ? random.pick(tasks).id : null,
    tagIds: randomTags(context, workspaceId),
    costRate: random.chance(0.5) ? { amount: 3000, currency: 'USD' } : null,
    customFieldValues: randomValues(random, context.customFields.get(workspaceId) ?? []),
  };
}

/** Both null and an empty list stand for no tags (observed 2023-08 and 2026-03). */
export function randomTags({ random, store }: WorldContext, workspaceId: string): readonly string[] | null {
  const tags = store.rows('tags', workspaceId).filter(({ archived }) => !archived);
  if (random.chance(0.4)) return null;
  return tags.filter(() => random.chance(0.15)).map(({ id }) => id);
}

/** Minor units, null where a project has no rate of its own. */
export function randomRate(random: Random): number | null {
  return random.chance(0.7) ? random.integer(40, 120) * 100 : null;
}

function randomValues(random: Random, fields: readonly CustomField[]): Readonly<Record<string, unknown>> {
  return Object.fromEntries(fields.map(({ id, type }) => [id, random.chance(0.5) ? null : randomValue(random, type)]));
}

function randomValue(random: Random, type: CustomField['type']): unknown {
  if (type === 'NUMBER') return random.chance(0.5) ? random.integer(1, 400) : random.integer(1, 4000) / 8;
  if (type === 'CHECKBOX') return random.chance(0.5);
  if (type === 'DROPDOWN_MULTIPLE') return ['travel', 'desk', 'site'].filter(() => random.chance(0.5));
  return `CC-${random.integer(100, 999)}`;
}

function isOpenIn(projectId: string): (task: TaskRow) => boolean {
  return (task) => task.projectId === projectId && task.status === 'ACTIVE';
}
