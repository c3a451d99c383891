/** Reading one partition of a topic by position, which kafkajs does not offer: what it stands on inside is borrowed. */
import type { FetchedRecord, KafkaClient, PartitionAssigner } from './kafkajs-patches.ts';

interface RawPartition {
  readonly highWatermark: string;
  readonly abortedTransactions: readonly { readonly producerId: string; readonly firstOffset: string }[] | null;
  readonly messages: readonly FetchedRecord[];
}

interface RawBroker {
  listOffsets(request: object): Promise<{ responses: readonly { partitions: readonly { offset: string }[] }[] }>;
  fetch(request: object): Promise<{ responses: readonly { partitions: readonly RawPartition[] }[] }>;
}

/** kafkajs's own view of the brokers, as far as reading one partition needs it. */
interface RawCluster {
  connect(): Promise<void>;
  disconnect(): Promise<void>;
  addTargetTopic(topic: string): Promise<void>;
  refreshMetadata(): Promise<void>;
  findLeaderForPartitions(topic: string, partitions: readonly number[]): Readonly<Record<string, number[]>>;
  findBroker(node: { readonly nodeId: string }): Promise<RawBroker>;
  removeBroker(address: { readonly host: string; readonly port: number }): void;
}

/** One partition, read by position and without a consumer group. Its methods reject with kafkajs's errors. */
export interface PartitionAccess {
  connect(): Promise<void>;
  /** After a failure: forgets a broker whose connection is gone, and learns who leads now. */
  refresh(error: unknown): Promise<void>;
  /** First offset that is kept, and the high watermark; kafkajs's own `fetchTopicOffsets` gives the last stable offset. */
  bounds(): Promise<{ readonly low: number; readonly high: number }>;
  fetch(position: number, maxBytes: number, maxWaitMs: number): Promise<RawPartition | undefined>;
  disconnect(): Promise<void>;
}

const READ_UNCOMMITTED = 0;
const READ_COMMITTED = 1;
const LATEST = '-1';
const EARLIEST = '-2';

/** kafkajs reads through groups only; an assigner is handed what it stands on, and the group is never joined. */
function clusterOf(kafka: KafkaClient): RawCluster {
  const captured: { cluster?: RawCluster } = {};
  const capture: PartitionAssigner = ({ cluster }) => {
    captured.cluster = cluster as unknown as RawCluster;
    return {
      name: 'none',
      version: 0,
      assign: async () => [],
      protocol: () => ({ name: 'none', metadata: Buffer.of() }),
    };
  };
  kafka.consumer({ groupId: 'never-joined', partitionAssigners: [capture], allowAutoTopicCreation: false });
  const { cluster } = captured;
  if (typeof cluster?.findBroker !== 'function') throw new Error('kafkajs: an assigner is not handed the cluster');
  return cluster;
}

/** See {@link PartitionAccess}. */
export function accessPartition(kafka: KafkaClient, topic: string, partition: number): PartitionAccess {
  const cluster = clusterOf(kafka);
  let connecting: Promise<void> = Promise.resolve();
  const connect = (): Promise<void> => {
    connecting = cluster.connect();
    return connecting;
  };
  const leader = async (): Promise<RawBroker> => {
    const nodeId = Object.keys(cluster.findLeaderForPartitions(topic, [partition]))[0];
    return cluster.findBroker({ nodeId: nodeId ?? '-1' });
  };
  const offset = async (broker: RawBroker, timestamp: string): Promise<number> => {
    const topics = [{ topic, partitions: [{ partition, timestamp }] }];
    const { responses } = await broker.listOffsets({ isolationLevel: READ_UNCOMMITTED, topics });
    return Number(responses[0]?.partitions[0]?.offset);
  };
  return {
    async connect() {
      await connect();
      await cluster.addTargetTopic(topic);
    },
    async refresh(error) {
      const { host, port } = error as { host?: string; port?: number };
      if (host !== undefined && port !== undefined) cluster.removeBroker({ host, port });
      await connect();
      await cluster.refreshMetadata();
    },
    async bounds() {
      const broker = await leader();
      return { low: await offset(broker, EARLIEST), high: await offset(broker, LATEST) };
    },
    async fetch(position, maxBytes, maxWaitTime) {
      const broker = await leader();
      const partitions = [{ partition, fetchOffset: String(position), maxBytes }];
      const limits = { isolationLevel: READ_COMMITTED, maxWaitTime, minBytes: 1, maxBytes };
      const { responses } = await broker.fetch({ ...limits, topics: [{ topic, partitions }] });
      return responses[0]?.partitions[0];
    },
    async disconnect() {
      // A connection that is being made would stay open.
      await connecting.catch(() => undefined);
      await cluster.disconnect();
    },
  };
}
