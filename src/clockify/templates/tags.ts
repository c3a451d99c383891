import { segment, type Template } from './template.ts';

/**
 * The tags of a workspace, archived ones too: `archived` left out gives both (observed 2026-08). A workspace without
 * tags is a usual one.
 */
export const tags: Template = {
  name: 'tags',
  resource: 'tag',
  plural: 'tags',
  record: 'Tag',
  parameters: ['workspace'],
  list: {
    path: ({ workspace }) => `/workspaces/${segment(workspace)}/tags`,
    query: { 'sort-column': 'ID', 'sort-order': 'ASCENDING' },
    paged: true,
    pageSize: 200,
    maxPageSize: 5000,
  },
  read: { path: ({ workspace }, key) => `/workspaces/${segment(workspace)}/tags/${segment(key.at(-1))}` },
  keyFields: ['workspace_id', 'id'],
  fields: [
    { path: ['workspaceId'], field: 'workspace_id', type: 'string' },
    { path: ['id'], field: 'id', type: 'string' },
    { path: ['name'], field: 'name', type: 'string' },
    { path: ['archived'], field: 'archived', type: 'boolean' },
  ],
  ignoreChanges: [],
  mayBeEmpty: true,
  filters: {
    archived: { type: 'boolean', query: 'archived' },
    name: { type: 'string', query: 'name' },
    strict_name_search: { type: 'boolean', query: 'strict-name-search' },
    excluded_ids: { type: 'strings', query: 'excluded-ids' },
  },
};
