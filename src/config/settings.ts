import { broker, serviceUrl } from './address.ts';
import type { DEFAULTS } from './defaults.ts';
import { atLeast, choice, type Format, flag, integer, listOf, matching, secret, share } from './format.ts';
import { duration, size } from './quantity.ts';

export interface Setting<T> {
  readonly format: Format<T>;
  /** One sentence for editors. */
  readonly about: string;
  readonly secret?: boolean;
}

export const topicName: Format<string> = matching(
  'a topic name',
  /^(?!\.{1,2}$)[a-zA-Z0-9._-]{1,249}$/,
  'Up to 249 of letters, digits, ".", "_" and "-".',
);

const pemPath = matching('a path', /^[^\0]{1,4096}$/, 'A path to a PEM file; it is read again for each connection.');
const scalarSecret = atLeast(16, secret('a key of at least 16 characters'));
const userName = matching('a user name', /^[^\s\0]{1,255}$/, 'No white space.');

const NAME = 'Letters, digits, ".", "_" and "-".';

function setting<T>(format: Format<T>, about: string): Setting<T> {
  return { format, about };
}

/** The settings of the process, by their path in the file. Their defaults are in `defaults.ts`. */
export const SETTINGS = {
  app: setting(
    matching('a name', /^[a-zA-Z0-9._-]{1,64}$/, `Up to 64 characters. ${NAME}`),
    'Identity of the deployment: in the transactional ids, the state topic and the group. Must not change.',
  ),
  sink: setting(choice('a sink', ['kafka', 'stdout', 'file']), 'Where changes go.'),
  'file.directory': setting(
    matching('a path', /^[^\0]{1,4096}$/, 'A path to a folder.'),
    'Folder of the sink file, and of the state of stdout.',
  ),
  'kafka.brokers': setting(listOf('a list of brokers', broker, 100), 'Brokers to start from, as host:port.'),
  'kafka.client_id': setting(
    matching('a client id', /^[a-zA-Z0-9._-]{1,200}$/, NAME),
    'Name of this client in the logs and quotas of the brokers.',
  ),
  'kafka.session_timeout': setting(duration('6s', '30m'), 'Silence after which the group gives the shards to others.'),
  'kafka.shards': setting(integer(1, 1000), 'Partitions of the state topic. Fixed for ever once the topic exists.'),
  'kafka.static_shards': setting(
    matching('a list of shards', /^\d{1,3}(-\d{1,3})?(,\d{1,3}(-\d{1,3})?){0,99}$/, 'Numbers and ranges: 0-7,12.'),
    'Shards to own without asking the group, such as 0-7,12.',
  ),
  'kafka.worker_name': setting(
    matching('a worker name', /^[a-zA-Z0-9._-]{1,200}$/, NAME),
    'Name of this worker in the group, the same after a restart; the name of the host unless given.',
  ),
  'kafka.connection_timeout': setting(duration('100ms', '5m'), 'For a connection to a broker, TLS included.'),
  'kafka.request_timeout': setting(duration('1s', '10m'), 'For one answer of a broker.'),
  'kafka.transaction_timeout': setting(duration('5s', '15m'), 'After which a broker aborts a transaction.'),
  'kafka.tls': setting(
    flag,
    'Whether connections to the brokers are encrypted; the name of the host is always checked.',
  ),
  'kafka.tls_ca': setting(pemPath, "PEM file with the authorities that the brokers' certificates are from."),
  'kafka.tls_certificate': setting(pemPath, 'PEM file with the certificate of this client, its chain after it.'),
  'kafka.tls_key': setting(pemPath, 'PEM file with the private key of that certificate.'),
  'kafka.tls_key_password': {
    ...setting(secret('a password'), `Of the private key. Best as \${NAME} or \${file:path}.`),
    secret: true,
  },
  'kafka.sasl_mechanism': setting(
    choice('a SASL mechanism', ['plain', 'scram-sha-256', 'scram-sha-512', 'oauthbearer']),
    'How this client says who it is.',
  ),
  'kafka.sasl_username': setting(userName, 'For plain and scram.'),
  'kafka.sasl_password': { ...setting(secret('a password'), `Best as \${NAME} or \${file:path}.`), secret: true },
  'kafka.oauth_token_url': setting(serviceUrl, 'For oauthbearer: where tokens are given for client credentials.'),
  'kafka.oauth_client_id': setting(userName, 'For oauthbearer.'),
  'kafka.oauth_client_secret': {
    ...setting(secret('a secret'), `For oauthbearer. Best as \${NAME} or \${file:path}.`),
    secret: true,
  },
  'kafka.oauth_scope': setting(
    matching('a scope', /^[\x21-\x7e ]{1,1000}$/, 'Printable ASCII, scopes with spaces between.'),
    'For oauthbearer: the scope that is asked for.',
  ),
  'topics.prefix': setting(
    matching('a prefix', /^[a-zA-Z0-9_-][a-zA-Z0-9._-]{0,99}$/, `Up to 100 characters. ${NAME}`),
    'First part of the topics: <prefix>.<resource>.',
  ),
  'topics.create': setting(flag, 'Whether missing topics are created.'),
  'topics.partitions': setting(integer(1, 1000), 'Partitions of a topic when it is created.'),
  'topics.replication_factor': setting(
    integer(-1, 100),
    'Replicas of a topic when it is created; -1: as the broker says.',
  ),
  'topics.delete_retention': setting(
    duration('1h', '366d'),
    'How long a tombstone stays for slow readers; written to a topic when it is created.',
  ),
  'topics.compaction_lag': setting(
    duration('1s', '366d'),
    'How long every version of a row stays; written to a topic when it is created.',
  ),
  'topics.dead_letters_retention': setting(
    duration('1h', '3660d'),
    'How long a dead letter stays; written to its topic when it is created.',
  ),
  'topics.dead_letters': setting(topicName, 'Topic of the dead letters; dlq.<prefix> if left out.'),
  'registry.url': setting(serviceUrl, 'Address of the schema registry.'),
  'registry.auto_register': setting(flag, 'Whether schemas are registered by the worker; else they must be there.'),
  'registry.timeout': setting(duration('100ms', '5m'), 'For one answer of the registry.'),
  'registry.username': setting(
    matching('a user name', /^[^\s:]{1,255}$/, 'No white space, no colon.'),
    'For basic authentication at the registry.',
  ),
  'registry.password': { ...setting(secret('a password'), `Best as \${NAME} or \${file:path}.`), secret: true },
  'registry.token': {
    ...setting(secret('a token'), `Bearer token, instead of a user. Best as \${NAME} or \${file:path}.`),
    secret: true,
  },
  'registry.tls_ca': setting(pemPath, "PEM file with the authorities that the registry's certificate is from."),
  'registry.tls_certificate': setting(pemPath, 'PEM file with the certificate of this client, its chain after it.'),
  'registry.tls_key': setting(pemPath, 'PEM file with the private key of that certificate.'),
  'registry.tls_key_password': {
    ...setting(secret('a password'), `Of the private key. Best as \${NAME} or \${file:path}.`),
    secret: true,
  },
  'http.connect_timeout': setting(duration('100ms', '5m'), 'For a connection to Clockify, TLS included.'),
  'http.headers_timeout': setting(duration('100ms', '10m'), 'Until the head of an answer is there.'),
  'http.body_timeout': setting(duration('100ms', '10m'), 'Silence in the middle of an answer.'),
  'http.request_timeout': setting(duration('1s', '30m'), 'For one request from its start to its last byte.'),
  'http.max_body': setting(size, 'Largest answer that is read.'),
  'http.connections': setting(integer(1, 256), 'Open connections to one host.'),
  'deletes.guard_share': setting(share, 'A sweep that would delete more than this share of a slice stops it and asks.'),
  'deletes.guard_at_least': setting(integer(0, 1_000_000_000), 'But not for fewer deletes than this.'),
  'dead_letters.stop_share': setting(
    share,
    'A source of whose items more than this share does not fit stops, instead of draining into the dead letters.',
  ),
  'dead_letters.stop_at_least': setting(
    integer(0, 1_000_000_000),
    'But not for fewer dead letters than this in an hour.',
  ),
  'discovery.every': setting(duration('1s', '7d'), 'How often workspaces, users and projects are looked for.'),
  'mask.key': {
    ...setting(
      scalarSecret,
      `Of the hashes that mask personal data; another one changes every hash. Best as \${NAME} or \${file:path}.`,
    ),
    secret: true,
  },
  'console.host': setting(
    matching('a host', /^[a-zA-Z0-9.:-]{1,253}$/, 'An address or a host name; 0.0.0.0 for every interface.'),
    'Where health, status and control are served; only to this machine by default.',
  ),
  'console.port': setting(integer(0, 65_535), 'Port of health, status and control; 0: any that is free, see the log.'),
  'console.token': {
    ...setting(
      scalarSecret,
      `What a command to the running worker must carry; left out, only this machine may command. Best as \${NAME} or \${file:path}.`,
    ),
    secret: true,
  },
  'log.level': setting(
    choice('a log level', ['trace', 'debug', 'info', 'warn', 'error']),
    'Least level that is logged.',
  ),
  'log.format': setting(choice('a log format', ['json', 'pretty']), 'JSON lines, or lines for people.'),
} satisfies Record<keyof typeof DEFAULTS, Setting<unknown>>;

export type SettingPath = keyof typeof SETTINGS;
type ValueOf<S> = S extends Setting<infer T> ? T : never;
/** Null where the setting is absent. */
export type SettingValue<P extends SettingPath> =
  | ValueOf<(typeof SETTINGS)[P]>
  | ((typeof DEFAULTS)[P] extends null ? null : never);

export const SETTING_PATHS = Object.keys(SETTINGS) as SettingPath[];

export function settingOf(path: SettingPath): Setting<unknown> {
  return SETTINGS[path];
}

/** `CLOCKIFY_KAFKA_BROKERS`, `CLOCKIFY_KAFKA_REGISTRY_URL`: settings of Kafka itself go without a second KAFKA. */
export function variableOf(path: SettingPath): string {
  return `CLOCKIFY_KAFKA_${path
    .replace(/^kafka\./, '')
    .replaceAll('.', '_')
    .toUpperCase()}`;
}
