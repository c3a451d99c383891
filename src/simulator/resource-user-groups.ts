import type { Answer, ApiRequest } from './answer.ts';
import { pageOf } from './paging.ts';
import { booleanOf, nameFilterOf } from './query.ts';
import { enterWorkspace } from './resource-workspaces.ts';
import type { UserGroupRow } from './rows.ts';
import { sorted } from './sorting.ts';

const COLUMNS = { NAME: ({ name }: UserGroupRow) => name.toLowerCase(), ID: ({ id }: UserGroupRow) => id };

/** No read of a single group exists. */
export function listUserGroups(request: ApiRequest): Answer {
  const { workspace } = enterWorkspace(request);
  const hasName = nameFilterOf(request.query);
  const isOnProject = projectFilter(request, workspace.id);
  const rows = request.store.rows('userGroups', workspace.id).filter((row) => hasName(row) && isOnProject(row));
  const withManagers = booleanOf(request.query, 'includeTeamManagers') ?? false;
  const render = (row: UserGroupRow): object => (withManagers ? row : { ...row, teamManagers: [] });
  return pageOf(request, sorted(request, rows, COLUMNS), {}, render);
}

/** Groups with somebody on the project; on a public one is everybody. */
function projectFilter({ query, store }: ApiRequest, workspaceId: string): (row: UserGroupRow) => boolean {
  const projectId = query.get('project-id');
  if (projectId === null || projectId === '') return () => true;
  const project = store.row('projects', workspaceId, projectId);
  const members = new Set(project?.memberships.map(({ userId }) => userId));
  return ({ userIds }) => project !== undefined && (project.public || userIds.some((id) => members.has(id)));
}
