import { type Answer, type ApiRequest, notOfWorkspace, ok } from './answer.ts';
import { pageOf } from './paging.ts';
import { booleanOf, nameFilterOf } from './query.ts';
import { enterWorkspace } from './resource-workspaces.ts';
import type { TaskRow } from './rows.ts';
import { sorted } from './sorting.ts';

const COLUMNS = { NAME: ({ name }: TaskRow) => name.toLowerCase(), ID: ({ id }: TaskRow) => id };

/** Of one project; no list of a whole workspace exists. */
export function listTasks(request: ApiRequest): Answer {
  const active = booleanOf(request.query, 'is-active');
  const hasName = nameFilterOf(request.query);
  const rows = tasksOf(request).filter(
    (row) => hasName(row) && (active === undefined || (row.status === 'ACTIVE') === active),
  );
  return pageOf(request, sorted(request, rows, COLUMNS));
}

/** Read alone, a task has a duration even where nothing is tracked on it (observed 2026-03). */
export function getTask(request: ApiRequest): Answer {
  const row = tasksOf(request).find(({ id }) => id === request.params.id);
  if (row === undefined) throw notOfWorkspace('Task');
  return ok({ ...row, duration: row.duration ?? 'PT0S' });
}

function tasksOf(request: ApiRequest): readonly TaskRow[] {
  const { workspace } = enterWorkspace(request);
  const { projectId = '' } = request.params;
  if (request.store.row('projects', workspace.id, projectId) === undefined) throw notOfWorkspace('Project');
  return request.store.rows('tasks', workspace.id).filter((row) => row.projectId === projectId);
}
