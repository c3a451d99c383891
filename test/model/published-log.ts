import { createSyncDecoder } from '../../src/avro/decode.ts';
import { templateNamed } from '../../src/clockify/templates/catalogue.ts';
import { compileMapping, type RowMapper } from '../../src/core/field.ts';
import type { OutRecord } from '../../src/pipeline/ports.ts';
import type { ResourceName } from '../../src/simulator/rows.ts';
import { type Published, readLog } from '../support/in-process-log.ts';
import { topicOf } from './model-config.ts';
import type { Life } from './worker-life.ts';

/** A row as text: what two rows have in common that say the same. */
export type RowText = string;

export interface Reading {
  readonly source: string;
  readonly resource: ResourceName;
  /** Every change and tombstone, in the order of commits. */
  readonly log: readonly (Published & { readonly text: RowText | null })[];
  /** What a reader of the topic has now. */
  readonly folded: ReadonlyMap<string, RowText>;
  /** The text of a row of the practice Clockify; null for none. */
  textOf(row: object | null, workspaceId: string): RowText | null;
  /** As a key of the topic. */
  keyOf(workspaceId: string, id: string): string;
  /** Takes in what has been committed since the last time. */
  update(): void;
}

const RESOURCES: Readonly<Record<string, ResourceName>> = {
  workspaces: 'workspaces',
  users: 'users',
  projects: 'projects',
  'time-entries': 'timeEntries',
};

interface Shape {
  readonly mapper: RowMapper;
  readonly fields: readonly string[];
  readonly topic: string;
}

const shapes = new Map<string, Shape>();

function shapeOf(source: string): Shape {
  const known = shapes.get(source);
  if (known !== undefined) return known;
  const template = templateNamed(source);
  const fields = template.fields.map(({ field }) => field).filter((field) => !template.ignoreChanges.includes(field));
  const shape = { mapper: compileMapping(template), fields, topic: topicOf(source) };
  shapes.set(source, shape);
  return shape;
}

export function createReading(source: string, { sink, registry }: Life): Reading {
  const { mapper, fields, topic } = shapeOf(source);
  const decode = createSyncDecoder(registry.schemaOf, { instants: 'ms' });
  const log: (Published & { readonly text: RowText | null })[] = [];
  const folded = new Map<string, RowText>();
  const texts = new WeakMap<object, RowText>();
  let read = 0;
  const write = (row: Readonly<Record<string, unknown>>): RowText =>
    JSON.stringify(
      fields.map((field) => row[field] ?? null),
      (_name, value: unknown) => (typeof value === 'bigint' ? Number(value) : value),
    );
  const add = (record: Published): void => {
    const text = record.row === null ? null : write(record.row);
    log.push({ ...record, text });
    if (text === null) folded.delete(record.key);
    else folded.set(record.key, text);
  };
  return {
    source,
    resource: RESOURCES[source] as ResourceName,
    log,
    folded,
    textOf(row, workspace) {
      if (row === null) return null;
      const known = texts.get(row) ?? write(mapper.rowOf(row, { workspace }));
      texts.set(row, known);
      return known;
    },
    keyOf: (workspaceId, id) => (source === 'workspaces' ? id : `${workspaceId}/${id}`),
    update() {
      const news: readonly OutRecord[] = sink.committed.slice(read);
      read = sink.committed.length;
      for (const record of readLog(news, topic, decode)) add(record);
    },
  };
}
