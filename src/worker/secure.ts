import { readFileSync } from 'node:fs';
import type { SecureContextOptions } from 'node:tls';
import type { RegistryOptions } from '../avro/registry.ts';
import type { Config } from '../config/config.ts';
import type { TlsConfig } from '../config/secure.ts';
import { WorkerError } from '../core/errors.ts';
import type { KafkaOptions } from '../kafka/client.ts';

/** How to reach the brokers. */
export function kafkaOptions({ kafka }: Config): KafkaOptions {
  return { ...kafka, tls: kafka.tls === undefined ? undefined : tlsReader('kafka', kafka.tls) };
}

/** How to reach the registry. */
export function registryOptions({ registry }: Config): Omit<RegistryOptions, 'log'> {
  const { url, timeoutMs, username, password, token, tls } = registry;
  const basic = username === undefined ? undefined : { username, password: password ?? '' };
  const auth = token === undefined ? basic : { token };
  return { url, timeoutMs, auth, tls: tls === undefined ? undefined : tlsReader('registry', tls) };
}

/** The files are read for each connection: certificates are replaced while the worker runs. */
function tlsReader(of: 'kafka' | 'registry', tls: TlsConfig): () => SecureContextOptions {
  const { caFile, certificateFile, keyFile, keyPassword } = tls;
  return () => ({
    ...(caFile === undefined ? {} : { ca: read(`${of}.tls_ca`, caFile) }),
    ...(certificateFile === undefined ? {} : { cert: read(`${of}.tls_certificate`, certificateFile) }),
    ...(keyFile === undefined ? {} : { key: read(`${of}.tls_key`, keyFile) }),
    ...(keyPassword === undefined ? {} : { passphrase: keyPassword }),
  });
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
