import { WorkerError } from '../../core/errors.ts';
import { projects } from './projects.ts';
import type { Template } from './template.ts';
import { timeEntries } from './time-entries.ts';
import { users } from './users.ts';
import { workspaces } from './workspaces.ts';

/** Every template, parents before children. */
export const templates: readonly Template[] = [workspaces, users, projects, timeEntries];

/** Which template lists the values of a parameter. */
export const parentTemplates: Readonly<Record<string, Template>> = { workspace: workspaces, user: users };

/** @throws {WorkerError} config `template.unknown` */
export function templateNamed(name: string): Template {
  const found = templates.find((template) => template.name === name);
  if (found !== undefined) return found;
  throw new WorkerError('config', 'template.unknown', `there is no template "${name}"`, {
    hint: `There are ${templates.map((template) => template.name).join(', ')}.`,
  });
}
