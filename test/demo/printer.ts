import type { Published } from '../support/published.ts';

/** Changes as a person reads them: when, what happened to what, who did it, and what is different now. */
export interface Printer {
  /** Undefined for what needs no line: the first load, tombstones. */
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
    if (op === 'r') return undefined;
    const resource = topic.slice(topic.indexOf('.') + 1).padEnd(12);
    const who = names.get(String(value.user_id)) ?? '';
    const what = String(value.description ?? value.name ?? '') || String(key.id);
    const news = op === 'u' && before !== undefined ? ` · ${differences(before, value, names)}` : '';
    return `${clock(value)}  ${WORDS[op]}  ${resource}  ${who.padEnd(20)} ${quote(what)}${news}`;
  };

  return {
    line,
    counts: () =>
      Object.entries(counts)
        .map(([op, count]) => `${op}=${count}`)
        .join(' '),
  };
}

function differences(before: Row, after: Row, names: ReadonlyMap<string, string>): string {
  const changed = Object.keys(after).filter(
    (name) => !name.startsWith('__') && JSON.stringify(before[name]) !== JSON.stringify(after[name]),
  );
  const shown = changed
    .slice(0, 3)
    .map((name) => `${name}: ${show(name, before[name], names)} → ${show(name, after[name], names)}`);
  return shown.concat(changed.length > 3 ? [`and ${changed.length - 3} more`] : []).join(', ');
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
