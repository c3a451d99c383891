import type { Template } from './template.ts';

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
  fields: [
    { path: ['id'], field: 'id', type: 'string' },
    { path: ['email'], field: 'email', type: 'string' },
    { path: ['name'], field: 'name', type: 'string' },
    { path: ['status'], field: 'status', type: 'string' },
    { path: ['profilePicture'], field: 'profile_picture', type: 'string' },
    { path: ['activeWorkspace'], field: 'active_workspace', type: 'string' },
    { path: ['defaultWorkspace'], field: 'default_workspace', type: 'string' },
    { path: ['memberships'], field: 'memberships_json', type: 'json' },
    { path: ['settings'], field: 'settings_json', type: 'json' },
    { path: ['customFields'], field: 'custom_fields_json', type: 'json' },
    { path: ['roles'], field: 'roles_json', type: 'json' },
  ],
  ignoreChanges: [],
  mayBeEmpty: false,
  filters: { include_memberships: { type: 'boolean', query: 'include-memberships' } },
};
