import type { Published } from '../support/published.ts';

/** Changes as a person reads them: when, what happened to what, who did it, and what is different now. */
export interface Printer {
  /** Undefined for what needs no line: the first load, tombstones, a row of which only sums beside it are new. */
  line(record: Published): string | undefined;
  counts(): string;
}

type Row = Readonly<Record<string, unknown>>;

const WORDS: Readonly<Record<string, string>> = { r: 'read   ', c: 'created', u: 'updated', d: 'deleted' };

export function createPrinter(): Printer {
  const rows = new Map<string, Row>();
  const names = new Map<string, string>();
  const counts: Record<string, number> = { r: 0, c: 0, u: 0, d: 0 };

  const line = ({ topic, key, value }: Published): string | undefined => {
    if (value === null) return undefined;
    const op = String(value.__op);
    counts[op] = (counts[op] ?? 0) + 1;
    const place = JSON.stringify([topic, key]);
    const before = rows.get(place);
    rows.set(place, value);
    if (typeof value.name === 'string') names.set(String(key.id), value.name);
    const news = op === 'u' && before !== undefined ? differences(before, value, names) : [];
    if (op === 'r' || (op === 'u' && news.length === 0)) return undefined;
    const resource = topic.slice(topic.indexOf('.') + 1).padEnd(15);
    const who = names.get(String(value.user_id)) ?? '';
    const told = news.length === 0 ? '' : ` · ${shortened(news)}`;
    return `${clock(value)}  ${WORDS[op]}  ${resource}  ${who.padEnd(20)} ${quote(nameOf(key, value))}${told}`;
  };

  return {
    line,
    counts: () =>
      Object.entries(counts)
        .map(([op, count]) => `${op}=${count}`)
        .join(' '),
  };
}

/** Totals and the range of a report stand on each of its rows: news, but of none of them. */
const BESIDE = /^(?:__|total_|totals_|range_)/;

function differences(before: Row, after: Row, names: ReadonlyMap<string, string>): readonly string[] {
  return Object.keys(after)
    .filter((name) => !BESIDE.test(name) && JSON.stringify(before[name]) !== JSON.stringify(after[name]))
    .map((name) => `${name}: ${show(name, before[name], names)} → ${show(name, after[name], names)}`);
}

function shortened(news: readonly string[]): string {
  return [...news.slice(0, 3), ...(news.length > 3 ? [`and ${news.length - 3} more`] : [])].join(', ');
}

/** What a person would call it: its text, the names of its groups, and at last the end of its key. */
function nameOf(key: Row, value: Row): string {
  const groups = [value.group_1_name, value.group_2_name, value.group_3_name].filter((name) => name !== null);
  const grouped = groups.filter((name) => name !== undefined).join(' / ');
  const text = value.description ?? value.name ?? value.notes ?? value.approval_request_owner_user_name ?? grouped;
  return String(text) || String(Object.values(key).at(-1));
}

function show(field: string, value: unknown, names: ReadonlyMap<string, string>): string {
  if (value === null || value === undefined) return 'none';
  if (field.endsWith('_id')) return quote(names.get(String(value)) ?? String(value));
  if (/_(start|end)$/.test(field)) return new Date(Number(value)).toISOString().slice(0, 16);
  return typeof value === 'string' ? quote(value) : JSON.stringify(value);
}

function quote(text: string): string {
  return `"${text.length > 40 ? `${text.slice(0, 37)}…` : text}"`;
}

function clock(value: Row): string {
  return new Date(Number(value.__ts_ms)).toISOString().slice(11, 23);
}
