import { join } from 'node:path';
import { createSyncDecoder } from '../avro/decode.ts';
import { createLocalRegistry } from '../avro/local-registry.ts';
import { createStaticMembership, parseShards } from '../kafka/static-membership.ts';
import { openFileSink } from '../local/file-sink.ts';
import type { LocalSink } from '../local/local-sink.ts';
import { openStdoutSink } from '../local/stdout-sink.ts';
import type { OutRecord, TransactionalSink } from '../pipeline/ports.ts';
import type { Target } from './sinks.ts';
import type { WireOptions } from './wire.ts';

/** The same pipeline without a broker: one JSON line a change, state in a file, every shard ours. */
export async function openLocal({ config, out }: WireOptions): Promise<Target> {
  const { directory } = config.file;
  const registry = createLocalRegistry({ file: join(directory, `${config.app}.${config.sink}.schemas`) });
  const describe = describer(createSyncDecoder(registry.schemaOf), config.topics.deadLetters);
  const stateFile = join(directory, `${config.app}.${config.sink}.state`);
  const sink =
    config.sink === 'file'
      ? await openFileSink({ stateFile, dir: directory, describe })
      : await openStdoutSink({ stateFile, describe, write: out });
  const { shards, staticShards } = config.kafka;
  const membership = createStaticMembership(parseShards(staticShards ?? `0-${shards - 1}`, shards));
  return { sink: withoutTombstones(sink), reader: sink, membership, registry, close: () => sink.close() };
}

/** A tombstone is for compaction, which a file does not know; its delete is a line already. */
function withoutTombstones(sink: LocalSink): TransactionalSink {
  return {
    async fence(shard, signal) {
      const writer = await sink.fence(shard, signal);
      return {
        commit: ({ records, state }) =>
          writer.commit({ records: records.filter(({ value }) => value !== null), state }),
        close: () => writer.close(),
      };
    },
    close: () => sink.close(),
  };
}

function describer(decode: (bytes: Uint8Array) => unknown, deadLetters: string) {
  return ({ topic, key, value, headers }: OutRecord): unknown => {
    if (topic === deadLetters) return { topic, key: text(key), headers, value: JSON.parse(text(value) ?? 'null') };
    return { topic, op: headers.__op, id: headers.ce_id, key: key && decode(key), value: value && decode(value) };
  };
}

const utf8 = new TextDecoder();

function text(bytes: Uint8Array | null): string | null {
  return bytes === null ? null : utf8.decode(bytes);
}
