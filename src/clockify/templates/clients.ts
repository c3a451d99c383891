import { segment, type Template } from './template.ts';

/**
 * The clients of a workspace, archived ones too: `archived` left out gives both (observed 2026-08). Sorted by name, the
 * only column that the documentation offers: a client renamed during a sweep may be missed by it, and is then found
 * alive by its read. A workspace without clients is a usual one.
 */
export const clients: Template = {
  name: 'clients',
  resource: 'client',
  plural: 'clients',
  record: 'Client',
  parameters: ['workspace'],
  list: {
    path: ({ workspace }) => `/workspaces/${segment(workspace)}/clients`,
    query: { 'sort-column': 'NAME', 'sort-order': 'ASCENDING' },
    paged: true,
    pageSize: 200,
    maxPageSize: 5000,
  },
  read: { path: ({ workspace }, key) => `/workspaces/${segment(workspace)}/clients/${segment(key.at(-1))}` },
  keyFields: ['workspace_id', 'id'],
  fields: [
    { path: ['workspaceId'], field: 'workspace_id', type: 'string' },
    { path: ['id'], field: 'id', type: 'string' },
    { path: ['name'], field: 'name', type: 'string' },
    { path: ['email'], field: 'email', type: 'string' },
    { path: ['ccEmails'], field: 'cc_emails', type: 'strings' },
    { path: ['address'], field: 'address', type: 'string' },
    { path: ['note'], field: 'note', type: 'string' },
    { path: ['archived'], field: 'archived', type: 'boolean' },
    { path: ['currencyId'], field: 'currency_id', type: 'string' },
    { path: ['currencyCode'], field: 'currency_code', type: 'string' },
  ],
  ignoreChanges: [],
  mayBeEmpty: true,
  filters: {
    archived: { type: 'boolean', query: 'archived' },
    name: { type: 'string', query: 'name' },
  },
};
