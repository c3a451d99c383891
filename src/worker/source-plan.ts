import { createHash, createHmac } from 'node:crypto';
import { of } from 'rxjs';
import { createCodec } from '../avro/codec.ts';
import type { SchemaRegistry } from '../avro/registry.ts';
import type { Client, Sender } from '../clockify/client.ts';
import { isWorkspaceGone } from '../clockify/workspace-gone.ts';
import type { Config } from '../config/config.ts';
import type { SourceConfig } from '../config/source-config.ts';
import { compileMask, type Mask } from '../core/mask.ts';
import type { Scrubber } from '../core/scrubber.ts';
import { createDriftWatch } from '../pipeline/drift.ts';
import type { Codec, Mapper, PageContent, PolledPage, SourceKind, Walk } from '../pipeline/ports.ts';
import { createRejectGuard } from '../pipeline/reject-guard.ts';
import { driftTexts } from './drift-text.ts';
import type { Report } from './events.ts';
import { nextRunAfter, spreadMs } from './next-run.ts';
import type { Source } from './source.ts';

export interface SourcePlan {
  readonly source: SourceConfig;
  readonly config: Config;
  readonly registry: SchemaRegistry;
  readonly client: Client & Sender;
  /** What `all` stands for. */
  readonly valuesOf: Source['valuesOf'];
  readonly onListed?: Source['onListed'];
  /** Bytes that one message of a topic may have; undefined: as many as it likes. */
  readonly messageBytes?: ReadonlyMap<string, number> | undefined;
  readonly report?: Report;
  /** Knows every secret; left out, no value of an answer is kept for people. */
  readonly secrets?: Scrubber | undefined;
}

/** Longest wait before a slice's first sweep. */
const SPREAD_MS = 5_000;
/** Where the schedule is no interval, a failed sweep is tried again after this, then rarer. */
const RETRY_MS = 60_000;

/** What every kind of source takes from the configuration in the same way. */
export function commonOf(
  plan: SourcePlan,
): Pick<Source, 'credential' | 'schedule' | 'valuesOf' | 'isGone' | 'onListed'> {
  const { source, valuesOf, onListed, client } = plan;
  const isAll = (source.parameters.workspace ?? 'all') === 'all';
  const schedule = source.schedule ?? { type: 'every' as const, everyMs: source.everyMs };
  return {
    credential: source.credential,
    onListed,
    schedule: {
      everyMs: schedule.type === 'every' ? schedule.everyMs : RETRY_MS,
      spreadMs: spreadMs(schedule, SPREAD_MS, Date.now()),
      nextAfter: schedule.type === 'every' ? undefined : (started, now) => nextRunAfter(schedule, started, now),
    },
    isGone: isAll ? (workspace, signal) => isWorkspaceGone(client, workspace, signal) : undefined,
    valuesOf: (parameter, params) => {
      const given = source.parameters[parameter] ?? 'all';
      return given === 'all' ? valuesOf(parameter, params) : of(new Set(given));
    },
  };
}

/** Undefined: everything is shown. */
export function maskOf({ source, config }: Pick<SourcePlan, 'source' | 'config'>): Mask | undefined {
  if (source.mask === undefined || source.mask.length === 0) return undefined;
  const { key = '' } = config.mask;
  return compileMask(source.mask, (text) => createHmac('sha256', key).update(text).digest('hex'));
}

/** Of the rules, not of the key: a letter that was hashed with another key is one of before. */
export function maskIdOf({ mask }: SourceConfig): string | undefined {
  if (mask === undefined || mask.length === 0) return undefined;
  return createHash('sha256').update(JSON.stringify(mask)).digest('hex').slice(0, 16);
}

/** A source's kind, but for what its template or endpoint says. */
export function kindOf(
  { source, config, messageBytes, secrets }: SourcePlan,
  own: Pick<SourceKind, 'resource' | 'mayBeEmpty' | 'ownerOf'> & { readonly codec: Codec; readonly mapper: Mapper },
): SourceKind {
  return {
    app: config.app,
    name: source.name,
    topic: source.topic,
    deadLetterTopic: config.topics.deadLetters,
    maxBytes: messageBytes?.get(source.topic),
    maxLetterBytes: messageBytes?.get(config.topics.deadLetters),
    mask: maskOf({ source, config }),
    maskId: maskIdOf(source),
    drift: createDriftWatch(own.mapper.shape, secrets && driftTexts(source.mask ?? [], secrets)),
    rejects: createRejectGuard({ share: config.deadLetters.stopShare, atLeast: config.deadLetters.stopAtLeast }),
    ...own,
  };
}

/** The codec of a key and a value schema, once the registry has both. */
export async function registeredCodec(
  { source, config, registry }: SourcePlan,
  { keySchema, valueSchema }: { readonly keySchema: string; readonly valueSchema: string },
  ignoredByDefault: readonly string[],
  signal: AbortSignal,
): Promise<Codec> {
  const options = { autoRegister: config.registry.autoRegister, signal };
  const keySchemaId = await registry.register(`${source.topic}-key`, keySchema, options);
  const valueSchemaId = await registry.register(`${source.topic}-value`, valueSchema, options);
  const ignoreChanges = source.ignoreChanges ?? ignoredByDefault;
  return createCodec({ keySchema, valueSchema, keySchemaId, valueSchemaId, ignoreChanges });
}

/** Pages that say themselves what they hold, whose `last` is of the walk and not of a header. */
interface SelfReadPage extends Pick<PolledPage, 'body' | 'receivedAtMs'> {
  readonly last: boolean | undefined;
  read(): PageContent;
}

export function selfRead(walk: { page(number: number, signal: AbortSignal): Promise<SelfReadPage> }): Walk['page'] {
  return async (number, signal) => {
    const page = await walk.page(number, signal);
    return { ...page, lastPage: page.last, read: () => page.read() };
  };
}

/** For endpoints whose pages belong to a sweep. */
export function notWithoutBegin(): never {
  throw new Error('the pages of this endpoint belong to a sweep');
}
