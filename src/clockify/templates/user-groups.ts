import { segment, type Template } from './template.ts';

/**
 * The user groups of a workspace. No single group can be read, so that a delete takes two complete sweeps. A workspace
 * without groups is a usual one. Without `include_team_managers` the managers come as an empty list.
 */
export const userGroups: Template = {
  name: 'user-groups',
  resource: 'user_group',
  plural: 'user_groups',
  record: 'UserGroup',
  parameters: ['workspace'],
  list: {
    path: ({ workspace }) => `/workspaces/${segment(workspace)}/user-groups`,
    query: { 'sort-column': 'ID', 'sort-order': 'ASCENDING' },
    paged: true,
    pageSize: 200,
    maxPageSize: 5000,
  },
  keyFields: ['workspace_id', 'id'],
  fields: [
    { path: ['workspaceId'], field: 'workspace_id', type: 'string' },
    { path: ['id'], field: 'id', type: 'string' },
    { path: ['name'], field: 'name', type: 'string' },
    { path: ['userIds'], field: 'user_ids', type: 'string-set' },
    { path: ['teamManagers'], field: 'team_managers_json', type: 'json', unordered: ['teamManagers'] },
  ],
  ignoreChanges: [],
  mayBeEmpty: true,
  filters: {
    project_id: { type: 'string', query: 'project-id' },
    name: { type: 'string', query: 'name' },
    include_team_managers: { type: 'boolean', query: 'includeTeamManagers' },
  },
};
