import type { Exchange } from '../clockify/try-client.ts';
import { quoted } from './try-write.ts';

/** A manual endpoint that is not in the file yet. */
export interface Draft {
  readonly name: string;
  readonly credential: string;
  readonly url: string;
  readonly dataPath: string;
  readonly metadataPath: string | undefined;
  readonly key: string;
  readonly paging: string | undefined;
}

/** The lines of a source, as they stand in a file without their indentation. */
export function draftLines({ name, credential, url, dataPath, metadataPath, key, paging }: Draft): readonly string[] {
  return [
    `name: ${name}`,
    `credential: ${credential}`,
    'endpoint:',
    `  url: ${JSON.stringify(url)}`,
    `  data_path: ${quoted(dataPath, false)}`,
    ...(metadataPath === undefined ? [] : [`  metadata_path: ${quoted(metadataPath, false)}`]),
    ...(paging === undefined ? [] : [`  paging: ${paging}`]),
    `key: ${quoted(key, false)}`,
    'every: 10m',
  ];
}

/** `…/workspaces/{workspace_id}/approval-requests?…` → `approval-requests`. */
export function draftName(url: string, taken: readonly string[]): string {
  const path = url.replace(/[?#].*$/, '').replace(/^(?:[a-z]+:\/\/[^/]*|reports:)/i, '');
  const words = path.split('/').filter((segment) => /^[a-z][a-z0-9-]*$/i.test(segment));
  const base = (words.at(-1) ?? 'endpoint').toLowerCase();
  let name = base;
  for (let number = 2; taken.includes(name); number += 1) name = `${base}-${number}`;
  return name;
}

/** How the answer says that more pages may follow. */
export function pagingOf(exchange: Exchange | undefined): string | undefined {
  if (exchange?.headers['last-page'] !== undefined) return '{ type: page, last_page_header: last-page }';
  return /rel="?next/.test(exchange?.headers.link ?? '') ? '{ type: link-header }' : undefined;
}
