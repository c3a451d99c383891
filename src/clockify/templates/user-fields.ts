import type { ItemField } from '../../core/field.ts';

/** What an account shows of itself, as a member of a workspace and as the owner of the key. */
export const userFields: readonly ItemField[] = [
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
];
