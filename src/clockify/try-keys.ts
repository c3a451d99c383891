import { compileFieldPath, parseFieldPath } from '../core/json-path.ts';
import { rawText } from '../core/raw-text.ts';
import { nameText } from './try-paths.ts';

/** A value that is in every row and in no two the same. */
export interface KeyCandidate {
  readonly path: string;
  /** Of the first row. */
  readonly first: string | number;
}

const MAX_DEPTH = 3;
const MAX_CANDIDATES = 5;
const MAX_ROWS = 1_000;
/** What is unique among few rows by chance is no key; its name has to say that it is one. */
const FEW_ROWS = 3;

interface Found {
  readonly names: readonly string[];
  readonly values: (string | number)[];
}

/** Key candidates over the rows of one answer, the likeliest first; none where nothing is unique. */
export function keyCandidates(rows: readonly unknown[]): readonly KeyCandidate[] {
  const sample = rows.slice(0, MAX_ROWS);
  const found = new Map<string, Found>();
  for (const row of sample) collect(row, [], found);
  return [...found]
    .filter(([, { values }]) => values.length === sample.length && new Set(values).size === values.length)
    .map(([path, { names, values }]) => ({ path, first: values[0] ?? '', score: scoreOf(names, values[0]) }))
    .filter(({ score }) => score > (sample.length <= FEW_ROWS ? 30 : 0))
    .sort((one, other) => other.score - one.score || one.path.length - other.path.length)
    .slice(0, MAX_CANDIDATES)
    .map(({ path, first }) => ({ path, first }));
}

/** Of the rows, how many have nothing at a path that would be their key, and how many what an earlier one has. */
export function keyFaults(
  rows: readonly unknown[],
  path: string,
): { readonly lacking: number; readonly repeated: number } {
  const read = compileFieldPath(parseFieldPath(path));
  const values = rows.map(read).filter((value) => value !== undefined && value !== null && value !== '');
  return { lacking: rows.length - values.length, repeated: values.length - new Set(values.map(jsonOf)).size };
}

function jsonOf(value: unknown): string {
  return rawText(value);
}

function collect(value: unknown, names: readonly string[], found: Map<string, Found>): void {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) {
    if (names.length >= MAX_DEPTH) return;
    for (const [name, member] of Object.entries(value)) collect(member, [...names, name], found);
    return;
  }
  const isKey =
    (typeof value === 'string' && value !== '') || (typeof value === 'number' && Number.isSafeInteger(value));
  if (!isKey || names.length === 0) return;
  const path = `$${names.map(nameText).join('')}`;
  const place = found.get(path) ?? { names, values: [] };
  place.values.push(value);
  found.set(path, place);
}

function scoreOf(names: readonly string[], first: unknown): number {
  const last = names.at(-1) ?? '';
  return nameScore(last) + looksScore(first) - 15 * (names.length - 1);
}

function nameScore(name: string): number {
  if (/^_?id$/i.test(name)) return 100;
  if (/^(?:uuid|guid|key|code|number)$/i.test(name)) return 70;
  return /(?:Id|_id|ID|Uuid|Key)$/.test(name) ? 40 : 5;
}

function looksScore(first: unknown): number {
  if (typeof first !== 'string') return 0;
  if (/^(?:[0-9a-f]{24}|[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})$/i.test(first)) return 10;
  return /^\d{4}-\d\d-\d\d|\s/.test(first) ? -10 : 0;
}
