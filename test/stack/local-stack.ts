/** What both ways of running a stack on this machine have in common. */
import type { SecureListener } from './secure-listener.ts';
import type { Service } from './service.ts';

/** What a way of running a stack is told. */
export interface LocalStackOptions {
  /** Broker settings on top of the small ones of the stack. */
  readonly kafka: Readonly<Record<string, string>>;
  readonly registry: boolean;
  readonly secure?: SecureListener | undefined;
  readonly proxyPort?: number | undefined;
  readonly secondBroker: boolean;
  readonly log: (line: string) => void;
}

/** A running Kafka, and a registry if one was wanted. */
export interface LocalStack {
  readonly brokers: string[];
  /** Port of the listener whose clients are told the proxy's, where one was wanted. */
  readonly proxiedPort?: number | undefined;
  /** Address of the listener with TLS and SASL, where one was wanted. */
  readonly secureBroker?: string | undefined;
  /** Base URL of the Confluent-compatible API; empty when there is no registry. */
  readonly registryUrl: string;
  readonly broker: Service;
  /** Not started yet; only where one was wanted. */
  readonly secondBroker?: Service | undefined;
  readonly registry: Service | undefined;
  stop(): Promise<void>;
}

export const kafkaVersion = '4.4.0';
export const registryVersion = '2.6.13.Final';

/** Where the registry's Confluent-compatible API begins. */
export const registryPath = '/apis/ccompat/v7';

/** The registry's database in a file, written at once, so that a killed registry comes back with its schemas. */
export function registryDatabase(file: string): string {
  return `jdbc:h2:file:${file};WRITE_DELAY=0;DB_CLOSE_ON_EXIT=FALSE`;
}
