import type { Template } from './template.ts';
import { userFields } from './user-fields.ts';

/**
 * The owner of the key. The answer is one object; whoever asks is always there, so that an empty answer is a wrong one.
 * There is no read that proves an account gone.
 */
export const currentUser: Template = {
  name: 'current-user',
  resource: 'current_user',
  plural: 'current_user',
  record: 'CurrentUser',
  parameters: [],
  list: { path: () => '/user', query: {}, paged: false, single: true, pageSize: 1, maxPageSize: 1 },
  keyFields: ['id'],
  fields: [...userFields],
  ignoreChanges: [],
  mayBeEmpty: false,
  filters: { include_memberships: { type: 'boolean', query: 'include-memberships' } },
};
