import { createDecoder, type Decoder } from '../avro/decode.ts';
import { createRegistry } from '../avro/registry.ts';
import { createKafkaClient } from '../kafka/client.ts';
import { type TailedRecord, tailTopic } from '../kafka/topic-tail.ts';
import { createLogger } from '../telemetry/logger.ts';
import { kafkaOptions, registryOptions } from '../worker/secure.ts';
import { type Command, EXIT, usageError } from './command.ts';
import { CONFIG_OPTIONS, readConfig } from './config-options.ts';

export const tail: Command = {
  name: 'tail',
  summary: 'Shows the changes in a topic as they arrive, decoded',
  usage: 'tail TOPIC [--json] [--from-beginning] [--until-end] [--config FILE]',
  examples: [
    'clockify-kafka tail clockify.time_entries --from-beginning',
    'clockify-kafka tail clockify.users --json --from-beginning --until-end | jq .value.email',
  ],
  options: {
    ...CONFIG_OPTIONS,
    json: {
      type: 'boolean',
      says: 'one JSON object a record: topic, partition, offset, timestamp, headers, key, value',
    },
    'from-beginning': { type: 'boolean', says: 'from the first record kept, not only what is new' },
    'until-end': { type: 'boolean', says: 'stop at what is there now' },
  },
  run: async (call, terminal) => {
    const topic = call.positionals[0];
    if (topic === undefined) throw usageError(tail, 'tail needs the name of a topic');
    const config = readConfig(call, terminal);
    const logger = createLogger({ level: 'warn', format: config.log.format, secrets: terminal.secrets });
    const kafka = createKafkaClient(kafkaOptions(config), logger);
    const registry = createRegistry({ ...registryOptions(config), log: logger });
    const decode = createDecoder(registry.fetchSchema);
    const show = call.flags.json === true ? asJson : asLine;
    const options = {
      topic,
      fromBeginning: call.flags['from-beginning'] === true,
      untilEnd: call.flags['until-end'] === true,
    };
    await tailTopic(kafka, options, async (record) => terminal.out(await show(decode, record)), terminal.signal);
    return EXIT.ok;
  },
};

async function asJson(decode: Decoder, record: TailedRecord): Promise<string> {
  const { topic, partition, offset, timestampMs, headers } = record;
  const [key, value] = [await readable(decode, record.key), await readable(decode, record.value)];
  return JSON.stringify({
    topic,
    partition,
    offset,
    timestamp: new Date(timestampMs).toISOString(),
    headers,
    key,
    value,
  });
}

async function asLine(decode: Decoder, record: TailedRecord): Promise<string> {
  const op = record.value === null ? 'tombstone' : (record.headers.__op ?? '-');
  const body = JSON.stringify(await readable(decode, record.value ?? record.key));
  return `${new Date(record.timestampMs).toISOString()} ${record.partition}/${record.offset} ${op} ${body}`;
}

/** What is not ours (dead letters are JSON) is shown as text. */
async function readable(decode: Decoder, bytes: Buffer | null): Promise<unknown> {
  if (bytes === null) return null;
  if (bytes[0] === 0 && bytes.length > 5) return decode(bytes);
  const text = bytes.toString();
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}
