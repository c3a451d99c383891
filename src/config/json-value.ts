import type { Report } from './report.ts';
import { join, type Node, type TextNode } from './tree.ts';

const NUMBER = /^-?(0|[1-9]\d{0,14})(\.\d{1,15})?$/;

/**
 * What a map or a list of the file means as JSON. Without quotes, `true`, `false`, `null` and numbers of up to 15 digits
 * are what they look like; an id of 24 digits and everything in quotes is text.
 */
export function jsonValue(node: Node, path: string, report: Report): unknown {
  if (node.kind === 'text') return scalarValue(node);
  if (node.kind === 'list') return node.items.map((item, index) => jsonValue(item, join(path, index), report));
  const [only] = node.entries.keys();
  if (node.entries.size === 1 && only !== undefined && isPlaceholder(only, node.entries.get(only)?.value)) {
    report.problem(node.at, path, 'is a placeholder without quotes, which YAML reads as a map', `Write "{${only}}".`);
  }
  const entries = [...node.entries].map(([key, { value }]) => [key, jsonValue(value, join(path, key), report)]);
  return Object.fromEntries(entries);
}

function scalarValue({ text, isPlain, fromReference }: TextNode): unknown {
  if (!isPlain || fromReference) return text;
  if (text === '' || text === 'null' || text === '~') return null;
  if (text === 'true' || text === 'false') return text === 'true';
  return NUMBER.test(text) ? Number(text) : text;
}

function isPlaceholder(key: string, value: Node | undefined): boolean {
  return value?.kind === 'text' && value.isPlain && value.text === '' && /^[A-Za-z_][\w.+-]*$/.test(key);
}
