import { type Answer, type ApiRequest, notOfWorkspace, ok } from './answer.ts';
import { pageOf } from './paging.ts';
import { booleanOf, listOf, nameFilterOf } from './query.ts';
import { enterWorkspace } from './resource-workspaces.ts';
import type { TagRow } from './rows.ts';
import { sorted } from './sorting.ts';

const COLUMNS = { NAME: ({ name }: TagRow) => name.toLowerCase(), ID: ({ id }: TagRow) => id };

/** `archived` left out gives both (observed 2026-08). */
export function listTags(request: ApiRequest): Answer {
  const { workspace } = enterWorkspace(request);
  const archived = booleanOf(request.query, 'archived');
  const excluded = listOf(request.query, 'excluded-ids');
  const hasName = nameFilterOf(request.query);
  const rows = request.store
    .rows('tags', workspace.id)
    .filter(
      (row) => hasName(row) && !excluded.includes(row.id) && (archived === undefined || row.archived === archived),
    );
  return pageOf(request, sorted(request, rows, COLUMNS));
}

export function getTag(request: ApiRequest): Answer {
  const { workspace } = enterWorkspace(request);
  const row = request.store.row('tags', workspace.id, request.params.id ?? '');
  if (row === undefined) throw notOfWorkspace('Tag');
  return ok(row);
}
