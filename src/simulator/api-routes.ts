import { detailedReport } from './report-detailed.ts';
import { summaryReport } from './report-summary.ts';
import { weeklyReport } from './report-weekly.ts';
import { listApprovals } from './resource-approvals.ts';
import { getClient, listClients } from './resource-clients.ts';
import { listCustomFields, listProjectCustomFields } from './resource-custom-fields.ts';
import { listCreated, listDeleted, listUpdated } from './resource-entity-changes.ts';
import { getExpense, listExpenseCategories, listExpenses } from './resource-expenses.ts';
import { getInvoice, listInvoices } from './resource-invoices.ts';
import { getProject, listProjects } from './resource-projects.ts';
import { getTag, listTags } from './resource-tags.ts';
import { getTask, listTasks } from './resource-tasks.ts';
import { getEntry, listEntries, listRunning } from './resource-time-entries.ts';
import { listUserGroups } from './resource-user-groups.ts';
import { currentUser, getMemberProfile, listUsers } from './resource-users.ts';
import { getWorkspace, listWorkspaces } from './resource-workspaces.ts';
import type { Route, Surface } from './router.ts';

/** What the main host answers. The first path that fits wins. */
const MAIN_ROUTES: readonly Route[] = [
  { path: '/user', handlers: { GET: currentUser } },
  { path: '/workspaces', handlers: { GET: listWorkspaces } },
  { path: '/workspaces/{workspaceId}', handlers: { GET: getWorkspace } },
  { path: '/workspaces/{workspaceId}/users', handlers: { GET: listUsers } },
  { path: '/workspaces/{workspaceId}/projects', handlers: { GET: listProjects } },
  { path: '/workspaces/{workspaceId}/projects/{id}', handlers: { GET: getProject } },
  { path: '/workspaces/{workspaceId}/projects/{projectId}/tasks', handlers: { GET: listTasks } },
  { path: '/workspaces/{workspaceId}/projects/{projectId}/tasks/{id}', handlers: { GET: getTask } },
  { path: '/workspaces/{workspaceId}/projects/{projectId}/custom-fields', handlers: { GET: listProjectCustomFields } },
  { path: '/workspaces/{workspaceId}/custom-fields', handlers: { GET: listCustomFields } },
  { path: '/workspaces/{workspaceId}/user-groups', handlers: { GET: listUserGroups } },
  { path: '/workspaces/{workspaceId}/member-profile/{userId}', handlers: { GET: getMemberProfile } },
  { path: '/workspaces/{workspaceId}/approval-requests', handlers: { GET: listApprovals } },
  { path: '/workspaces/{workspaceId}/expenses', handlers: { GET: listExpenses } },
  { path: '/workspaces/{workspaceId}/expenses/categories', handlers: { GET: listExpenseCategories } },
  { path: '/workspaces/{workspaceId}/expenses/{id}', handlers: { GET: getExpense } },
  { path: '/workspaces/{workspaceId}/invoices', handlers: { GET: listInvoices } },
  { path: '/workspaces/{workspaceId}/invoices/{id}', handlers: { GET: getInvoice } },
  { path: '/workspaces/{workspaceId}/clients', handlers: { GET: listClients } },
  { path: '/workspaces/{workspaceId}/clients/{id}', handlers: { GET: getClient } },
  { path: '/workspaces/{workspaceId}/tags', handlers: { GET: listTags } },
  { path: '/workspaces/{workspaceId}/tags/{id}', handlers: { GET: getTag } },
  { path: '/workspaces/{workspaceId}/user/{userId}/time-entries', handlers: { GET: listEntries } },
  { path: '/workspaces/{workspaceId}/time-entries', handlers: {}, allow: ['POST'] },
  { path: '/workspaces/{workspaceId}/time-entries/status/in-progress', handlers: { GET: listRunning } },
  { path: '/workspaces/{workspaceId}/time-entries/{id}', handlers: { GET: getEntry } },
  { path: '/workspaces/{workspaceId}/entities/created', handlers: { GET: listCreated } },
  { path: '/workspaces/{workspaceId}/entities/updated', handlers: { GET: listUpdated } },
  { path: '/workspaces/{workspaceId}/entities/deleted', handlers: { GET: listDeleted } },
];

/** What the reports host answers, all by POST. */
const REPORT_ROUTES: readonly Route[] = [
  { path: '/workspaces/{workspaceId}/reports/detailed', handlers: { POST: detailedReport }, isReport: true },
  { path: '/workspaces/{workspaceId}/reports/summary', handlers: { POST: summaryReport }, isReport: true },
  { path: '/workspaces/{workspaceId}/reports/weekly', handlers: { POST: weeklyReport }, isReport: true },
];

/** The reports host stands under `/v1` globally and under `/report/v1` in the regions (Clockify documentation). */
export const SURFACES: readonly Surface[] = [
  { prefix: '/api/v1', routes: MAIN_ROUTES },
  { prefix: '/report/v1', routes: REPORT_ROUTES },
  { prefix: '/v1', routes: REPORT_ROUTES },
];
