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

/** Servers take no more either. */
const MOST_CHARACTERS = 8_192;

/** `X-Trace:on, Accept:"text/csv, text/plain"`: a comma ends a header, its first colon the name. */
function headersOfLine(node: TextNode, path: string, report: Report): readonly Header[] {
  const found: Header[] = [];
  const { text } = node;
  if (text.length > MOST_CHARACTERS) {
    report.problem(node.at, path, 'is too long', `At most ${MOST_CHARACTERS} characters.`);
    return found;
  }
  for (let at = 0; at < text.length; at = ENTRY.lastIndex) {
    const header = headerAt(node, at, path);
    if (header === undefined) {
      // Not quoted: what is no header may hold a key.
      const start = at + Math.max(0, text.slice(at).search(/\S/));
      report.problem(placeIn(node, start + 1), path, 'has something here that is no header', HINT);
      return found;
    }
    found.push(header);
  }
  return found;
}

function headerAt(node: TextNode, at: number, path: string): Header | undefined {
  ENTRY.lastIndex = at;
  const { groups = {}, indices } = ENTRY.exec(node.text) ?? {};
  const { double, single, bare, name: nameSpan } = indices?.groups ?? {};
  const [offset] = double ?? single ?? bare ?? [];
  if (offset === undefined) return undefined;
  const { name = '' } = groups;
  return {
    name,
    nameAt: placeIn(node, (nameSpan?.[0] ?? at) + 1),
    node,
    path: node.fromReference ? path : join(path, name),
    text: groups.double ?? groups.single ?? groups.bare?.trimEnd() ?? '',
    offset,
  };
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
