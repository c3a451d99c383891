import type { ItemField } from '../../core/field.ts';
import { segment, type Template } from './template.ts';
import { totalFields } from './total-fields.ts';

/**
 * Sums of a range, one row for each innermost group; `report-summary.ts` makes the items. No single sum can be read, so
 * that a delete takes two complete sweeps; a range without entries is a usual one. The range slides, so that alone it
 * is no change.
 */
export const summaryReport: Template = {
  name: 'summary-report',
  resource: 'summary_report_row',
  plural: 'summary_report',
  record: 'SummaryReportRow',
  parameters: ['workspace'],
  report: 'summary',
  list: {
    path: ({ workspace }) => `/workspaces/${segment(workspace)}/reports/summary`,
    query: {},
    paged: false,
    pageSize: 1,
    maxPageSize: 1,
  },
  keyFields: ['workspace_id', 'source', 'group_path'],
  fields: [
    { parameter: 'workspace', field: 'workspace_id' },
    { path: ['source'], field: 'source', type: 'string' },
    { path: ['group_path'], field: 'group_path', type: 'string' },
    ...groupFields(1),
    ...groupFields(2),
    ...groupFields(3),
    { path: ['range_start'], field: 'range_start', type: 'instant' },
    { path: ['range_end'], field: 'range_end', type: 'instant' },
    { path: ['duration_seconds'], field: 'duration_seconds', type: 'long' },
    { path: ['amount'], field: 'amount', type: 'double' },
    { path: ['amounts'], field: 'amounts_json', type: 'json', unordered: ['amounts', 'amountByCurrency'] },
    { path: ['currency'], field: 'currency', type: 'string' },
    { path: ['workspace_currency_code'], field: 'workspace_currency_code', type: 'string' },
    ...totalFields,
  ],
  ignoreChanges: ['range_start', 'range_end'],
  mayBeEmpty: true,
  filters: {},
};

function groupFields(level: number): readonly ItemField[] {
  return ['type', 'id', 'name', 'color', 'client_name'].map((name) => {
    const field = `group_${level}_${name}`;
    return { path: [field], field, type: 'string' };
  });
}
