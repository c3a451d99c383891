import { rateFields } from './rate-fields.ts';
import type { Template } from './template.ts';

/**
 * Every workspace the key can see. Not paged, and there is no read that proves one gone: a key that lost a workspace
 * cannot tell whether it still exists.
 */
export const workspaces: Template = {
  name: 'workspaces',
  resource: 'workspace',
  plural: 'workspaces',
  record: 'Workspace',
  parameters: [],
  list: { path: () => '/workspaces', query: {}, paged: false, pageSize: 200, maxPageSize: 200 },
  keyFields: ['id'],
  fields: [
    { path: ['id'], field: 'id', type: 'string' },
    { path: ['name'], field: 'name', type: 'string' },
    ...rateFields('hourlyRate', 'hourly_rate'),
    ...rateFields('costRate', 'cost_rate'),
    { path: ['imageUrl'], field: 'image_url', type: 'string' },
    { path: ['featureSubscriptionType'], field: 'feature_subscription_type', type: 'string' },
    { path: ['features'], field: 'features', type: 'string-set' },
    { path: ['subdomain', 'name'], field: 'subdomain_name', type: 'string' },
    { path: ['subdomain', 'enabled'], field: 'subdomain_enabled', type: 'boolean' },
    { path: ['cakeOrganizationId'], field: 'cake_organization_id', type: 'string' },
    { path: ['currencies'], field: 'currencies_json', type: 'json' },
    { path: ['memberships'], field: 'memberships_json', type: 'json' },
    {
      path: ['workspaceSettings'],
      field: 'workspace_settings_json',
      type: 'json',
      // The order of workingDays differs between answers (observed 2026-03); both are sets in the OpenAPI document.
      unordered: ['workingDays', 'adminOnlyPages'],
    },
  ],
  ignoreChanges: [],
  mayBeEmpty: false,
  filters: {
    roles: {
      type: 'strings',
      query: 'roles',
      values: ['WORKSPACE_ADMIN', 'OWNER', 'TEAM_MANAGER', 'PROJECT_MANAGER'],
    },
  },
};
