import { type BodyTemplate, parseBody, type Segment, segmentsIn } from '../core/request-text.ts';
import { jsonValue } from './json-value.ts';
import { checkSegments, checkText, read, type Scope } from './placeholders.ts';
import type { Report } from './report.ts';
import { join, type Node, type TextNode } from './tree.ts';

export const bodyFormat = {
  what: 'a body as a map, a list or JSON text',
  schema: { type: ['string', 'object', 'array'] },
};

const HINT = 'Write it as a map, or as JSON text in quotes.';

/**
 * A body as data, whichever way it is written; its strings keep their placeholders.
 *
 * @returns an object or a list; undefined where something was reported
 */
export function readBody(node: Node, path: string, scope: Scope, report: Report): unknown {
  if (node.kind === 'text') return readJsonText(node, path, scope, report);
  checkStrings(node, path, scope, report);
  return jsonValue(node, path, report);
}

function checkStrings(node: Node, path: string, scope: Scope, report: Report): void {
  if (node.kind === 'text') checkText(node, path, scope, report);
  else if (node.kind === 'list') {
    for (const [index, item] of node.items.entries()) checkStrings(item, join(path, index), scope, report);
  } else for (const [key, { value }] of node.entries) checkStrings(value, join(path, key), scope, report);
}

function readJsonText(node: TextNode, path: string, scope: Scope, report: Report): unknown {
  if (node.failed) return undefined;
  const at = () => node.at;
  const template = read(() => parseBody(node.text), node, path, report, at);
  if (template === undefined) return undefined;
  if (template.kind !== 'map' && template.kind !== 'list') {
    report.problem(node.at, path, 'is neither an object nor a list', HINT);
    return undefined;
  }
  for (const [inner, segments] of segmentsIn(template)) {
    checkSegments(segments, node, node.fromReference ? path : `${path}.${inner}`, scope, report, at);
  }
  return dataOf(template);
}

function dataOf(template: BodyTemplate): unknown {
  switch (template.kind) {
    case 'segments':
      return template.segments.map(textOf).join('');
    case 'list':
      return template.items.map(dataOf);
    case 'map':
      return Object.fromEntries(template.entries.map(([name, member]) => [name, dataOf(member)]));
    case 'literal':
      return template.value;
  }
}

function textOf(segment: Segment): string {
  if (segment.kind === 'text') return segment.text;
  if (segment.kind === 'value') return `{${segment.name}}`;
  const { offset } = segment;
  return offset === 0 ? '{now}' : `{now${offset > 0 ? '+' : ''}${offset}}`;
}
