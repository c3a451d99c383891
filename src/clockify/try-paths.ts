import { toWorkerError } from '../core/errors.ts';
import { compileFieldPath, parseDataPath } from '../core/json-path.ts';
import { extractRows } from './manual/rows.ts';

/** Where the rows of an answer could be. */
export interface DataCandidate {
  readonly path: string;
  readonly count: number;
  readonly first: unknown;
}

/** What of the answer could be merged into every row. */
export interface MetadataCandidate {
  readonly path: string;
  readonly value: unknown;
}

const MAX_DEPTH = 6;
const MAX_NAMES = 60;
const MAX_CANDIDATES = 12;
/** So many values of a place are looked at. */
const LOOKED_AT = 500;
/** What lists of data are called. */
const DATA_NAMES = /\.(?:data|items|results|records|rows|entries|values|content)\[\*\]$/;
const ID_NAMES = /^(?:id|_id|uuid|guid)$/i;

/**
 * Places of an answer that could be its data, the likeliest first: lists of objects before single objects before lists
 * of values, the outer before the inner, those whose items have an id before those whose items have none.
 */
export function dataCandidates(json: unknown): readonly DataCandidate[] {
  const found: Place[] = [];
  visit([json], '$', 0, found);
  return found
    .map((place, at) => ({ ...place, score: scoreOf(place), at }))
    .sort((one, other) => other.score - one.score || one.at - other.at)
    .slice(0, MAX_CANDIDATES)
    .flatMap(({ path }) => candidateAt(json, path));
}

interface Place {
  readonly path: string;
  readonly values: readonly unknown[];
  readonly kind: 'list' | 'object';
}

function visit(values: readonly unknown[], path: string, depth: number, found: Place[]): void {
  if (depth > MAX_DEPTH || found.length > 200) return;
  const lists = values.filter((value) => Array.isArray(value));
  if (lists.length > 0) {
    const items = lists.flat().slice(0, LOOKED_AT);
    found.push({ path: `${path}[*]`, values: items, kind: 'list' });
    visit(items, `${path}[*]`, depth + 1, found);
  }
  const objects = values.filter(isObject);
  if (objects.length === 0) return;
  if (!path.includes('[*]')) found.push({ path, values: objects, kind: 'object' });
  const names = [...new Set(objects.flatMap((object) => Object.keys(object)))].slice(0, MAX_NAMES);
  for (const name of names) {
    const inner = objects.flatMap((object) => (isNothing(object[name]) ? [] : [object[name]]));
    visit(inner, path + nameText(name), depth + 1, found);
  }
}

function scoreOf({ path, values, kind }: Place): number {
  const objects = values.filter(isObject);
  const names = path.split('.').length - 1;
  const outer = path.split('[*]').length - (kind === 'list' ? 2 : 1);
  const withId = objects.filter((object) => Object.keys(object).some((name) => ID_NAMES.test(name))).length;
  const likely = values.length > 0 && withId === values.length ? 30 : 0;
  const deep = 15 * names + 45 * outer;
  const named = DATA_NAMES.test(path) ? 20 : 0;
  if (kind === 'object') return 20 + likely / 3 - deep;
  if (objects.length === 0) return (values.length === 0 ? 30 : 0) + named - deep;
  return 100 + likely + named + 3 * Math.log2(values.length + 1) - deep;
}

/** Counted by the reader that the worker will use; a path that it does not take is no candidate. */
function candidateAt(json: unknown, path: string): readonly DataCandidate[] {
  try {
    const rows = extractRows(json, path);
    return [{ path, count: rows.length, first: rows[0] ?? null }];
  } catch (thrown) {
    if (toWorkerError(thrown).kind !== 'config') throw thrown;
    return [];
  }
}

/** What stands beside the data, on the way to it: objects and lists first, single values after them. */
export function metadataCandidates(json: unknown, dataPath: string): readonly MetadataCandidate[] {
  const { definite } = parseDataPath(dataPath);
  const found = definite.flatMap((own, at) => {
    const outer = definite.slice(0, at);
    const around = compileFieldPath(outer)(json);
    return isObject(around) ? besides(around, String(own), outer) : [];
  });
  return found.sort((one, other) => weightOf(other.value) - weightOf(one.value)).slice(0, MAX_CANDIDATES);
}

function besides(around: Members, own: string, outer: readonly (string | number)[]): readonly MetadataCandidate[] {
  const prefix = `$${outer.map((key) => (typeof key === 'number' ? `[${key}]` : nameText(key))).join('')}`;
  return Object.entries(around).flatMap(([name, value]): MetadataCandidate[] => {
    if (name === own || isNothing(value)) return [];
    const path = prefix + nameText(name);
    return Array.isArray(value) && value.length === 1 && isObject(value[0])
      ? [{ path: `${path}[0]`, value: value[0] }]
      : [{ path, value }];
  });
}

function weightOf(value: unknown): number {
  if (isObject(value)) return 2;
  return Array.isArray(value) ? 1 : 0;
}

type Members = Readonly<Record<string, unknown>>;

function isObject(value: unknown): value is Members {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isNothing(value: unknown): boolean {
  return value === undefined || value === null;
}

/** A member in a path: `.name`, or in quotes where the name has other signs. */
export function nameText(name: string): string {
  return /^[\p{L}_][\p{L}\p{N}_-]*$/u.test(name) ? `.${name}` : `['${name}']`;
}
