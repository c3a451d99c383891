import { type Answer, type ApiRequest, notOfWorkspace, ok } from './answer.ts';
import { enumOf, nameFilterOf } from './query.ts';
import { enterWorkspace } from './resource-workspaces.ts';
import type { CustomFieldRow } from './rows.ts';

/** Whole, never paged, without a `last-page` header (observed 2026-05). */
export function listCustomFields(request: ApiRequest): Answer {
  const { workspace } = enterWorkspace(request);
  return ok(fieldsOf(request, workspace.id));
}

/** Of one project: those of the workspace, as no project has values of its own here. */
export function listProjectCustomFields(request: ApiRequest): Answer {
  const { workspace } = enterWorkspace(request);
  const project = request.store.row('projects', workspace.id, request.params.projectId ?? '');
  if (project === undefined) throw notOfWorkspace('Project');
  return ok(fieldsOf(request, workspace.id));
}

function fieldsOf({ query, store }: ApiRequest, workspaceId: string): readonly CustomFieldRow[] {
  const status = enumOf(query, 'status', ['INACTIVE', 'VISIBLE', 'INVISIBLE']);
  const entityType = enumOf(query, 'entity-type', ['TIMEENTRY', 'USER']);
  const hasName = nameFilterOf(query);
  return store
    .rows('customFields', workspaceId)
    .filter((row) => hasName(row) && (status ?? row.status) === row.status)
    .filter((row) => (entityType ?? row.entityType) === row.entityType);
}
