import { toWorkerError, WorkerError } from '../core/errors.ts';
import type { EntityKey, Reject, SourceRecord } from '../core/record.ts';
import type { PageShape } from './drift.ts';
import type { KnownPage } from './page-memory.ts';
import type { Polled } from './poll.ts';
import type { PageContent, SourceKind } from './ports.ts';
import type { SliceContext } from './sweep.ts';

/** One page as records. */
export interface Extracted extends Polled {
  readonly items: number;
  readonly records: readonly SourceRecord[];
  readonly rejects: readonly Reject[];
  /** Proved gone already. */
  readonly gone: readonly EntityKey[];
  /** Undefined where it was not parsed: it shows what it showed before. */
  readonly shape: PageShape | undefined;
  /** Nothing follows: the header says so, or the page is empty where no header came, or there is but one page. */
  readonly last: boolean;
}

/**
 * Stage 2: bytes to records. An item that does not fit is set aside, the page goes on.
 *
 * @throws {WorkerError} transient `extract.not_json`, `extract.not_a_list`: a proxy's page or a cut body, not data
 */
export function extract(page: Polled): Extracted {
  if (page.known !== undefined) return { ...page, ...NOTHING_NEW, ...stillKnown(page, page.known) };
  const { items, last, gone = [] } = page.read?.() ?? listOf(page);
  const { mapper, mask } = page.sweep.context.source;
  const records: SourceRecord[] = [];
  const rejects: Reject[] = [];
  const shown: unknown[] = [];
  for (const item of items) {
    const seen = seenOf({ mask }, item);
    const read = extractItem(page.sweep.context, item, seen);
    if ('code' in read) rejects.push(read);
    else records.push(read);
    // What has no readable key may be anything, and says nothing of the shape.
    if (read.key !== undefined) shown.push(seen);
  }
  const shape = { tally: mapper.shape.tally(shown), faults: rejects.flatMap(({ raw }) => mapper.faults(raw)) };
  return { ...page, items: items.length, records, rejects, gone, shape, last };
}

/** Whether it ends the list may depend on more than its bytes, where it has rules of its own. */
function stillKnown({ lastPage, read }: Polled, known: KnownPage): Pick<Extracted, 'items' | 'last'> {
  return { items: known.keys.length, last: lastPage ?? read?.().last ?? known.last };
}

const NOTHING_NEW = { records: [], rejects: [], gone: [], shape: undefined } as const;

/**
 * One item as a record, or as what goes to the dead letters, by its key where that at least can be read.
 *
 * @param seen the item behind the mask
 */
export function extractItem(
  { source, slice }: SliceContext,
  item: unknown,
  seen: unknown = seenOf(source, item),
): SourceRecord | Reject {
  let key: EntityKey | undefined;
  try {
    key = source.mapper.keyOf(seen, slice.params);
    const row = source.mapper.rowOf(seen, slice.params);
    return { key, row, startMs: source.mapper.startOf(row), raw: item };
  } catch (thrown) {
    const error = toWorkerError(thrown);
    if (error.kind !== 'record') throw error;
    return { key, raw: seen, code: error.code, message: error.message, stage: 'extract' };
  }
}

/** An item as those downstream may see it. */
export function seenOf({ mask }: Pick<SourceKind, 'mask'>, item: unknown): unknown {
  return mask === undefined ? item : mask(item);
}

/** A listing: the header says where it ends; without one, an empty page does, never a short one. */
function listOf(page: Polled): PageContent {
  const items = parse(page.body);
  return { items, last: page.lastPage ?? (!page.sweep.context.endpoint.paged || items.length === 0) };
}

const utf8 = new TextDecoder('utf-8', { fatal: true });

/** @throws {WorkerError} transient `extract.not_json` */
export function jsonOf(body: Uint8Array): unknown {
  try {
    return JSON.parse(utf8.decode(body));
  } catch {
    // No cause: the parser's message quotes the answer (P7).
    throw new WorkerError('transient', 'extract.not_json', 'the answer is not JSON');
  }
}

function parse(body: Uint8Array): readonly unknown[] {
  const value = jsonOf(body);
  if (Array.isArray(value)) return value;
  throw new WorkerError('transient', 'extract.not_a_list', 'the answer is JSON but no list', {
    hint: 'A proxy may have answered in place of Clockify; see the URL of the source.',
  });
}
