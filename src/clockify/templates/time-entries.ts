import { rateFields } from './rate-fields.ts';
import { segment, type Template } from './template.ts';

/**
 * The time entries of one user: the only list Clockify has. An entry can move to another user, hence `ownerOf`; the
 * read by id knows it wherever it is.
 */
export const timeEntries: Template = {
  name: 'time-entries',
  resource: 'time_entry',
  plural: 'time_entries',
  record: 'TimeEntry',
  parameters: ['workspace', 'user'],
  list: {
    path: ({ workspace, user }) => `/workspaces/${segment(workspace)}/user/${segment(user)}/time-entries`,
    query: {},
    paged: true,
    pageSize: 1000,
    maxPageSize: 1000,
  },
  rhythms: true,
  read: { path: ({ workspace }, key) => `/workspaces/${segment(workspace)}/time-entries/${segment(key.at(-1))}` },
  ownerOf(item, parameters) {
    const userId = (item as { readonly userId?: unknown } | null)?.userId;
    return typeof userId === 'string' ? { ...parameters, user: userId } : parameters;
  },
  keyFields: ['workspace_id', 'id'],
  startField: 'time_interval_start',
  fields: [
    { path: ['workspaceId'], field: 'workspace_id', type: 'string' },
    { path: ['id'], field: 'id', type: 'string' },
    { path: ['userId'], field: 'user_id', type: 'string' },
    { path: ['description'], field: 'description', type: 'string' },
    { path: ['projectId'], field: 'project_id', type: 'string' },
    { path: ['taskId'], field: 'task_id', type: 'string' },
    { path: ['kioskId'], field: 'kiosk_id', type: 'string' },
    { path: ['tagIds'], field: 'tag_ids', type: 'strings' },
    { path: ['billable'], field: 'billable', type: 'boolean' },
    { path: ['isLocked'], field: 'is_locked', type: 'boolean' },
    { path: ['type'], field: 'type', type: 'string' },
    { path: ['timeInterval', 'start'], field: 'time_interval_start', type: 'instant' },
    { path: ['timeInterval', 'end'], field: 'time_interval_end', type: 'instant' },
    { path: ['timeInterval', 'duration'], field: 'time_interval_duration_seconds', type: 'duration' },
    ...rateFields('hourlyRate', 'hourly_rate'),
    ...rateFields('costRate', 'cost_rate'),
    { path: ['customFieldValues'], field: 'custom_field_values_json', type: 'json' },
  ],
  ignoreChanges: [],
  mayBeEmpty: true,
  filters: {
    description: { type: 'string', query: 'description' },
    project: { type: 'string', query: 'project' },
    task: { type: 'string', query: 'task' },
    tags: { type: 'strings', query: 'tags' },
    project_required: { type: 'boolean', query: 'project-required' },
    task_required: { type: 'boolean', query: 'task-required' },
  },
};
