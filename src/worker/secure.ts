import { readFileSync } from 'node:fs';
import type { SecureContextOptions } from 'node:tls';
import type { RegistryOptions } from '../avro/registry.ts';
import type { RegistryAuth } from '../avro/registry-http.ts';
import type { Access } from '../config/access.ts';
import type { Config } from '../config/config.ts';
import type { TlsConfig } from '../config/secure.ts';
import { WorkerError } from '../core/errors.ts';
import type { KafkaOptions } from '../kafka/client.ts';

/** How to reach the brokers. @param access as it is now; left out, as the configuration has it */
export function kafkaOptions(config: Config, access: () => Access = () => config): KafkaOptions {
  const { tls, sasl } = config.kafka;
  const { brokers, clientId, connectionTimeoutMs, requestTimeoutMs } = config.kafka;
  return {
    ...{ brokers, clientId, connectionTimeoutMs, requestTimeoutMs },
    tls: tls === undefined ? undefined : () => tlsNow('kafka', access().kafka.tls ?? tls),
    sasl: sasl === undefined ? undefined : () => access().kafka.sasl ?? sasl,
  };
}

/** How to reach the registry. @param access as `kafkaOptions` */
export function registryOptions(config: Config, access: () => Access = () => config): Omit<RegistryOptions, 'log'> {
  const { url, timeoutMs, tls } = config.registry;
  return {
    url,
    timeoutMs,
    auth: () => registryAuth(access().registry),
    tls: tls === undefined ? undefined : () => tlsNow('registry', access().registry.tls ?? tls),
  };
}

function registryAuth({ username, password = '', token }: Access['registry']): RegistryAuth | undefined {
  if (token !== undefined) return { token };
  return username === undefined ? undefined : { username, password };
}

/** The files are read for each connection: certificates are replaced while the worker runs. */
function tlsNow(of: 'kafka' | 'registry', tls: TlsConfig): SecureContextOptions {
  const { caFile, certificateFile, keyFile, keyPassword } = tls;
  return {
    ...(caFile === undefined ? {} : { ca: read(`${of}.tls_ca`, caFile) }),
    ...(certificateFile === undefined ? {} : { cert: read(`${of}.tls_certificate`, certificateFile) }),
    ...(keyFile === undefined ? {} : { key: read(`${of}.tls_key`, keyFile) }),
    ...(keyPassword === undefined ? {} : { passphrase: keyPassword }),
  };
}

function read(setting: string, path: string): Buffer {
  try {
    return readFileSync(path);
  } catch (cause) {
    throw new WorkerError('config', 'tls.unreadable', `the file of ${setting} cannot be read: ${path}`, {
      cause,
      hint: 'Check path and rights.',
    });
  }
}
