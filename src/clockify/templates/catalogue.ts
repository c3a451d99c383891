import { projects } from './projects.ts';
import type { Template } from './template.ts';
import { timeEntries } from './time-entries.ts';
import { users } from './users.ts';
import { workspaces } from './workspaces.ts';

/** Every template, parents before children. */
export const templates: readonly Template[] = [workspaces, users, projects, timeEntries];

export function findTemplate(name: string): Template | undefined {
  return templates.find((template) => template.name === name);
}
