import type { FetchedRecord } from './kafkajs-patches.ts';

export interface AbortedTransaction {
  readonly producerId: string;
  readonly firstOffset: string;
}

/** A control record's key is a version and a type, two bytes each; type 0 ends an aborted transaction. */
const ABORT_MARKER = Buffer.from([0, 0, 0, 0]);

/**
 * The data records of one answer that a `read_committed` reader may see, in order.
 *
 * kafkajs's own filter, which fetching by hand goes round, leaks where two transactions were aborted before the first
 * offset, and takes any key of four zero bytes for a marker.
 */
export function committedRecords(
  records: readonly FetchedRecord[],
  aborted: readonly AbortedTransaction[],
): FetchedRecord[] {
  const waiting = aborted
    .map(({ producerId, firstOffset }) => ({ producerId, firstOffset: Number(firstOffset) }))
    .sort((a, b) => b.firstOffset - a.firstOffset);
  const aborting = new Set<string>();
  return records.filter((record) => {
    begin(waiting, Number(record.offset), aborting);
    const { producerId, inTransaction } = record.batchContext;
    if (!record.isControlRecord) return !(inTransaction && aborting.has(producerId));
    if (record.key !== null && ABORT_MARKER.equals(record.key)) aborting.delete(producerId);
    return false;
  });
}

/** Moves the aborted transactions that begin up to an offset from the waiting ones, first of them last. */
function begin(waiting: { producerId: string; firstOffset: number }[], offset: number, aborting: Set<string>): void {
  for (let first = waiting.at(-1); first !== undefined && first.firstOffset <= offset; first = waiting.at(-1)) {
    aborting.add(first.producerId);
    waiting.pop();
  }
}
