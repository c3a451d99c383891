/** Settings of a Kafka node, for the local process and the container alike. */

import { SECURE_LISTENER } from './secure-listener.ts';

/** Where the node listens, and what it tells others about it. */
export interface KafkaAddresses {
  readonly listener: string;
  readonly advertised: string;
  readonly controller: string;
  /**
   * For the broker's calls to itself (it sends transaction markers so), where it cannot reach its advertised address:
   * in a container. The advertised address serves otherwise.
   */
  readonly internal?: string;
  /** A listener that tells its clients another port, behind which a proxy stands. */
  readonly proxied?: { readonly listener: string; readonly advertised: string } | undefined;
  /** Of the listener with TLS and SASL. */
  readonly secure?: string | undefined;
}

/** `server.properties` for one small node that starts fast; `extra` wins. */
export function kafkaProperties(
  at: KafkaAddresses,
  extra: Readonly<Record<string, string>> = {},
): Record<string, string> {
  const internal = at.internal === undefined ? '' : `,INTERNAL://${at.internal}`;
  const proxied = (address: string | undefined) => (address === undefined ? '' : `,PROXIED://${address}`);
  const secure = at.secure === undefined ? '' : `,${SECURE_LISTENER}://${at.secure}`;
  return {
    'process.roles': 'broker,controller',
    'node.id': '1',
    'controller.quorum.voters': `1@${at.controller}`,
    listeners: `PLAINTEXT://${at.listener}${internal}${secure}${proxied(at.proxied?.listener)},CONTROLLER://${at.controller}`,
    'advertised.listeners': `PLAINTEXT://${at.advertised}${internal}${secure}${proxied(at.proxied?.advertised)}`,
    'listener.security.protocol.map': `PLAINTEXT:PLAINTEXT,INTERNAL:PLAINTEXT,CONTROLLER:PLAINTEXT,PROXIED:PLAINTEXT,${SECURE_LISTENER}:SASL_SSL`,
    'controller.listener.names': 'CONTROLLER',
    'inter.broker.listener.name': internal === '' ? 'PLAINTEXT' : 'INTERNAL',
    'auto.create.topics.enable': 'false',
    'offsets.topic.replication.factor': '1',
    'offsets.topic.num.partitions': '3',
    'transaction.state.log.replication.factor': '1',
    'transaction.state.log.min.isr': '1',
    'transaction.state.log.num.partitions': '3',
    'share.coordinator.state.topic.replication.factor': '1',
    'share.coordinator.state.topic.min.isr': '1',
    'share.coordinator.state.topic.num.partitions': '1',
    'group.initial.rebalance.delay.ms': '0',
    'group.min.session.timeout.ms': '1000',
    // A killed broker is let in again only when its former session is over.
    'broker.heartbeat.interval.ms': '250',
    'broker.session.timeout.ms': '2000',
    'log.cleaner.dedupe.buffer.size': '4194304',
    ...extra,
  };
}

/** `server.properties` of a second node of that cluster, a broker alone; `extra` wins. */
export function secondBrokerProperties(
  address: string,
  controller: string,
  extra: Readonly<Record<string, string>>,
): Record<string, string> {
  const alone = { 'process.roles': 'broker', 'node.id': '2', listeners: `PLAINTEXT://${address}` };
  return kafkaProperties({ listener: address, advertised: address, controller }, { ...alone, ...extra });
}

/** The text of a `.properties` file. */
export function propertiesText(properties: Readonly<Record<string, string>>): string {
  return Object.entries(properties)
    .map(([key, value]) => `${key}=${value.replaceAll('\\', '\\\\').replaceAll('\n', '\\n')}\n`)
    .join('');
}

/** The same settings as the environment variables which the apache/kafka image reads. */
export function propertiesEnvironment(properties: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(properties).map(([key, value]) => [
      `KAFKA_${key.replaceAll('_', '__').replaceAll('-', '___').replaceAll('.', '_').toUpperCase()}`,
      value,
    ]),
  );
}
