import { rateFields } from './rate-fields.ts';
import { segment, type Template } from './template.ts';

/**
 * The tasks of one project, done ones too; no list of a whole workspace exists. An item does not name its workspace.
 * `duration` moves with every entry tracked on a task, and is null in the list where the read by id says "PT0S"
 * (observed 2026-03), so that alone it is no change. A project without tasks is a usual one.
 */
export const tasks: Template = {
  name: 'tasks',
  resource: 'task',
  plural: 'tasks',
  record: 'Task',
  parameters: ['workspace', 'project'],
  list: {
    path: (parameters) => tasksOf(parameters),
    query: { 'sort-column': 'ID', 'sort-order': 'ASCENDING' },
    paged: true,
    pageSize: 200,
    maxPageSize: 5000,
  },
  read: { path: (parameters, key) => `${tasksOf(parameters)}/${segment(key.at(-1))}` },
  ownerOf(item, parameters) {
    const projectId = (item as { readonly projectId?: unknown } | null)?.projectId;
    return typeof projectId === 'string' ? { ...parameters, project: projectId } : parameters;
  },
  keyFields: ['workspace_id', 'id'],
  fields: [
    { parameter: 'workspace', field: 'workspace_id' },
    { path: ['id'], field: 'id', type: 'string' },
    { path: ['projectId'], field: 'project_id', type: 'string' },
    { path: ['name'], field: 'name', type: 'string' },
    { path: ['status'], field: 'status', type: 'string' },
    { path: ['billable'], field: 'billable', type: 'boolean' },
    { path: ['assigneeIds'], field: 'assignee_ids', type: 'string-set' },
    { path: ['assigneeId'], field: 'assignee_id', type: 'string' },
    { path: ['userGroupIds'], field: 'user_group_ids', type: 'string-set' },
    { path: ['estimate'], field: 'estimate_seconds', type: 'duration' },
    { path: ['budgetEstimate'], field: 'budget_estimate', type: 'long' },
    { path: ['duration'], field: 'duration_seconds', type: 'duration' },
    ...rateFields('hourlyRate', 'hourly_rate'),
    ...rateFields('costRate', 'cost_rate'),
  ],
  ignoreChanges: ['duration_seconds'],
  mayBeEmpty: true,
  filters: {
    is_active: { type: 'boolean', query: 'is-active' },
    name: { type: 'string', query: 'name' },
    strict_name_search: { type: 'boolean', query: 'strict-name-search' },
  },
};

function tasksOf({ workspace, project }: Readonly<Record<string, string>>): string {
  return `/workspaces/${segment(workspace)}/projects/${segment(project)}/tasks`;
}
