import { hash } from 'node:crypto';
import { toWorkerError, WorkerError } from '../../core/errors.ts';
import { rawText } from '../../core/raw-text.ts';
import { errorOf, type Refusal } from '../answers.ts';
import type { Client } from '../client.ts';
import { type Fields, isFields, jsonIn } from '../json-body.ts';
import { segment } from '../templates/template.ts';
import { instantText } from './rhythm.ts';

/**
 * The lists of created, updated and deleted entities. Marked experimental, and told in two ways of each: whether pages
 * count from 0 or 1, how the type of an item is called, whether the list is wrapped (OpenAPI 2026-03 and observed
 * 2026-05). Both are read.
 */
const LISTS = ['created', 'updated', 'deleted'] as const;
export const CHANGE_LISTS = LISTS.length;
const TYPES = ['TIME_ENTRY', 'TIME_ENTRY_CUSTOM_FIELD_VALUE', 'TIME_ENTRY_RATE'] as const;
/** The default (OpenAPI); how many are allowed is not known. */
export const LIMIT = 50;
const MAX_PAGES = 1_000;

/** What the lists say of one entry. */
export interface Mention {
  /** Another one where any of what they say is. */
  readonly mark: string;
  readonly isDeleted: boolean;
  /** The latest of the times that they name, epoch ms; 0: none. */
  readonly atMs: number;
}

export type Mentions = ReadonlyMap<string, Mention>;

/** What one reading has learned for the next: where pages begin, once an item was seen. */
export interface PageBase {
  first: 0 | 1 | undefined;
}

export interface ListOptions {
  readonly client: Pick<Client, 'get'>;
  readonly workspace: string;
  readonly base: PageBase;
}

/**
 * Everything that was created, updated or deleted from an instant on. Without an end: one of 30 days then applies (OpenAPI).
 *
 * @throws {WorkerError} transient as `Client.get`; config `clockify.unauthorized`; config `changes.refused` and
 *   `changes.shapeless` where the lists are not given, or not as lists
 */
export async function readMentions(options: ListOptions, fromMs: number, signal: AbortSignal): Promise<Mentions> {
  const mentions = new Map<string, Mention>();
  for (const list of LISTS) {
    for (const item of await readList(options, list, fromMs, signal)) {
      if (!isFields(item)) throw shapeless(list);
      const id = entryIdOf(item, list);
      if (id !== undefined) mentions.set(id, merge(mentions.get(id), list, item));
    }
  }
  return mentions;
}

function merge(before: Mention | undefined, list: string, item: Fields): Mention {
  const isDeleted = list === 'deleted' && (tagOf(item) ?? 'TIME_ENTRY') === 'TIME_ENTRY';
  return {
    mark: hash('sha1', `${before?.mark ?? ''} ${list} ${rawText(item)}`, 'base64'),
    isDeleted: isDeleted || before?.isDeleted === true,
    atMs: Math.max(before?.atMs ?? 0, ...timesOf(item)),
  };
}

function timesOf({ auditMetadata, deletedAt }: Fields): readonly number[] {
  const { createdAt, updatedAt } = isFields(auditMetadata) ? auditMetadata : {};
  return [createdAt, updatedAt, deletedAt].map(timeOf);
}

function timeOf(value: unknown): number {
  const atMs = typeof value === 'string' ? Date.parse(value) : value;
  return typeof atMs === 'number' && Number.isFinite(atMs) ? atMs : 0;
}

function tagOf({ documentType, documentCode }: Fields): unknown {
  return documentType ?? documentCode;
}

/** The entry that an item is about; undefined: none that can be told. */
function entryIdOf(item: Fields, list: string): string | undefined {
  const document = isFields(item.document) ? item.document : {};
  const tag = tagOf(item);
  if (tag === 'TIME_ENTRY' || (tag === undefined && item.timeEntryId === undefined)) {
    const id = textOf(document._id) ?? textOf(item.id);
    if (id === undefined) throw shapeless(list);
    return id;
  }
  if (tag !== undefined && !TYPES.some((type) => type === tag)) return undefined;
  return textOf(item.timeEntryId) ?? textOf(document.timeEntryId);
}

function textOf(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined;
}

/**
 * One list to its end: an empty page, for no header says which is the last. Page 0 and page 1 may be the same; where
 * pages go on to be the same, there are none.
 */
async function readList(
  options: ListOptions,
  list: ListName,
  fromMs: number,
  signal: AbortSignal,
): Promise<readonly unknown[]> {
  const all: unknown[] = [];
  let before = '';
  let repeats = 0;
  for (let page = await firstPage(options, list, fromMs, signal); page.number < MAX_PAGES; ) {
    const { items, number } = page;
    if (items.length === 0) break;
    const text = rawText(items);
    repeats = text === before ? repeats + 1 : 0;
    if (repeats > 1) break;
    if (repeats === 0) all.push(...items);
    before = text;
    page = { number: number + 1, items: await readPage(options, { list, number: number + 1, fromMs }, signal) };
  }
  return all;
}

interface ListPage {
  readonly number: number;
  readonly items: readonly unknown[];
}

/** Page 0, or page 1 where page 0 is refused or empty; once it is known where pages begin, that one. */
async function firstPage(options: ListOptions, list: ListName, fromMs: number, signal: AbortSignal): Promise<ListPage> {
  const { base } = options;
  for (const number of base.first === undefined ? [0, 1] : [base.first]) {
    const items = await tryPage(options, { list, number, fromMs }, base.first === undefined && number === 0, signal);
    if (items.length > 0) base.first = number === 0 ? 0 : 1;
    if (items.length > 0 || number === base.first) return { number, items };
  }
  return { number: 1, items: [] };
}

async function tryPage(options: ListOptions, call: PageCall, isTrial: boolean, signal: AbortSignal) {
  try {
    return await readPage(options, call, signal);
  } catch (thrown) {
    if (isTrial && toWorkerError(thrown).code === 'changes.refused') return [];
    throw thrown;
  }
}

type ListName = (typeof LISTS)[number];

interface PageCall {
  readonly list: ListName;
  readonly number: number;
  readonly fromMs: number;
}

async function readPage(
  { client, workspace }: ListOptions,
  { list, number, fromMs }: PageCall,
  signal: AbortSignal,
): Promise<readonly unknown[]> {
  const path = `/workspaces/${segment(workspace)}/entities/${list}`;
  const query = { type: TYPES.join(','), start: instantText(fromMs), page: String(number), limit: String(LIMIT) };
  const answer = await client.get({ path, query, owner: workspace }, signal);
  if (!answer.ok) throw refused(answer.refusal, path);
  const json = jsonIn(answer.body);
  const found = isFields(json) ? json.response : json;
  if (Array.isArray(found)) return found;
  throw shapeless(list);
}

/** What is no matter of this list stays what it is. */
function refused(refusal: Refusal, path: string): WorkerError {
  const error = errorOf(refusal, path);
  if (error.kind === 'transient' || error.code === 'clockify.unauthorized') return error;
  return new WorkerError('config', 'changes.refused', error.message);
}

function shapeless(list: string): WorkerError {
  return new WorkerError('config', 'changes.shapeless', `the list of what was ${list} is no list of entities`);
}
