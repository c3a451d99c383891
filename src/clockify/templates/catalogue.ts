import { WorkerError } from '../../core/errors.ts';
import { clients } from './clients.ts';
import { currentUser } from './current-user.ts';
import { detailedReport } from './detailed-report.ts';
import { projects } from './projects.ts';
import { summaryReport } from './summary-report.ts';
import { tags } from './tags.ts';
import { tasks } from './tasks.ts';
import type { Template } from './template.ts';
import { timeEntries } from './time-entries.ts';
import { userGroups } from './user-groups.ts';
import { users } from './users.ts';
import { workspaces } from './workspaces.ts';

/** Every template, parents before children. */
export const templates: readonly Template[] = [
  workspaces,
  currentUser,
  users,
  userGroups,
  projects,
  clients,
  tags,
  tasks,
  timeEntries,
  detailedReport,
  summaryReport,
];

/** Which template lists the values of a parameter. */
export const parentTemplates: Readonly<Record<string, Template>> = {
  workspace: workspaces,
  user: users,
  project: projects,
};

/** @throws {WorkerError} config `template.unknown` */
export function templateNamed(name: string): Template {
  const found = templates.find((template) => template.name === name);
  if (found !== undefined) return found;
  throw new WorkerError('config', 'template.unknown', `there is no template "${name}"`, {
    hint: `There are ${templates.map((template) => template.name).join(', ')}.`,
  });
}
