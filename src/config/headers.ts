import { quote } from './format.ts';
import { checkText, type Part, type Scope } from './placeholders.ts';
import type { Report } from './report.ts';
import { join, type Node, type Position, placeIn, type TextNode } from './tree.ts';

const HINT = 'One line, Name:value, Other:"a, b"; or a map of names and values.';
export const headersFormat = {
  what: 'headers',
  schema: { anyOf: [{ type: 'string' }, { type: 'object', additionalProperties: { type: ['string', 'number'] } }] },
};

interface Header extends Part {
  readonly name: string;
  readonly nameAt: Position;
  readonly node: TextNode;
  readonly path: string;
}

/** @returns those that are right, names in lower case; the report has the others */
export function readHeaders(
  node: Node | undefined,
  path: string,
  scope: Scope,
  report: Report,
): Readonly<Record<string, string>> {
  const found = new Map<string, string>();
  for (const header of node === undefined ? [] : headersOf(node, path, report)) {
    const fault = faultOf(header, found);
    if (fault === undefined) {
      found.set(header.name.toLowerCase(), header.text);
      checkText(header.node, header.path, scope, report, header);
    } else report.problem(header.nameAt, header.path, ...fault);
  }
  return Object.fromEntries(found);
}

function headersOf(node: Node, path: string, report: Report): readonly Header[] {
  if (node.kind === 'map') return headersOfMap(node, path, report);
  if (node.kind === 'text' && node.failed) return [];
  if (node.kind === 'text' && node.text.trim() !== '') return headersOfLine(node, path, report);
  report.problem(node.at, path, `is ${node.kind === 'text' ? 'empty' : 'a list'} and should be headers`, HINT);
  return [];
}

function headersOfMap({ entries }: Extract<Node, { kind: 'map' }>, path: string, report: Report): readonly Header[] {
  return [...entries].flatMap(([name, { keyAt, value }]) => {
    const inner = join(path, name);
    if (value.kind === 'text') {
      const header = { name, nameAt: keyAt, node: value, path: inner, text: value.text, offset: 0 };
      return value.failed ? [] : [header];
    }
    report.problem(
      value.at,
      inner,
      `is a ${value.kind} and should be one value`,
      'Several values stand in one, with commas.',
    );
    return [];
  });
}

const ENTRY = /\s*(?<name>[^\s:,"']*)\s*:\s*(?:"(?<double>[^"]*)"\s*|'(?<single>[^']*)'\s*|(?<bare>[^,]*))(?:,|$)/dy;

/** `X-Trace:on, Accept:"text/csv, text/plain"`: a comma ends a header, its first colon the name. */
function headersOfLine(node: TextNode, path: string, report: Report): readonly Header[] {
  const found: Header[] = [];
  const { text } = node;
  for (let at = 0; at < text.length; at = ENTRY.lastIndex) {
    ENTRY.lastIndex = at;
    const match = ENTRY.exec(text);
    const [start, end] = match?.indices?.groups?.double ?? match?.indices?.groups?.single ?? bareOf(match) ?? [];
    if (match === null || start === undefined) {
      const space = text.slice(at).search(/\S/);
      const shown = node.fromReference ? 'a part' : quote(text.slice(at + Math.max(0, space)));
      report.problem(placeIn(node, at + 1 + Math.max(0, space)), path, `${shown} is no header`, HINT);
      return found;
    }
    const { name = '' } = match.groups ?? {};
    const nameAt = placeIn(node, (match.indices?.groups?.name?.[0] ?? at) + 1);
    const inner = node.fromReference ? path : join(path, name);
    found.push({ name, nameAt, node, path: inner, text: text.slice(start, end), offset: start });
  }
  return found;
}

/** Without the white space around it. */
function bareOf(match: RegExpExecArray | null): [number, number] | undefined {
  const [start, end] = match?.indices?.groups?.bare ?? [];
  if (match === null || start === undefined || end === undefined) return undefined;
  const bare = match.groups?.bare ?? '';
  return [start, start + bare.trimEnd().length];
}

const KEYS = ['x-api-key', 'x-addon-token', 'x-marketplace-token', 'authorization', 'proxy-authorization', 'cookie'];
const OWN = [
  'host',
  'connection',
  'content-length',
  'transfer-encoding',
  'accept-encoding',
  'expect',
  'keep-alive',
  'te',
  'trailer',
  'upgrade',
];

function faultOf({ name, text }: Header, found: ReadonlyMap<string, string>): [string, string] | undefined {
  const lower = name.toLowerCase();
  if (KEYS.includes(lower)) {
    return [
      'is a header of credentials, and the credential adds its own',
      'Take it away: the key of the credential is sent to its hosts only, and is kept out of logs. Clockify refuses two.',
    ];
  }
  if (OWN.includes(lower)) return ['is a header that the client itself sets', 'Take it away.'];
  if (!/^[A-Za-z0-9!#$%&'*+.^_`|~-]{1,128}$/.test(name)) {
    return ['is not the name of a header', 'Letters, digits and "-".'];
  }
  if (found.has(lower)) return ['is there twice', 'Names of headers do not differ by case: keep one of the two.'];
  if (text === '') return ['has no value', 'Give one, or take the header away.'];
  if (/[^\t\x20-\x7e]/.test(text)) return ['has characters that no header can have', 'Printable ASCII.'];
  return undefined;
}
