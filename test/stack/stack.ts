/**
 * A Kafka and a schema registry to test against.
 *
 * In: the environment, options. Out: addresses, and a handle on both where they belong to this stack.
 * Taken from the environment when it names them, else run in Docker when a daemon answers, else as two Java processes.
 */
import { dockerAnswers, startDockerStack } from './docker-stack.ts';
import { startMavenStack } from './maven-stack.ts';
import type { SecureListener } from './secure-listener.ts';
import type { Service } from './service.ts';

/** What a stack may be asked for. */
export interface StackOptions {
  /** Broker settings (`server.properties`) on top of the small ones of the stack. */
  readonly kafka?: Readonly<Record<string, string>>;
  /** Whether there is a schema registry; true unless told. */
  readonly registry?: boolean;
  /** Never use the stack that the environment names: for tests that stop the broker or need other settings. */
  readonly own?: boolean;
  /** A second listener with TLS and SASL; only as a Java process of this machine, and always a stack of one's own. */
  readonly secure?: SecureListener;
  /** Port of a proxy on this machine, which a second listener tells its clients instead of its own; as `secure`. */
  readonly proxyPort?: number;
  /** Whether there is a second broker to start; as `secure`. */
  readonly secondBroker?: boolean;
  /** Told what takes long (downloads); written to stderr unless told. */
  readonly log?: (line: string) => void;
}

/** Addresses of a running Kafka and registry. */
export interface Stack {
  readonly brokers: string[];
  /** Port of the listener that the proxy must lead to, where one was wanted. */
  readonly proxiedPort?: number | undefined;
  /** Address of the listener with TLS and SASL, where one was wanted. */
  readonly secureBroker?: string | undefined;
  /** Base URL of the Confluent-compatible API; empty when there is no registry. */
  readonly registryUrl: string;
  readonly kind: 'environment' | 'docker' | 'maven';
  /** Undefined when the broker belongs to somebody else. */
  readonly broker: Service | undefined;
  /**
   * Where one was wanted. Not started yet: what is made before it is started is on the first broker alone.
   */
  readonly secondBroker?: Service | undefined;
  /** Undefined when the registry belongs to somebody else, or there is none. */
  readonly registry: Service | undefined;
  /** Ends it and removes its data; nothing happens when it belongs to somebody else. May be called twice. */
  stop(): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
}

/** Starts a stack and returns when both parts answer. It ends at the latest with this process, however that ends. */
export async function startStack(options: StackOptions = {}): Promise<Stack> {
  const registry = options.registry ?? true;
  const { secure, proxyPort, secondBroker = false } = options;
  const isSpecial = secure !== undefined || proxyPort !== undefined || secondBroker;
  const named = options.own === true || isSpecial ? undefined : environmentStack(registry);
  if (named) return named;
  const log = options.log ?? ((line: string) => process.stderr.write(`${line}\n`));
  const kind = !isSpecial && (await dockerAnswers()) ? 'docker' : 'maven';
  const start = kind === 'docker' ? startDockerStack : startMavenStack;
  const started = await start({ kafka: options.kafka ?? {}, registry, secure, proxyPort, secondBroker, log });
  return { ...started, kind, [Symbol.asyncDispose]: started.stop };
}

function environmentStack(registry: boolean): Stack | undefined {
  const brokers = (process.env.CLOCKIFY_KAFKA_TEST_BROKERS ?? '').split(',').map((broker) => broker.trim());
  if (brokers.every((broker) => broker === '')) return undefined;
  const registryUrl = process.env.CLOCKIFY_KAFKA_TEST_REGISTRY ?? '';
  if (registry && registryUrl === '') {
    throw new Error('CLOCKIFY_KAFKA_TEST_BROKERS is set, so CLOCKIFY_KAFKA_TEST_REGISTRY must be set too');
  }
  const stop = async () => undefined;
  return {
    brokers: brokers.filter((broker) => broker !== ''),
    registryUrl,
    kind: 'environment',
    broker: undefined,
    registry: undefined,
    stop,
    [Symbol.asyncDispose]: stop,
  };
}
