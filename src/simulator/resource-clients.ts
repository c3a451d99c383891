import { type Answer, type ApiRequest, notOfWorkspace, ok } from './answer.ts';
import { pageOf } from './paging.ts';
import { booleanOf, nameFilterOf } from './query.ts';
import { enterWorkspace } from './resource-workspaces.ts';
import type { ClientRow } from './rows.ts';
import { sorted } from './sorting.ts';

const COLUMNS = { NAME: ({ name }: ClientRow) => name.toLowerCase(), ID: ({ id }: ClientRow) => id };

/** `archived` left out gives both (observed 2026-08). */
export function listClients(request: ApiRequest): Answer {
  const { workspace } = enterWorkspace(request);
  const archived = booleanOf(request.query, 'archived');
  const hasName = nameFilterOf(request.query);
  const rows = request.store
    .rows('clients', workspace.id)
    .filter((row) => hasName(row) && (archived === undefined || row.archived === archived));
  return pageOf(request, sorted(request, rows, COLUMNS));
}

export function getClient(request: ApiRequest): Answer {
  const { workspace } = enterWorkspace(request);
  const row = request.store.row('clients', workspace.id, request.params.id ?? '');
  if (row === undefined) throw notOfWorkspace('Client');
  return ok(row);
}
