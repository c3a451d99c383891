import type { Config } from '../config/config.ts';
import { identity } from '../config/format.ts';
import { WorkerError } from '../core/errors.ts';
import { createLogger } from '../telemetry/logger.ts';
import { damageOf, openStateStore, type StateStore, type StoredRecord } from '../worker/state-store.ts';
import { type SourceTally, type Tally, tallyState } from '../worker/state-tally.ts';
import { type Command, EXIT, type Invocation, type Terminal, text, usageError } from './command.ts';
import { CONFIG_OPTIONS, readConfig, SINK_OPTIONS } from './config-options.ts';
import { countOf, JSON_OPTION, section, untilStopped } from './try-options.ts';

export const state: Command = {
  name: 'state',
  summary: 'Shows or exports what was last published, or drops a part of it, while the worker is stopped',
  usage: 'state show | export | reset  [--source NAME | --orphans | --damaged | --all] [--json] [--config FILE]',
  examples: [
    'clockify-kafka state show                    # what each source has; orphans are in no configuration',
    'clockify-kafka state export --source users   # as JSON lines',
    'clockify-kafka state reset                   # drops what orphans have',
    'clockify-kafka state reset --source users    # users is read anew, every row is published again as r',
  ],
  options: {
    source: { type: 'string', value: 'NAME', says: 'only of this source, configured or not', reads: identity },
    orphans: { type: 'boolean', says: 'with reset: of every source that is not configured (unless told otherwise)' },
    damaged: { type: 'boolean', says: 'with reset: records that cannot be read' },
    all: { type: 'boolean', says: 'with reset: everything but what was spent of the budgets' },
    ...JSON_OPTION,
    ...(SINK_OPTIONS.sink === undefined ? {} : { sink: SINK_OPTIONS.sink }),
    ...CONFIG_OPTIONS,
  },
  run: (call, terminal) => untilStopped(terminal, () => runState(call, terminal)),
};

interface Scene {
  readonly config: Config;
  readonly store: StateStore;
  readonly call: Invocation;
  readonly terminal: Terminal;
}

async function runState(call: Invocation, terminal: Terminal): Promise<number> {
  const [verb = ''] = call.positionals;
  const work = { show, export: exportAll, reset }[verb];
  if (work === undefined) throw usageError(state, 'state needs to know what to do: show, export or reset');
  if (selectionsOf(call).length > 1) throw usageError(state, 'choose one of --source, --orphans, --damaged and --all');
  const config = readConfig(call, terminal);
  const logger = createLogger({ level: 'error', format: config.log.format, secrets: terminal.secrets });
  const store = await openStateStore({ config, logger, signal: terminal.signal });
  try {
    return await work({ config, store, call, terminal });
  } finally {
    await store.close();
  }
}

const SELECTIONS = ['source', 'orphans', 'damaged', 'all'] as const;
type Selection = (typeof SELECTIONS)[number];

function selectionsOf({ flags }: Invocation): readonly Selection[] {
  return SELECTIONS.filter((name) => flags[name] !== undefined && flags[name] !== false);
}

/** What is read while somebody writes is true of no moment. */
function sayIfRunning({ store, terminal }: Scene): void {
  if (store.members > 0) terminal.err(`${runningText(store)}: this is how the state was while it changed`);
}

function runningText({ members }: StateStore): string {
  return members === 1 ? 'a worker is running' : `${members} workers are running`;
}

async function show(scene: Scene): Promise<number> {
  const { call, store, terminal } = scene;
  sayIfRunning(scene);
  const only = text(call, 'source');
  const tally = await tallyState(store, namesOf(scene), terminal.signal);
  const sources = tally.sources.filter(({ source }) => only === undefined || source === only);
  if (call.flags.json === true) await terminal.out(JSON.stringify(dataOf(store, { ...tally, sources })));
  else await terminal.out(linesOf(store, { ...tally, sources }).join('\n'));
  return EXIT.ok;
}

function namesOf({ config }: Scene): ReadonlySet<string> {
  return new Set(config.sources.map(({ name }) => name));
}

/** As many damaged records as a person reads. */
const SHOWN = 20;

function linesOf({ where, shards }: StateStore, { sources, damaged, records, bytes }: Tally): readonly string[] {
  const lines = damaged.slice(0, SHOWN).map(({ shard, key, code }) => `shard ${shard}: ${key} [${code}]`);
  const more = damaged.length > SHOWN ? [`and ${damaged.length - SHOWN} more`] : [];
  return [
    `${where}: ${countOf(shards, 'shard')}, ${countOf(records, 'record')}, ${countOf(bytes, 'byte')}`,
    ...section('Sources:', sources.map(sourceLine)),
    ...section('Cannot be read:', [...lines, ...more]),
  ];
}

function sourceLine({ source, topic, orphan, shards, entities, graves, rejects, checkpoints }: SourceTally): string {
  const counts = [
    `${entities} live`,
    `${graves} deleted`,
    countOf(rejects, 'dead letter'),
    countOf(checkpoints, 'checkpoint'),
    `in ${countOf(shards.size, 'shard')}`,
  ].join(', ');
  return `${source} → ${topic ?? 'no topic'}: ${counts}${orphan ? ' (orphan: it is not configured)' : ''}`;
}

function dataOf({ where, shards, members }: StateStore, { sources, ...tally }: Tally): object {
  return {
    where,
    shards,
    workers: members,
    ...tally,
    sources: sources.map((each) => ({ ...each, topic: each.topic ?? null, shards: [...each.shards] })),
  };
}

async function exportAll(scene: Scene): Promise<number> {
  const { call, store, terminal } = scene;
  sayIfRunning(scene);
  const only = text(call, 'source');
  for (let shard = 0; shard < store.shards; shard++) {
    for (const record of await store.read(shard, terminal.signal)) {
      if (only === undefined || record.source === only) await terminal.out(exported(shard, record));
    }
  }
  return EXIT.ok;
}

function exported(shard: number, { key, item }: StoredRecord): string {
  const said = item instanceof WorkerError ? { damage: item.code } : item;
  const plain = (_: string, value: unknown) =>
    value instanceof Uint8Array ? Buffer.from(value).toString('base64') : value;
  return JSON.stringify({ shard, stateKey: key, ...said }, plain);
}

async function reset(scene: Scene): Promise<number> {
  const { call, store, terminal } = scene;
  if (store.members > 0) throw inUse(store);
  const isDue = selected(scene);
  let dropped = 0;
  for (let shard = 0; shard < store.shards; shard++) {
    const due = (await store.read(shard, terminal.signal)).filter(isDue);
    if (due.length === 0) continue;
    await store.drop(
      shard,
      due.map(({ key }) => key),
      terminal.signal,
    );
    dropped += due.length;
  }
  if (call.flags.json === true) await terminal.out(JSON.stringify({ where: store.where, dropped }));
  else await terminal.out(`${store.where}: ${countOf(dropped, 'record')} dropped`);
  return EXIT.ok;
}

function inUse(store: StateStore): WorkerError {
  return new WorkerError('config', 'state.in_use', `${runningText(store)} on ${store.where}`, {
    hint: 'Stop every worker of this app first; they would go on from what they have in memory.',
  });
}

/** Requests that were sent were sent: what a budget remembers goes only where it cannot be read (P6). */
function selected(scene: Scene): (record: StoredRecord) => boolean {
  const only = text(scene.call, 'source');
  const configured = namesOf(scene);
  const bySelection: Readonly<Record<Selection, (record: StoredRecord) => boolean>> = {
    source: ({ source }) => source === only,
    orphans: ({ source }) => source !== undefined && !configured.has(source),
    damaged: (record) => damageOf(record)?.code === 'state.corrupt',
    all: ({ item }) => !('type' in item) || item.type !== 'budget',
  };
  return bySelection[selectionsOf(scene.call)[0] ?? 'orphans'];
}
