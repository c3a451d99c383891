/** Error codes as the source has them, and the table of docs/errors.md. */
import { globSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { ERROR_CODES } from './error-codes.ts';

const SOURCES = fileURLToPath(new URL('../../src', import.meta.url));
export const ERRORS_FILE = fileURLToPath(new URL('../../docs/errors.md', import.meta.url));

const CODE = "'(?<code>[a-z_]+\\.[a-z0-9_]+)'";
/** Where a literal of this shape is a code and nothing else, and the kind where the place itself says it. */
const PLACES: readonly (readonly [place: string, kind?: string])[] = [
  [`'(?<kind>transient|config|record|fatal)',\\s*${CODE}`],
  [`kind: '(?<kind>transient|config|record|fatal)',\\s*code: ${CODE}`],
  [`\\bcode: ${CODE}, message, stage`, 'record'],
  [`\\bcode: ${CODE}`],
  [`\\b(?:failureOf|#fail)\\(\\s*${CODE}`],
  [`\\bnew TextFault\\([^']*${CODE}`, 'config'],
];

const sourceFiles = globSync('**/*.ts', { cwd: SOURCES }).sort();
export const sourceText = sourceFiles.map((file) => readFileSync(`${SOURCES}/${file}`, 'utf8')).join('\n');

/** Each code with what is done about it: its kind, where the source says one beside it. */
export function codesInSource(): ReadonlyMap<string, string> {
  const found = new Map<string, string>();
  for (const [place, own = ''] of PLACES)
    for (const { groups: { code = '', kind = own } = {} } of sourceText.matchAll(new RegExp(place, 'g')))
      found.set(code, found.get(code) || kind);
  for (const [, scope] of sourceText.matchAll(/kafkaError\(\s*'([a-z]+)'/g)) {
    found.set(`${scope}.refused`, found.get(`${scope}.refused`) || 'config');
    found.set(`${scope}.unavailable`, found.get(`${scope}.unavailable`) || 'transient');
  }
  return found;
}

const INTRODUCTION = `# Error codes

Each error has a code that stays: a field of the log, a label of \`clockify_faults_total\`, a line of \`clockify-kafka status\`. Written by \`npm run errors\`.

The kind says what the worker does by itself. \`transient\`: the same again, later. \`record\`: this item goes to the dead letters, the page goes on.
\`config\`: this slice or source stops and says so, the others go on. \`fatal\`: everything drains, and the process ends with 1. Without a kind: a command or a request of a person is refused, or a rhythm is switched off, and nothing else happens.

| code | kind | what it means | what to do |
|---|---|---|---|
`;

export function errorTable(): string {
  const found = codesInSource();
  const lines = Object.entries(ERROR_CODES).map(
    ([code, [means, what]]) => `| \`${code}\` | ${found.get(code) ?? ''} | ${means} | ${what} |`,
  );
  return `${INTRODUCTION}${lines.join('\n')}\n`;
}
