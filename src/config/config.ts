import type { Rate } from '../core/rate.ts';
import type { SaslConfig, TlsConfig } from './secure.ts';
import type { SourceConfig } from './source-config.ts';

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
