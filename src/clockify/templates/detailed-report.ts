import { segment, type Template } from './template.ts';
import { totalFields } from './total-fields.ts';

/**
 * The entries that a report shows: those of a range that slides, with names and amounts as of the report. A row that is
 * missing is settled by the read of its time entry, on the main host. Amounts and rates may be fractions of a minor
 * unit (observed). A range without entries is a usual one. Whether running entries are shown is not known: one that is
 * missing is alive by its read.
 */
export const detailedReport: Template = {
  name: 'detailed-report',
  resource: 'detailed_report_row',
  plural: 'detailed_report',
  record: 'DetailedReportRow',
  parameters: ['workspace'],
  report: 'detailed',
  list: {
    path: ({ workspace }) => `/workspaces/${segment(workspace)}/reports/detailed`,
    query: {},
    paged: true,
    pageSize: 1000,
    maxPageSize: 1000,
  },
  read: { path: ({ workspace }, key) => `/workspaces/${segment(workspace)}/time-entries/${segment(key.at(-1))}` },
  keyFields: ['workspace_id', 'id'],
  startField: 'time_interval_start',
  fields: [
    { parameter: 'workspace', field: 'workspace_id' },
    { path: ['_id'], field: 'id', type: 'string' },
    { path: ['description'], field: 'description', type: 'string' },
    { path: ['userId'], field: 'user_id', type: 'string' },
    { path: ['userName'], field: 'user_name', type: 'string' },
    { path: ['userEmail'], field: 'user_email', type: 'string' },
    { path: ['projectId'], field: 'project_id', type: 'string' },
    { path: ['projectName'], field: 'project_name', type: 'string' },
    { path: ['projectColor'], field: 'project_color', type: 'string' },
    { path: ['clientId'], field: 'client_id', type: 'string' },
    { path: ['clientName'], field: 'client_name', type: 'string' },
    { path: ['taskId'], field: 'task_id', type: 'string' },
    { path: ['taskName'], field: 'task_name', type: 'string' },
    { path: ['tagIds'], field: 'tag_ids', type: 'string-set' },
    { path: ['tags'], field: 'tags_json', type: 'json', unordered: ['tags'] },
    { path: ['timeInterval', 'start'], field: 'time_interval_start', type: 'instant' },
    { path: ['timeInterval', 'end'], field: 'time_interval_end', type: 'instant' },
    { path: ['timeInterval', 'duration'], field: 'time_interval_duration_seconds', type: 'long' },
    { path: ['billable'], field: 'billable', type: 'boolean' },
    { path: ['isLocked'], field: 'is_locked', type: 'boolean' },
    { path: ['type'], field: 'type', type: 'string' },
    { path: ['approvalRequestId'], field: 'approval_request_id', type: 'string' },
    { path: ['amount'], field: 'amount', type: 'double' },
    { path: ['rate'], field: 'rate', type: 'double' },
    { path: ['earnedAmount'], field: 'earned_amount', type: 'double' },
    { path: ['earnedRate'], field: 'earned_rate', type: 'double' },
    { path: ['costAmount'], field: 'cost_amount', type: 'double' },
    { path: ['costRate'], field: 'cost_rate', type: 'double' },
    { path: ['currency'], field: 'currency', type: 'string' },
    { path: ['customFields'], field: 'custom_fields_json', type: 'json' },
    { path: ['invoicingInfo'], field: 'invoicing_info_json', type: 'json' },
    ...totalFields,
  ],
  ignoreChanges: [],
  mayBeEmpty: true,
  filters: {},
};
