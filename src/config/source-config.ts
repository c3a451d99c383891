/** A source as it is configured: what is polled of it, when, and what becomes of its items. Everything is checked. */

/** One configured thing to poll. Its name is its identity: state belongs to the name. */
export interface SourceConfig {
  readonly name: string;
  /** Empty for a manual endpoint. */
  readonly template: string;
  /** A key of `Config.credentials`. */
  readonly credential: string;
  /** Only of time entries, and only where the file names one. */
  readonly rhythms?: RhythmsConfig | undefined;
  /** Always there in what is loaded; undefined elsewhere: every `everyMs`. */
  readonly schedule?: Schedule | undefined;
  /** Of `schedule`; the default where that is no interval. */
  readonly everyMs: number;
  /** Only of a source without a template. */
  readonly endpoint?: EndpointConfig | undefined;
  /** Only of a template that is a report. */
  readonly report?: ReportConfig | undefined;
  /** Every parameter of the template or the endpoint, `all` where the file is silent. */
  readonly parameters: Readonly<Record<string, 'all' | readonly string[]>>;
  /** Only those that the file sets. */
  readonly filters: Readonly<Record<string, string | boolean | readonly string[]>>;
  readonly topic: string;
  /** Undefined: the template's default. */
  readonly pageSize: number | undefined;
  /** Undefined: the template's default; empty: every field counts. */
  readonly ignoreChanges: readonly string[] | undefined;
  /** Undefined: everything is shown. */
  readonly mask?: readonly MaskConfig[] | undefined;
}

/** A property of the items that nobody downstream may see. */
export interface MaskConfig {
  readonly path: readonly string[];
  readonly how: 'drop' | 'hash' | 'redact';
}

/** When a source is read again; intervals count from start to start. */
export type Schedule =
  | { readonly type: 'every'; readonly everyMs: number }
  /** Five fields, or six with seconds first. */
  | { readonly type: 'cron'; readonly expression: string; readonly timeZone: string }
  | { readonly type: 'once' };

/** Ways to look at time entries, each at its own pace; an undefined one is off. At least one is there. */
export interface RhythmsConfig {
  readonly runningMs: number | undefined;
  readonly changesMs: number | undefined;
  /** Length of the window that is read by the source's own schedule. */
  readonly recentMs: number | undefined;
  readonly reconcile:
    | {
        readonly everyMs: number;
        readonly windowMs: number;
        /** Epoch ms; undefined: back to the first entry. */
        readonly sinceMs: number | undefined;
      }
    | undefined;
}

/** A manual endpoint: one call, or a chain in which a step runs once for each item of the step before. */
export interface EndpointConfig {
  /** Never empty; names unique. */
  readonly steps: readonly StepConfig[];
  /** Whose items are records. */
  readonly output: 'last' | 'each';
  /** Requests of one chain at once, 1 to 16. */
  readonly parallel: number;
  readonly key: { readonly type: 'paths'; readonly paths: readonly string[] } | { readonly type: 'hash' };
  /** Absolute; undefined: the schema is inferred. */
  readonly schemaFile: string | undefined;
  /**
   * Of `workspace`, `user`, `project`, in this order, those that a placeholder (`{user_id}` or `{user}`) of any step
   * names; `workspace` too where one of the others is named, because it lists them.
   */
  readonly parameters: readonly string[];
}

/** Paths, placeholders and times are already checked; they are kept as written. */
export interface StepConfig {
  /** `endpoint` where there is one call only. */
  readonly name: string;
  readonly method: 'GET' | 'POST' | 'PUT';
  /** Absolute, with its origin one of the credential's; placeholders are in path and query only. */
  readonly url: string;
  /** Names as written, none that the client sets itself. */
  readonly headers: Readonly<Record<string, string>>;
  /** An object or a list, its strings with placeholders; undefined: none. */
  readonly body: unknown;
  readonly dataPath: string;
  readonly metadataPath: string | undefined;
  readonly metadataPrefix: string;
  readonly paging: Paging;
  readonly time: TimeConfig;
}

/** What `{now}` means and how it is written. */
export interface TimeConfig {
  readonly unit: 'second' | 'minute' | 'hour' | 'day' | 'week' | 'month' | 'year';
  /** A pattern of Java's DateTimeFormatter, `epoch_seconds` or `epoch_millis`. */
  readonly format: string;
  readonly zone: string;
}

type PlaceOfParameter = 'query' | 'body';

/** In a body a parameter is its names from outside in, with dots between: `detailedFilter.page`. */
export type Paging =
  | { readonly type: 'none' }
  | {
      readonly type: 'page';
      readonly parameter: string;
      readonly sizeParameter: string | undefined;
      readonly size: number | undefined;
      readonly firstPage: number;
      readonly lastPageHeader: string | undefined;
      /** A page with fewer rows is the last one; undefined: an empty one is. */
      readonly expectedRows: number | undefined;
      readonly in: PlaceOfParameter;
    }
  | {
      readonly type: 'offset';
      readonly parameter: string;
      readonly limitParameter: string;
      readonly limit: number;
      readonly in: PlaceOfParameter;
    }
  | { readonly type: 'next-token'; readonly path: string; readonly parameter: string; readonly in: PlaceOfParameter }
  | { readonly type: 'next-url'; readonly path: string }
  | { readonly type: 'link-header' };

/** What a report template is asked for. */
export interface ReportConfig {
  /** An object, its strings with placeholders; empty where the file is silent. */
  readonly body: Readonly<Record<string, unknown>>;
  readonly time: TimeConfig;
  /** Whether the totals are merged into every row. */
  readonly totals: boolean;
}
