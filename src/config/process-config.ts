import type { Config } from './config.ts';
import type { Settings } from './process-settings.ts';
import { kafkaSasl, kafkaTls, registryTls } from './secure.ts';

/** Everything of the configuration that is no credential and no source. */
export function processConfig(get: Settings): Omit<Config, 'credentials' | 'sources'> {
  return {
    app: get('app'),
    sink: get('sink'),
    file: { directory: get('file.directory') },
    kafka: kafkaConfig(get),
    topics: topicsConfig(get),
    registry: registryConfig(get),
    http: httpConfig(get),
    deletes: { guardShare: get('deletes.guard_share'), guardAtLeast: get('deletes.guard_at_least') },
    deadLetters: { stopShare: get('dead_letters.stop_share'), stopAtLeast: get('dead_letters.stop_at_least') },
    discovery: { everyMs: get('discovery.every') },
    mask: { key: get('mask.key') ?? undefined },
    console: {
      host: get('console.host'),
      port: get('console.port'),
      token: get('console.token') ?? undefined,
    },
    log: { level: get('log.level'), format: get('log.format') },
  };
}

function kafkaConfig(get: Settings): Config['kafka'] {
  return {
    brokers: get('kafka.brokers'),
    clientId: get('kafka.client_id'),
    sessionTimeoutMs: get('kafka.session_timeout'),
    shards: get('kafka.shards'),
    staticShards: get('kafka.static_shards') ?? undefined,
    workerName: get('kafka.worker_name') ?? undefined,
    connectionTimeoutMs: get('kafka.connection_timeout'),
    requestTimeoutMs: get('kafka.request_timeout'),
    transactionTimeoutMs: get('kafka.transaction_timeout'),
    tls: kafkaTls(get),
    sasl: kafkaSasl(get),
  };
}

function topicsConfig(get: Settings): Config['topics'] {
  const prefix = get('topics.prefix');
  return {
    prefix,
    create: get('topics.create'),
    partitions: get('topics.partitions'),
    replicationFactor: get('topics.replication_factor'),
    deleteRetentionMs: get('topics.delete_retention'),
    compactionLagMs: get('topics.compaction_lag'),
    deadLettersRetentionMs: get('topics.dead_letters_retention'),
    deadLetters: get('topics.dead_letters') ?? `dlq.${prefix}`,
  };
}

function registryConfig(get: Settings): Config['registry'] {
  return {
    url: get('registry.url'),
    autoRegister: get('registry.auto_register'),
    timeoutMs: get('registry.timeout'),
    username: get('registry.username') ?? undefined,
    password: get('registry.password') ?? undefined,
    token: get('registry.token') ?? undefined,
    tls: registryTls(get),
  };
}

function httpConfig(get: Settings): Config['http'] {
  return {
    connectTimeoutMs: get('http.connect_timeout'),
    headersTimeoutMs: get('http.headers_timeout'),
    bodyTimeoutMs: get('http.body_timeout'),
    requestTimeoutMs: get('http.request_timeout'),
    maxBodyBytes: get('http.max_body'),
    connections: get('http.connections'),
  };
}
