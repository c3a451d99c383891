import { type LintResult, type LoadOptions, lintConfig } from '../../../src/config/load-config.ts';
import type { TemplateInfo } from '../../../src/config/template-info.ts';

export const TEMPLATES: readonly TemplateInfo[] = [
  {
    name: 'workspaces',
    plural: 'workspaces',
    parameters: [],
    filters: { roles: { type: 'strings', values: ['OWNER', 'WORKSPACE_ADMIN'] } },
    fields: [{ field: 'id' }, { field: 'name' }],
  },
  {
    name: 'users',
    plural: 'users',
    parameters: ['workspace'],
    filters: {
      status: { type: 'enum', values: ['ACTIVE', 'INACTIVE', 'ALL'] },
      include_roles: { type: 'boolean' },
      name: { type: 'string' },
    },
    fields: [{ field: 'workspace_id' }, { field: 'id' }, { field: 'email' }],
  },
  {
    name: 'time-entries',
    plural: 'time_entries',
    parameters: ['workspace', 'user'],
    filters: { tags: { type: 'strings' } },
    rhythms: true,
    fields: [{ field: 'workspace_id' }, { field: 'id' }, { field: 'description' }],
  },
  {
    name: 'detailed-report',
    plural: 'detailed_report',
    parameters: ['workspace'],
    filters: {},
    fields: [{ field: 'id' }],
    report: 'detailed',
  },
  {
    name: 'summary-report',
    plural: 'summary_report',
    parameters: ['workspace'],
    filters: {},
    fields: [{ field: 'group_path' }],
    report: 'summary',
  },
];

export const KEY = 'canary-Key_1234567890';

export const MINIMAL = [
  'credentials:',
  `  acme: { api_key: \${CLOCKIFY_API_KEY} }`,
  'sources:',
  '  - { name: users, template: users, credential: acme }',
  '',
].join('\n');

/** Lints a text as `/etc/worker/config.yaml`; `files` are the others that can be read. */
export function lint(
  text: string,
  {
    env = {},
    files = {},
    overrides,
    judges,
    templates = TEMPLATES,
  }: Partial<Pick<LoadOptions, 'env' | 'overrides' | 'judges' | 'templates'>> & { files?: object } = {},
): LintResult {
  const all = new Map<string, string>([['/etc/worker/config.yaml', text], ...Object.entries(files)]);
  return lintConfig({
    file: '/etc/worker/config.yaml',
    env: { CLOCKIFY_API_KEY: KEY, ...env },
    templates,
    judges: {
      checkDateFormat: (pattern, zone) => (pattern.includes('jj') ? `"jj" is no letter in ${zone}` : undefined),
      ...judges,
    },
    overrides,
    readFile: (path) => {
      const found = all.get(path);
      if (found === undefined) throw Object.assign(new Error(`no ${path}`), { code: 'ENOENT' });
      return found;
    },
  });
}

/** `3:5 credentials.acme.api_key: message`, without hints. */
export function problemsOf(result: LintResult): string[] {
  return result.problems.map(({ line, column, path, message }) => `${line}:${column} ${path}: ${message}`);
}

export function hintsOf(result: LintResult): string[] {
  return result.problems.map(({ hint }) => hint);
}
