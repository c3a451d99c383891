import type { Plan } from './config.ts';

/**
 * Every default in one place, written as one would write it in the file; null: the setting is absent, or follows from
 * another one.
 */
export const DEFAULTS = {
  app: 'default',
  sink: 'kafka',
  'file.directory': 'clockify-kafka-data',
  'kafka.brokers': 'localhost:9092',
  'kafka.client_id': 'clockify-kafka',
  'kafka.session_timeout': '30s',
  'kafka.shards': '24',
  'kafka.static_shards': null,
  'kafka.worker_name': null,
  'kafka.connection_timeout': '10s',
  'kafka.request_timeout': '30s',
  'kafka.transaction_timeout': '60s',
  'kafka.tls': 'false',
  'kafka.tls_ca': null,
  'kafka.tls_certificate': null,
  'kafka.tls_key': null,
  'kafka.tls_key_password': null,
  'kafka.sasl_mechanism': null,
  'kafka.sasl_username': null,
  'kafka.sasl_password': null,
  'kafka.oauth_token_url': null,
  'kafka.oauth_client_id': null,
  'kafka.oauth_client_secret': null,
  'kafka.oauth_scope': null,
  'topics.prefix': 'clockify',
  'topics.create': 'true',
  'topics.partitions': '3',
  'topics.replication_factor': '-1',
  'topics.delete_retention': '7d',
  'topics.compaction_lag': '1h',
  'topics.dead_letters_retention': '30d',
  /** `dlq.<prefix>`. */
  'topics.dead_letters': null,
  'registry.url': 'http://localhost:8081',
  'registry.auto_register': 'true',
  'registry.timeout': '10s',
  'registry.username': null,
  'registry.password': null,
  'registry.token': null,
  'registry.tls_ca': null,
  'registry.tls_certificate': null,
  'registry.tls_key': null,
  'registry.tls_key_password': null,
  'http.connect_timeout': '10s',
  'http.headers_timeout': '30s',
  'http.body_timeout': '30s',
  'http.request_timeout': '60s',
  'http.max_body': '32MiB',
  'http.connections': '8',
  'deletes.guard_share': '0.2',
  'deletes.guard_at_least': '50',
  'dead_letters.stop_share': '0.5',
  'dead_letters.stop_at_least': '100',
  'discovery.every': '5m',
  'mask.key': null,
  'console.host': '127.0.0.1',
  'console.port': '8090',
  'console.token': null,
  'log.level': 'info',
  'log.format': 'json',
} as const;

export const SOURCE_DEFAULTS = {
  every: '5m',
  /** Writes `Z` in UTC, and the offset elsewhere. */
  dateFormat: "yyyy-MM-dd'T'HH:mm:ssXXX",
  timeUnit: 'day',
  timeZone: 'UTC',
  recent: '7d',
  reconcile: '24h',
  reconcileWindow: '30d',
} as const;

export const ENDPOINT_DEFAULTS = {
  method: 'GET',
  dataPath: '$',
  metadataPrefix: 'meta_',
  output: 'last',
  parallel: 4,
} as const;
export const CREDENTIAL_DEFAULTS = { plan: 'paid', region: 'global' } as const;

/**
 * Requests of a workspace where the file sets none. Clockify allows a paid workspace 50 a second and a free one 30 an
 * hour (clockify.me help, "Webhook and API limitations"); older documents say 10 a second, and 10 is what we stay within.
 */
export const PLAN_RATES: Readonly<Record<Plan, string>> = { paid: '10/s', free: '30/h' };

/** What Clockify answers at most, by the same page: seconds of the window, and requests in it. */
export const PLAN_LIMITS: Readonly<Record<Plan, { readonly windowS: number; readonly requests: number }>> = {
  paid: { windowS: 1, requests: 50 },
  free: { windowS: 3_600, requests: 30 },
};
