import { objectIdTimeMs } from '../core/object-id.ts';
import type { ResourceName, Row } from './rows.ts';

/** When a row came and last changed; kept beside the rows, which tell neither themselves. */
interface Stamp {
  readonly id: string;
  readonly createdAtMs: number;
  readonly updatedAtMs: number;
}

interface Deletion extends Stamp {
  readonly deletedAtMs: number;
}

/** What the lists of created, updated and deleted entities are made of. */
export interface Audit {
  /** Of the rows there are, in the order of their last change. */
  stamps(resource: ResourceName, workspaceId: string): readonly Stamp[];
  /** Of the rows that are gone, in the order of their deletion. One that came back is not among them. */
  deletions(resource: ResourceName, workspaceId: string): readonly Deletion[];
}

export interface WritableAudit extends Audit {
  note(resource: ResourceName, workspaceId: string, id: string, before: Row | null, after: Row | null): void;
}

interface Ledger {
  readonly stamps: Map<string, Stamp>;
  readonly deletions: Map<string, Deletion>;
}

/** A row is created in the second that its id tells, so that the first world has a past. */
export function createAudit(clock: () => number): WritableAudit {
  const ledgers = new Map<string, Ledger>();
  const ledgerOf = (resource: ResourceName, workspaceId: string): Ledger => {
    const key = `${resource}/${workspaceId}`;
    const ledger = ledgers.get(key) ?? { stamps: new Map(), deletions: new Map() };
    ledgers.set(key, ledger);
    return ledger;
  };
  return {
    stamps: (resource, workspaceId) => [...ledgerOf(resource, workspaceId).stamps.values()],
    deletions: (resource, workspaceId) => [...ledgerOf(resource, workspaceId).deletions.values()],
    note(resource, workspaceId, id, before, after) {
      const { stamps, deletions } = ledgerOf(resource, workspaceId);
      const createdAtMs = objectIdTimeMs(id) ?? clock();
      const isNew = before === null && !deletions.delete(id);
      const stamp = { id, createdAtMs, updatedAtMs: isNew ? createdAtMs : clock() };
      stamps.delete(id);
      if (after !== null) stamps.set(id, stamp);
      else if (before !== null) deletions.set(id, { ...stamp, deletedAtMs: clock() });
    },
  };
}
