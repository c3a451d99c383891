import type { TimeUnit } from '../macros.ts';

/** A manual endpoint as data: one step, or a chain in which a later step runs once for each item of the one before. */
export interface StepDefinition {
  readonly name: string;
  /** A call must be safe to repeat: it is, whenever an answer did not come or could not be used. */
  readonly method: 'GET' | 'POST' | 'PUT';
  /** Whole, with placeholders and times after the host. */
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  /** JSON with placeholders and times in its strings, or such JSON as text; undefined for none. */
  readonly body: unknown;
  readonly dataPath: string;
  readonly metadataPath: string | undefined;
  readonly metadataPrefix: string;
  readonly paging: Paging;
  readonly time: { readonly unit: TimeUnit; readonly format: string; readonly zone: string };
}

/** Where a paging parameter goes; in a body its name is a dotted path. */
export type ParameterPlace = 'query' | 'body';

/**
 * How the pages of a listing follow each other.
 *
 * - `none`: one page. Where it says that more follow (`last-page: false`, a Link to `next`), the sweep is partial.
 * - `page` ends where `lastPageHeader` says `true`; where that is not sent, by a page with fewer than `expectedRows`;
 *   where that is not set, by a page without rows.
 * - `offset` moves on by the rows it got, since a limit may be capped silently, and ends by a page without rows.
 * - `next-token`, `next-url` and `link-header` end where nothing follows: missing, null, `false` or an empty string.
 */
export type Paging =
  | { readonly type: 'none' }
  | {
      readonly type: 'page';
      readonly parameter: string;
      readonly sizeParameter: string | undefined;
      readonly size: number | undefined;
      readonly firstPage: number;
      readonly lastPageHeader: string | undefined;
      readonly expectedRows: number | undefined;
      readonly in: ParameterPlace;
    }
  | {
      readonly type: 'offset';
      readonly parameter: string;
      readonly limitParameter: string;
      readonly limit: number;
      readonly in: ParameterPlace;
    }
  | { readonly type: 'next-token'; readonly path: string; readonly parameter: string; readonly in: ParameterPlace }
  | { readonly type: 'next-url'; readonly path: string }
  | { readonly type: 'link-header' };
