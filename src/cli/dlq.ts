import { createWriteStream } from 'node:fs';
import { finished } from 'node:stream/promises';
import type { Config } from '../config/config.ts';
import { identity } from '../config/format.ts';
import { milliseconds } from '../config/quantity.ts';
import { WorkerError } from '../core/errors.ts';
import { createKafkaClient } from '../kafka/client.ts';
import type { KafkaClient } from '../kafka/kafkajs-patches.ts';
import { someBrokerListens } from '../kafka/reach.ts';
import type { ShardState } from '../pipeline/shard-state.ts';
import { createLogger, type Logger } from '../telemetry/logger.ts';
import {
  type DeadLetterRecord,
  type LetterFilter,
  readLetters,
  refuseWithoutKafka,
  shardOf,
} from '../worker/dlq-letters.ts';
import { type ReplayOutcome, replay } from '../worker/dlq-replay.ts';
import { kafkaOptions } from '../worker/secure.ts';
import { openRealState } from '../worker/try-state.ts';
import { type Command, EXIT, type Invocation, type Terminal, text, usageError } from './command.ts';
import { CONFIG_OPTIONS, readConfig } from './config-options.ts';
import * as takes from './option-formats.ts';
import { countOf, errorJson, JSON_OPTION, pretty, untilStopped } from './try-options.ts';

export const dlq: Command = {
  name: 'dlq',
  summary: 'Lists, shows, exports or replays what could not be published',
  usage: 'dlq list | show ID | replay [ID] | export FILE  [--source NAME] [--code CODE] [--since 24h] [--all] [--json]',
  takes: 2,
  examples: [
    'clockify-kafka dlq list --since 24h              # what is still open; --all for what is healed, too',
    'clockify-kafka dlq show 0:17                     # one of them with its headers and the raw item',
    'clockify-kafka dlq replay --source time-entries  # through the pipeline of today, each exactly once',
    'clockify-kafka dlq export letters.jsonl',
  ],
  options: {
    source: { type: 'string', value: 'NAME', says: 'only of this source', reads: identity },
    code: { type: 'string', value: 'CODE', says: 'only with this error code', reads: takes.errorCode },
    since: { type: 'string', value: 'TIME', says: 'only younger ones: 30m, 24h, 7d', reads: takes.age },
    all: { type: 'boolean', says: 'with list and export: healed and superseded ones, too' },
    ...JSON_OPTION,
    ...CONFIG_OPTIONS,
  },
  run: (call, terminal) => untilStopped(terminal, () => runDlq(call, terminal)),
};

interface Scene {
  readonly config: Config;
  readonly kafka: KafkaClient;
  readonly logger: Logger;
  readonly call: Invocation;
  readonly terminal: Terminal;
}

async function runDlq(call: Invocation, terminal: Terminal): Promise<number> {
  const [verb = '', about] = call.positionals;
  const work = { list, show, replay: replayAll, export: exportTo }[verb];
  if (work === undefined) throw usageError(dlq, 'dlq needs to know what to do: list, show, replay or export');
  checkSubject(verb, about);
  const config = readConfig(call, terminal);
  refuseWithoutKafka(config);
  await someBrokerListens(kafkaOptions(config));
  const logger = createLogger({ level: 'error', format: config.log.format, secrets: terminal.secrets });
  const kafka = createKafkaClient(kafkaOptions(config), logger);
  return work({ config, kafka, logger, call, terminal }, about);
}

/** Before anything is reached. @throws {WorkerError} config `cli.usage` */
function checkSubject(verb: string, about: string | undefined): void {
  if (verb === 'list' && about !== undefined)
    throw usageError(dlq, `dlq list does not know what to do with "${about}"`);
  if (verb === 'export' && about === undefined) throw usageError(dlq, 'dlq export needs the name of a file');
  const named = verb === 'show' ? (about ?? '') : verb === 'replay' ? about : undefined;
  if (named === undefined || /^\d+:\d+$/.test(named)) return;
  throw usageError(dlq, 'a dead letter is named by its partition and offset, as dlq list shows them: 0:17');
}

function filterOf(call: Invocation): LetterFilter {
  const ageMs = milliseconds(text(call, 'since') ?? '');
  const sinceMs = ageMs === undefined ? undefined : Date.now() - ageMs;
  return { source: text(call, 'source'), code: text(call, 'code'), sinceMs };
}

async function lettersOf({ config, kafka, terminal }: Scene, filter: LetterFilter): Promise<DeadLetterRecord[]> {
  const found: DeadLetterRecord[] = [];
  await readLetters(kafka, config, filter, (letter) => void found.push(letter), terminal.signal);
  return found;
}

interface Judged {
  readonly letter: DeadLetterRecord;
  /** Whether the state still has it among what does not fit. */
  readonly isOpen: boolean;
}

/** Each letter with whether it is still open: the last one of its item, and not healed since. */
async function judged(scene: Scene, letters: readonly DeadLetterRecord[]): Promise<readonly Judged[]> {
  const { config, logger, terminal } = scene;
  if (letters.length === 0) return [];
  const real = await openRealState(config, logger);
  const last = new Map(letters.map((letter) => [`${letter.source} ${letter.id} ${letter.hash}`, letter.ref]));
  const states = new Map<number, ShardState>();
  const judgments: Judged[] = [];
  for (const letter of letters) {
    const shard = shardOf(letter, config);
    const state = states.get(shard) ?? (await real.read(shard, terminal.signal));
    states.set(shard, state);
    const isLast = last.get(`${letter.source} ${letter.id} ${letter.hash}`) === letter.ref;
    judgments.push({ letter, isOpen: isLast && state.reject(letter.source, letter.id)?.hash === letter.hash });
  }
  return judgments;
}

async function list(scene: Scene): Promise<number> {
  const { call, terminal } = scene;
  const all = await judged(scene, await lettersOf(scene, filterOf(call)));
  const shown = call.flags.all === true ? all : all.filter(({ isOpen }) => isOpen);
  for (const each of shown) {
    await terminal.out(call.flags.json === true ? JSON.stringify(dataOf(each)) : lineOf(each));
  }
  const open = all.filter(({ isOpen }) => isOpen).length;
  terminal.err(`${countOf(open, 'dead letter')} open, ${all.length - open} healed or superseded`);
  return EXIT.ok;
}

function lineOf({ letter, isOpen }: Judged): string {
  const { ref, timestampMs, source, code, attempt, message } = letter;
  const state = isOpen ? 'open' : 'healed';
  const tries = attempt > 1 ? ` (attempt ${attempt})` : '';
  return `${ref.padEnd(10)} ${new Date(timestampMs).toISOString()} ${state.padEnd(6)} ${source} ${code}: ${message}${tries}`;
}

function dataOf({ letter, isOpen }: Judged): object {
  const { ref, timestampMs, source, slice, code, message, attempt, id } = letter;
  const timestamp = new Date(timestampMs).toISOString();
  return { id: ref, timestamp, open: isOpen, source, slice, code, message, attempt, entity: id };
}

async function show(scene: Scene, ref = ''): Promise<number> {
  const letter = await oneLetter(scene, ref);
  const [one] = await judged(scene, [letter]);
  const item = JSON.parse(letter.text) as unknown;
  const { out } = scene.terminal;
  if (scene.call.flags.json === true) {
    await out(JSON.stringify({ ...dataOf(one as Judged), headers: letter.headers, item }));
    return EXIT.ok;
  }
  await out(lineOf(one as Judged));
  for (const [name, value] of Object.entries(letter.headers)) await out(`  ${name}: ${value}`);
  for (const line of pretty(item)) await out(line);
  return EXIT.ok;
}

async function oneLetter(scene: Scene, ref: string): Promise<DeadLetterRecord> {
  const [letter] = await lettersOf(scene, { ref });
  if (letter !== undefined) return letter;
  throw new WorkerError('config', 'dlq.unknown_letter', `there is no dead letter ${ref}`, {
    hint: 'The topic may have dropped it by age; dlq list --all shows what is there.',
  });
}

/** One as one JSON line, in the order of the topic; nothing is kept in memory but the open ones. */
async function exportTo(scene: Scene, file = ''): Promise<number> {
  const all = await judged(scene, await lettersOf(scene, filterOf(scene.call)));
  const shown = scene.call.flags.all === true ? all : all.filter(({ isOpen }) => isOpen);
  const stream = createWriteStream(file, { flags: 'wx' });
  for (const each of shown) {
    const item = JSON.parse(each.letter.text) as unknown;
    stream.write(`${JSON.stringify({ ...dataOf(each), headers: each.letter.headers, item })}\n`);
  }
  stream.end();
  await finished(stream).catch((cause: unknown) => {
    throw new WorkerError('config', 'dlq.not_writable', `${file} cannot be written, or is there already`, { cause });
  });
  scene.terminal.err(`${countOf(shown.length, 'dead letter')} in ${file}`);
  return EXIT.ok;
}

async function replayAll(scene: Scene, ref: string | undefined): Promise<number> {
  const { config, logger, call, terminal } = scene;
  const chosen = ref === undefined ? await lettersOf(scene, filterOf(call)) : [await oneLetter(scene, ref)];
  const letters = (await judged(scene, chosen)).filter(({ isOpen }) => isOpen).map(({ letter }) => letter);
  const counts = new Map<string, number>();
  const onReplayed = async (letter: DeadLetterRecord, outcome: ReplayOutcome) => {
    const word = outcome instanceof WorkerError ? 'not replayed' : outcome;
    counts.set(word, (counts.get(word) ?? 0) + 1);
    const error = outcome instanceof WorkerError ? errorJson(outcome) : null;
    const why = outcome instanceof WorkerError ? `: ${outcome.message}` : '';
    const { ref: id, source } = letter;
    await terminal.out(
      call.flags.json === true ? JSON.stringify({ id, source, outcome: word, error }) : `${id} ${source} ${word}${why}`,
    );
  };
  if (letters.length > 0) await replay({ config, logger, letters, onReplayed, signal: terminal.signal });
  const summary = [...counts].map(([word, count]) => `${count} ${word}`).join(', ');
  terminal.err(letters.length === 0 ? 'no dead letter is open' : summary);
  return counts.has('rejected') || counts.has('not replayed') ? EXIT.failure : EXIT.ok;
}
