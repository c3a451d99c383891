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
  readonly discovery: { readonly everyMs: number };
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
  /** Of a token bucket: no window of t seconds sees more than `burst + t * requestsPerSecond` requests (P6). */
  readonly requestsPerSecond: number;
  readonly burst: number;
}

/** One configured thing to poll. Its name is its identity: state belongs to the name. */
export interface SourceConfig {
  readonly name: string;
  readonly template: string;
  /** A key of `Config.credentials`. */
  readonly credential: string;
  readonly everyMs: number;
  /** Every parameter of the template, `all` where the file is silent. */
  readonly parameters: Readonly<Record<string, 'all' | readonly string[]>>;
  /** Only those that the file sets. */
  readonly filters: Readonly<Record<string, string | boolean | readonly string[]>>;
  readonly topic: string;
  /** Undefined: the template's default. */
  readonly pageSize: number | undefined;
  /** Undefined: the template's default; empty: every field counts. */
  readonly ignoreChanges: readonly string[] | undefined;
}

interface KafkaConfig {
  readonly brokers: readonly string[];
  readonly clientId: string;
  readonly sessionTimeoutMs: number;
  /** Partitions of the state topic, fixed for ever once it exists. */
  readonly shards: number;
  /** Shards this worker takes without asking the group, as `0-7,12`; undefined: the group decides. */
  readonly staticShards: string | undefined;
  readonly connectionTimeoutMs: number;
  readonly requestTimeoutMs: number;
  readonly transactionTimeoutMs: number;
}

interface TopicsConfig {
  readonly prefix: string;
  /** Whether missing topics are created. */
  readonly create: boolean;
  readonly partitions: number;
  /** -1: the broker's default. */
  readonly replicationFactor: number;
  readonly deadLetters: string;
}

interface RegistryConfig {
  /** Without a slash at its end. */
  readonly url: string;
  readonly autoRegister: boolean;
  readonly timeoutMs: number;
  readonly username: string | undefined;
  readonly password: string | undefined;
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
  readonly fields: readonly { readonly field: string }[];
}

export interface FilterInfo {
  readonly type: 'string' | 'boolean' | 'enum' | 'strings';
  readonly values?: readonly string[] | undefined;
}

/** Everything that must not be seen: for the logger's scrubber. */
export function secretsOf(config: Config): readonly string[] {
  const keys = Object.values(config.credentials).map(({ apiKey }) => apiKey);
  return config.registry.password === undefined ? keys : [...keys, config.registry.password];
}
