import { parseText } from '../core/request-text.ts';
import { quote } from './format.ts';
import type { Report } from './report.ts';
import { type Position, placeIn, type TextNode } from './tree.ts';

/** Where a credential's key may go, as far as a URL of an endpoint needs it. */
export interface Hosts {
  readonly baseUrl: string;
  readonly reportsUrl: string;
  readonly allowedOrigins: readonly string[];
  /** False where they stem from a reference. */
  readonly mayBeShown: boolean;
}

const FORMS = 'Write /workspaces/…, reports:/workspaces/…, or the full address.';

/**
 * A URL of an endpoint, absolute: `/…` stands behind the API's address, `reports:/…` behind that of the reports. A full
 * one must be on a host of the credential (P7), which placeholders cannot change: they are in path and query only.
 *
 * @returns undefined where something was reported
 */
export function readUrl(node: TextNode, path: string, hosts: Hosts, report: Report): string | undefined {
  const { text } = node;
  const tell = (message: string, hint: string, position = 1): undefined => {
    const shown = node.fromReference ? 'the reference does not give a URL that can be used' : message;
    report.problem(placeIn(node, position) satisfies Position, path, shown, hint);
  };
  const odd = oddPosition(text);
  if (odd !== undefined) return tell('has white space, a backslash or a fragment', 'Write %20, and leave # out.', odd);
  if (text.startsWith('/')) return behind(hosts.baseUrl, text, tell);
  if (text.startsWith('reports:/')) return behind(hosts.reportsUrl, text.slice('reports:'.length), tell);
  return absolute(text, hosts, tell);
}

/** Of a sign that no URL has; in a placeholder it belongs to a name. */
function oddPosition(text: string): number | undefined {
  const holes = placeholdersOf(text);
  for (const { index } of text.matchAll(/[\s\\#]/g)) {
    if (!holes.some(([start, end]) => index >= start && index < end)) return index + 1;
  }
  return undefined;
}

function placeholdersOf(text: string): readonly (readonly [number, number])[] {
  try {
    return parseText(text).flatMap((segment) =>
      segment.kind === 'value' ? [[segment.position - 1, segment.position + segment.name.length + 1] as const] : [],
    );
  } catch {
    return [];
  }
}

type Tell = (message: string, hint: string, position?: number) => undefined;

function behind(base: string, text: string, tell: Tell): string | undefined {
  if (text.startsWith('//')) return tell('has no scheme', FORMS);
  if (/^\/(?:api\/|report\/)?v1(?:\/|$)/.test(text)) {
    return tell('repeats what the address of the credential ends with', 'Begin with what follows it: /workspaces/….');
  }
  return climbs(text) ? tell(...CLIMBS) : `${base}${text}`;
}

function absolute(text: string, { allowedOrigins, mayBeShown }: Hosts, tell: Tell): string | undefined {
  const [start = '', scheme = '', authority = ''] = /^(\w+):\/\/([^/?]*)/.exec(text) ?? [];
  if (!/^https?$/i.test(scheme)) return tell('is neither a URL nor a path', FORMS);
  if (/[{}()]/.test(authority)) {
    return tell(
      'has a placeholder in its host',
      'The key goes to hosts that are known at the start: name the host.',
      scheme.length + 4,
    );
  }
  if (authority.includes('@'))
    return tell('has user information in it', 'Take away what stands before the @.', scheme.length + 4);
  const origin = URL.parse(start)?.origin;
  if (origin === undefined) return tell('is not a URL', FORMS);
  if (!allowedOrigins.includes(origin)) {
    const hosts = mayBeShown ? allowedOrigins.join(' and ') : 'the hosts of the credential';
    return tell(
      `${quote(origin)} is not a host that this credential's key may go to`,
      `It goes to ${hosts}, and nowhere else. ${FORMS}`,
    );
  }
  const rest = text.slice(start.length);
  return climbs(rest) ? tell(...CLIMBS) : `${origin}${rest}`;
}

const CLIMBS: [string, string] = ['has . or .. as a part of its path', 'Write the path without them.'];

function climbs(text: string): boolean {
  const [path = ''] = text.split('?');
  return path.split('/').some((part) => /^(?:\.|%2e){1,2}$/i.test(part));
}

/** Names of the query's parameters, as written. */
export function queryNames(url: string): readonly string[] {
  const [, query = ''] = url.split(/\?(.*)/s);
  return query.split('&').map((pair) => pair.split('=')[0] ?? '');
}
