/** What a campaign has left in Kafka: the state as the worker would restore it, the dead letters, and what kcat reads. */
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import type { StateItem, StateRecord } from '../../src/core/state.ts';
import { decodeState } from '../../src/core/state-codec.ts';
import { createKafkaStateReader } from '../../src/kafka/state-reader.ts';
import { tailTopic } from '../../src/kafka/topic-tail.ts';
import { kafkaOf } from '../support/published.ts';

const run = promisify(execFile);

/** The last record of every key; the values are copied, since a reader's are slices. */
export async function readState(brokers: readonly string[], topic: string, shards: number): Promise<StateItem[]> {
  const reader = createKafkaStateReader(kafkaOf(brokers), { stateTopic: topic });
  const last = new Map<string, StateRecord>();
  const take = ({ key, value }: StateRecord) => {
    if (value === null) last.delete(key);
    else last.set(key, { key, value: Uint8Array.from(value) });
  };
  for (let shard = 0; shard < shards; shard++) await reader.restore(shard, take, AbortSignal.timeout(60_000));
  return [...last.values()].map(({ key, value }) => decodeState(key, value ?? new Uint8Array()));
}

export async function readDeadLetters(brokers: readonly string[], topic: string): Promise<string[]> {
  const letters: string[] = [];
  const options = { topic, fromBeginning: true, untilEnd: true };
  const note = ({ headers, value }: { headers: Readonly<Record<string, string>>; value: Buffer | null }) =>
    void letters.push(`${headers['__connect.errors.exception.message']}: ${value?.toString().slice(0, 200)}`);
  await tailTopic(kafkaOf(brokers), options, note, AbortSignal.timeout(60_000));
  return letters;
}

/** `topic/partition/offset ce_id` by librdkafka, as `read_committed`; undefined where there is no kcat. */
export async function readByKcat(brokers: readonly string[], topics: readonly string[]): Promise<string[] | undefined> {
  const isThere = await run('kcat', ['-V']).then(
    () => true,
    () => false,
  );
  if (!isThere) return undefined;
  const lines: string[] = [];
  for (const topic of topics) {
    const args = ['-b', brokers.join(','), '-C', '-t', topic, '-o', 'beginning', '-e', '-q'];
    const format = ['-X', 'isolation.level=read_committed', '-f', '%t/%p/%o\t%h\n'];
    const { stdout } = await run('kcat', [...args, ...format], { maxBuffer: 1024 * 1024 * 1024, timeout: 120_000 });
    for (const line of stdout.split('\n').filter((each) => each !== '')) {
      const [place, headers = ''] = line.split('\t');
      lines.push(`${place} ${/(?:^|,)ce_id=([^,]*)/.exec(headers)?.[1]}`);
    }
  }
  return lines;
}
