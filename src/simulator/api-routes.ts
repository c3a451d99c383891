import { getClient, listClients } from './resource-clients.ts';
import { listCreated, listDeleted, listUpdated } from './resource-entity-changes.ts';
import { getProject, listProjects } from './resource-projects.ts';
import { getTag, listTags } from './resource-tags.ts';
import { getTask, listTasks } from './resource-tasks.ts';
import { getEntry, listEntries, listRunning } from './resource-time-entries.ts';
import { currentUser, listUsers } from './resource-users.ts';
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

/** What the reports host answers: nothing yet, so every path on it is unknown. */
const REPORT_ROUTES: readonly Route[] = [];

/** The reports host stands under `/v1` globally and under `/report/v1` in the regions (Clockify documentation). */
export const SURFACES: readonly Surface[] = [
  { prefix: '/api/v1', routes: MAIN_ROUTES },
  { prefix: '/report/v1', routes: REPORT_ROUTES },
  { prefix: '/v1', routes: REPORT_ROUTES },
];
