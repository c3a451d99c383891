import { rateFields } from './rate-fields.ts';
import { segment, type Template } from './template.ts';

/**
 * The projects of a workspace, archived ones too: `archived` left out gives both (observed 2026-08). `duration` moves
 * with every entry tracked on a project, so that alone it is no change.
 */
export const projects: Template = {
  name: 'projects',
  resource: 'project',
  plural: 'projects',
  record: 'Project',
  parameters: ['workspace'],
  list: {
    path: ({ workspace }) => `/workspaces/${segment(workspace)}/projects`,
    query: { 'sort-column': 'ID', 'sort-order': 'ASCENDING' },
    paged: true,
    pageSize: 200,
    maxPageSize: 5000,
  },
  read: { path: ({ workspace }, key) => `/workspaces/${segment(workspace)}/projects/${segment(key.at(-1))}` },
  keyFields: ['workspace_id', 'id'],
  fields: [
    { path: ['workspaceId'], field: 'workspace_id', type: 'string' },
    { path: ['id'], field: 'id', type: 'string' },
    { path: ['name'], field: 'name', type: 'string' },
    { path: ['clientId'], field: 'client_id', type: 'string' },
    { path: ['clientName'], field: 'client_name', type: 'string' },
    { path: ['color'], field: 'color', type: 'string' },
    { path: ['note'], field: 'note', type: 'string' },
    { path: ['billable'], field: 'billable', type: 'boolean' },
    { path: ['archived'], field: 'archived', type: 'boolean' },
    { path: ['public'], field: 'public', type: 'boolean' },
    { path: ['template'], field: 'template', type: 'boolean' },
    ...rateFields('hourlyRate', 'hourly_rate'),
    ...rateFields('costRate', 'cost_rate'),
    { path: ['duration'], field: 'duration_seconds', type: 'duration' },
    { path: ['estimate', 'estimate'], field: 'estimate_estimate_seconds', type: 'duration' },
    { path: ['estimate', 'type'], field: 'estimate_type', type: 'string' },
    { path: ['timeEstimate', 'estimate'], field: 'time_estimate_estimate_seconds', type: 'duration' },
    { path: ['timeEstimate', 'type'], field: 'time_estimate_type', type: 'string' },
    { path: ['timeEstimate', 'resetOption'], field: 'time_estimate_reset_option', type: 'string' },
    { path: ['timeEstimate', 'active'], field: 'time_estimate_active', type: 'boolean' },
    { path: ['timeEstimate', 'includeNonBillable'], field: 'time_estimate_include_non_billable', type: 'boolean' },
    { path: ['budgetEstimate', 'estimate'], field: 'budget_estimate_estimate', type: 'long' },
    { path: ['budgetEstimate', 'type'], field: 'budget_estimate_type', type: 'string' },
    { path: ['budgetEstimate', 'resetOption'], field: 'budget_estimate_reset_option', type: 'string' },
    { path: ['budgetEstimate', 'active'], field: 'budget_estimate_active', type: 'boolean' },
    { path: ['budgetEstimate', 'includeExpenses'], field: 'budget_estimate_include_expenses', type: 'boolean' },
    { path: ['estimateReset'], field: 'estimate_reset_json', type: 'json' },
    { path: ['memberships'], field: 'memberships_json', type: 'json' },
  ],
  ignoreChanges: ['duration_seconds'],
  mayBeEmpty: true,
  filters: {
    archived: { type: 'boolean', query: 'archived' },
    billable: { type: 'boolean', query: 'billable' },
    is_template: { type: 'boolean', query: 'is-template' },
    clients: { type: 'strings', query: 'clients' },
    users: { type: 'strings', query: 'users' },
    name: { type: 'string', query: 'name' },
    access: { type: 'enum', query: 'access', values: ['PUBLIC', 'PRIVATE'] },
  },
};
