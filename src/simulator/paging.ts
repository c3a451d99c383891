import { type Answer, ApiError, type ApiRequest, type PageCap } from './answer.ts';
import type { Listing } from './entry-index.ts';
import { integerOf } from './query.ts';

export interface PageRules {
  readonly defaultSize?: number;
  /** Of this endpoint, whatever the general limit. */
  readonly maxSize?: number;
}

/**
 * One page by offset into the list as it is at this moment: nothing holds it still between two pages.
 * Page 0 is page 1; past the end stands an empty list that says it is the last.
 */
export function pageOf<R extends object>(
  { query, settings }: ApiRequest,
  listing: Listing<R>,
  { defaultSize = 50, maxSize }: PageRules = {},
  render: (row: R) => object = (row) => row,
): Answer {
  const page = Math.max(1, integerOf(query, 'page') ?? 1);
  const size = cappedSize(integerOf(query, 'page-size') ?? defaultSize, settings.pageCap, maxSize);
  const from = (page - 1) * size;
  const rows = listing.slice(Math.min(from, listing.length), Math.min(from + size, listing.length));
  const isLast = from + size >= listing.length;
  return { status: 200, headers: { 'last-page': String(isLast) }, body: rows.map(render), page };
}

function cappedSize(asked: number, { mode, max }: PageCap, maxSize = max): number {
  if (asked < 1) throw new ApiError(400, 501, 'Page size must be at least 1');
  if (mode === 'none') return asked;
  const limit = Math.min(max, maxSize);
  if (asked <= limit) return asked;
  if (mode === 'silent') return limit;
  throw new ApiError(400, 501, `Page size cannot be greater than ${limit}`);
}
