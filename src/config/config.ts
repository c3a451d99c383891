import type { Rate } from '../core/rate.ts';
import type { SaslConfig, TlsConfig } from './secure.ts';

/**
 * The configuration once it is read, checked and complete. Data in: one YAML file, environment variables, flags.
 * Data out: `Config`, in which every default is filled and every duration is in milliseconds, or a `ConfigError` that
 * names every problem at once. Nothing starts before that (P7: a key is bound to its allowed origins here).
 */

export type Plan = 'free' | 'paid';
export type Region = 'global' | 'euc1' | 'use2' | 'euw2' | 'apse2';
export type SinkName = 'kafka' | 'stdout' | 'file';
type LogLevel = 'trace' | 'debug' | 'info' | 'warn' | 'error';
type LogFormat = 'json' | 'pretty';

export interface Config {
  /** Identity of the deployment: it is in the transactional ids, the state topic and the group, so it must stay. */
  readonly app: string;
  readonly credentials: Readonly<Record<string, Credential>>;
  /** In the order of the file, names unique. Never empty. */
  readonly sources: readonly SourceConfig[];
  readonly sink: SinkName;
  /** Where the sinks `file` and `stdout` keep their state, and `file` its data. */
  readonly file: { readonly directory: string };
  readonly kafka: KafkaConfig;
  readonly topics: TopicsConfig;
  readonly registry: RegistryConfig;
  readonly http: HttpConfig;
  readonly deletes: DeletesConfig;
  readonly deadLetters: { readonly stopShare: number; readonly stopAtLeast: number };
  readonly discovery: { readonly everyMs: number };
  /** For hashes of personal data; undefined: no source has one. */
  readonly mask: { readonly key: string | undefined };
  readonly console: ConsoleConfig;
  readonly log: { readonly level: LogLevel; readonly format: LogFormat };
}

/** An API key, where it may go, and how fast. */
export interface Credential {
  readonly name: string;
  readonly apiKey: string;
  readonly plan: Plan;
  /** `global` too where `base_url` or `subdomain` says where the API is. */
  readonly region: Region;
  /** Without a slash at its end: `https://api.clockify.me/api/v1`. */
  readonly baseUrl: string;
  readonly reportsUrl: string;
  /** The only origins that may see the key (P7). */
  readonly allowedOrigins: readonly string[];
  /** Of each workspace, and of the calls without one: no window of its length sees more requests (P6). */
  readonly rate: Rate;
  /** Of the reports host; its requests count for their workspace too. */
  readonly reportsRate: Rate;
  /** Workspaces that another credential may poll too. Any other that two credentials see is refused when it is seen. */
  readonly sharedWorkspaces: 'all' | readonly string[];
}

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

interface KafkaConfig {
  readonly brokers: readonly string[];
  readonly clientId: string;
  readonly sessionTimeoutMs: number;
  /** Partitions of the state topic, fixed for ever once it exists. */
  readonly shards: number;
  /** Shards this worker takes without asking the group, as `0-7,12`; undefined: the group decides. */
  readonly staticShards: string | undefined;
  /** Undefined: the name of the host. Two workers of one name share as evenly as others. */
  readonly workerName: string | undefined;
  readonly connectionTimeoutMs: number;
  readonly requestTimeoutMs: number;
  readonly transactionTimeoutMs: number;
  readonly tls: TlsConfig | undefined;
  readonly sasl: SaslConfig | undefined;
}

interface TopicsConfig {
  readonly prefix: string;
  /** Whether missing topics are created. */
  readonly create: boolean;
  readonly partitions: number;
  /** -1: the broker's default. */
  readonly replicationFactor: number;
  /** These three are written to a topic when it is created. */
  readonly deleteRetentionMs: number;
  readonly compactionLagMs: number;
  readonly deadLettersRetentionMs: number;
  readonly deadLetters: string;
}

interface RegistryConfig {
  /** Without a slash at its end. */
  readonly url: string;
  readonly autoRegister: boolean;
  readonly timeoutMs: number;
  readonly username: string | undefined;
  readonly password: string | undefined;
  readonly token: string | undefined;
  readonly tls: TlsConfig | undefined;
}

interface HttpConfig {
  readonly connectTimeoutMs: number;
  readonly headersTimeoutMs: number;
  readonly bodyTimeoutMs: number;
  /** Of one request from its start to the last byte of the answer. */
  readonly requestTimeoutMs: number;
  readonly maxBodyBytes: number;
  /** Open connections per origin. */
  readonly connections: number;
}

/** Where health, status and control are served. */
interface ConsoleConfig {
  readonly host: string;
  /** 0: any that is free. */
  readonly port: number;
  /** What a command must carry; undefined: only this machine may command. */
  readonly token: string | undefined;
}

/** A sweep that would delete both more than the share and more than the number stops its slice (P4). */
interface DeletesConfig {
  readonly guardShare: number;
  readonly guardAtLeast: number;
}

/** What configuration needs to know of a template. The catalogue fits it by shape and is passed in. */
export interface TemplateInfo {
  readonly name: string;
  /** `workspace`, `user`, …: what a slice binds. */
  readonly parameters: readonly string[];
  /** By the name used in the file, snake_case. */
  readonly filters: Readonly<Record<string, FilterInfo>>;
  /** Last part of the default topic. */
  readonly plural: string;
  /** Fields of the row, which `ignore_changes` may name. */
  readonly fields: readonly {
    readonly field: string;
    /** Where the item has it; undefined for what the slice gives. */
    readonly path?: readonly string[];
    readonly type?: string;
  }[];
  /** Fields that tell entities apart. */
  readonly keyFields?: readonly string[];
  /** The field that says when the entity starts. */
  readonly startField?: string | undefined;
  /** A report: its source has a body, times and totals. */
  readonly report?: 'detailed' | 'summary' | undefined;
  /** Its entities can be looked at in several rhythms. */
  readonly rhythms?: true | undefined;
}

export interface FilterInfo {
  readonly type: 'string' | 'boolean' | 'enum' | 'strings';
  readonly values?: readonly string[] | undefined;
}

/** Everything that must not be seen: for the logger's scrubber. */
export function secretsOf(config: Config): readonly string[] {
  const { registry, kafka } = config;
  const { sasl, tls } = kafka;
  const ofKafka = sasl?.mechanism === 'oauthbearer' ? sasl.clientSecret : sasl?.password;
  const others = [
    config.mask.key,
    config.console.token,
    ofKafka,
    tls?.keyPassword,
    registry.password,
    registry.token,
    registry.tls?.keyPassword,
  ];
  const keys = Object.values(config.credentials).map(({ apiKey }) => apiKey);
  return [...keys, ...others.filter((secret) => secret !== undefined)];
}
