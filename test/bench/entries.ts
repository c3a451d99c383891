/** Time entries in any number, the same ones each time: ids as Clockify makes them, rows of one length. */
import { createCodec } from '../../src/avro/codec.ts';
import { readCommittedSchemas } from '../../src/avro/schema.ts';
import type { EntityKey, Row } from '../../src/core/record.ts';
import type { StateItem } from '../../src/core/state.ts';

export const SOURCE = 'time-entries';
export const codec = createCodec({
  ...readCommittedSchemas('time_entries'),
  keySchemaId: 1,
  valueSchemaId: 2,
});

const USERS = 25;
const BASE_MS = Date.UTC(2024, 0, 1);
const WORDS = 'meeting review deploy fix invoice customer planning release support design call notes'.split(' ');

/** A number as 24 hex digits that look like any others. */
function idOf(kind: number, at: number): string {
  const part = (salt: number) => (Math.imul(at + salt, 0x9e3779b1) >>> 0).toString(16).padStart(8, '0');
  return `${(0x65000000 + at).toString(16)}${part(kind)}${part(kind + 77)}`;
}

export const workspaceOf = (at: number): string => idOf(1, at);
export const sliceOf = (workspace: number, user: number): string =>
  `${SOURCE}/${workspaceOf(workspace)}/${idOf(2, workspace * USERS + user)}`;

export interface Entry {
  readonly key: EntityKey;
  readonly slice: string;
  readonly row: Row;
  readonly startMs: number;
}

/** The entry of a number, in one of so many workspaces. */
export function entryAt(at: number, workspaces: number, rowBytes: number): Entry {
  const workspace = at % workspaces;
  const user = Math.floor(at / workspaces) % USERS;
  const startMs = BASE_MS + at * 60_000;
  const row = (description: string): Row => ({
    ...EMPTY,
    workspace_id: workspaceOf(workspace),
    id: idOf(3, at),
    user_id: idOf(2, workspace * USERS + user),
    project_id: idOf(4, at % 500),
    task_id: at % 3 === 0 ? idOf(5, at % 2_000) : null,
    tag_ids: at % 2 === 0 ? [idOf(6, at % 40)] : [],
    description,
    billable: at % 5 === 0,
    type: 'REGULAR',
    time_interval_start: startMs,
    time_interval_end: startMs + 3_600_000,
    time_interval_duration_seconds: 3_600,
  });
  const missing = rowBytes - codec.encodeRow(row('')).rowBytes.length;
  const description = textOf(at, missing > 64 ? missing - 1 : missing);
  return {
    key: [workspaceOf(workspace), idOf(3, at)],
    slice: sliceOf(workspace, user),
    row: row(description),
    startMs,
  };
}

const EMPTY: Row = Object.fromEntries(
  (JSON.parse(codec.rowSchema) as { fields: { name: string; type: unknown }[] }).fields.map(({ name, type }) => [
    name,
    Array.isArray(type) ? null : '',
  ]),
);

function textOf(at: number, length: number): string {
  let text = '';
  for (let i = at; text.length < length; i = i * 7 + 3) text += `${WORDS[i % WORDS.length]} ${i % 1000} `;
  return text.slice(0, Math.max(0, length));
}

/** The entry as the state has it. */
export function stateItemOf({ key, slice, row, startMs }: Entry): StateItem {
  const { rowBytes, hash } = codec.encodeRow(row);
  const entry = { kind: 'live', slice, hash, schema: codec.fingerprint, startMs, tsMs: startMs + 1, rowBytes } as const;
  return { type: 'entity', source: SOURCE, key, entry };
}
