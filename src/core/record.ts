/**
 * The nouns of the record path. Data in: items of Clockify's answers. Data out: rows and their encoded form.
 * Nothing here does I/O; every later stage adds to what the stage before it gave.
 */

/** Values of the key fields, in the order of the key schema: `[workspaceId, id]`, or `[id]` for workspaces. */
export type EntityKey = readonly string[];

/** Field name of the Avro value schema → plain value, `__` fields left out. Instants are epoch milliseconds. */
export type Row = Readonly<Record<string, RowValue>>;
export type RowValue = string | number | boolean | null | readonly string[];

/** One item, extracted and mapped to its row. */
export interface SourceRecord {
  readonly key: EntityKey;
  readonly row: Row;
  /** Start of the entity in epoch ms where it has one (time entries), else null. */
  readonly startMs: number | null;
  /** The item as it came, for the dead letters. */
  readonly raw: unknown;
}

/** A record in bytes. `row` is the Avro encoding of the row alone: the published value is a header, it, and the `__` fields. */
export interface EncodedRecord extends SourceRecord {
  readonly keyBytes: Uint8Array;
  readonly rowBytes: Uint8Array;
  /** 32 hex digits over the row bytes, with the fields under `ignore_changes` left out. */
  readonly hash: string;
}

/** An item that cannot become a record. It goes to the dead letters once, for as long as it stays the same. */
export interface Reject {
  /** Undefined where the fault is in the key itself. */
  readonly key: EntityKey | undefined;
  readonly raw: unknown;
  readonly code: string;
  readonly message: string;
  readonly stage: 'extract' | 'encode';
  /** What its message would take, where that is the fault. */
  readonly bytes?: number | undefined;
}
