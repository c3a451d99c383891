import { segment, type Template } from './template.ts';
import { userFields } from './user-fields.ts';

/**
 * The members of a workspace. Without `status=ALL` a deactivated member would leave the list and look deleted; without
 * `memberships=WORKSPACE` nothing in the answer would say that they are inactive. An item does not name the workspace.
 */
export const users: Template = {
  name: 'users',
  resource: 'user',
  plural: 'users',
  record: 'User',
  parameters: ['workspace'],
  list: {
    path: ({ workspace }) => `/workspaces/${segment(workspace)}/users`,
    query: { 'sort-column': 'ID', 'sort-order': 'ASCENDING' },
    paged: true,
    pageSize: 200,
    maxPageSize: 5000,
  },
  keyFields: ['workspace_id', 'id'],
  fields: [{ parameter: 'workspace', field: 'workspace_id' }, ...userFields],
  ignoreChanges: [],
  mayBeEmpty: false,
  filters: {
    status: {
      type: 'enum',
      query: 'status',
      values: ['PENDING', 'ACTIVE', 'DECLINED', 'INACTIVE', 'ALL'],
      default: 'ALL',
    },
    memberships: {
      type: 'enum',
      query: 'memberships',
      values: ['ALL', 'NONE', 'WORKSPACE', 'PROJECT', 'USERGROUP'],
      default: 'WORKSPACE',
    },
    account_statuses: {
      type: 'strings',
      query: 'account-statuses',
      values: ['ACTIVE', 'PENDING_EMAIL_VERIFICATION', 'NOT_REGISTERED', 'LIMITED', 'DELETED', 'LIMITED_DELETED'],
    },
    project_id: { type: 'string', query: 'project-id' },
    email: { type: 'string', query: 'email' },
    name: { type: 'string', query: 'name' },
    include_roles: { type: 'boolean', query: 'include-roles' },
  },
};
