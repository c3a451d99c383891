import { TextFault } from '../../core/request-text-fault.ts';

/** Headers of a manual endpoint. What the connection, the credential or the client says is not theirs to say. */

const ENTRY =
  /\s*(?<name>[^\s:,"']+)\s*:\s*(?:"(?<double>(?:\\.|[^"\\])*)"|'(?<single>(?:\\.|[^'\\])*)'|(?<plain>(?!["'])[^,:]*?))\s*(?:,|$)/y;

/**
 * `X-Trace:on, Accept:"text/csv, text/plain"`: a value with commas or colons stands in quotes, a quote in it after a `\`.
 *
 * @returns names as they were written
 * @throws {WorkerError} config `headers.invalid`, with the position
 * @internal
 */
export function parseHeaderLine(text: string): Readonly<Record<string, string>> {
  const headers = new Map<string, string>();
  const seen = new Set<string>();
  for (let at = 0; text.slice(at).trim() !== ''; at = ENTRY.lastIndex) {
    const [name, value] = entryAt(text, at);
    const fault = headerFault(name, value);
    if (fault !== undefined) throw new TextFault('headers.invalid', fault.message, at + 1, fault.hint);
    if (seen.has(name.toLowerCase())) throw new TextFault('headers.invalid', `${name} stands twice`, at + 1);
    seen.add(name.toLowerCase());
    headers.set(name, value);
  }
  return Object.fromEntries(headers);
}

function entryAt(text: string, at: number): readonly [string, string] {
  ENTRY.lastIndex = at;
  const { name, double, single, plain } = ENTRY.exec(text)?.groups ?? {};
  const quoted = (double ?? single)?.replaceAll(/\\(.)/g, '$1');
  if (name !== undefined) return [name, quoted ?? plain ?? ''];
  throw new TextFault(
    'headers.invalid',
    'no header can be read',
    at + 1,
    'Write name:value, name:value; a value with commas or colons in quotes: name:"a, b".',
  );
}

const NAME = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/;
const RESERVED: ReadonlySet<string> = new Set([
  'accept-encoding',
  'connection',
  'content-length',
  'expect',
  'host',
  'keep-alive',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
]);

/** What is wrong with a header as it is configured; undefined where nothing is. */
export function headerFault(
  name: string,
  value: string,
): { readonly message: string; readonly hint: string } | undefined {
  const lower = name.toLowerCase();
  if (lower === 'x-api-key') {
    return {
      message: 'X-Api-Key is not set here',
      hint: "The credential's key is added to each request by the worker; in a header it would be readable to all.",
    };
  }
  if (!NAME.test(name))
    return { message: 'a name of a header has signs it cannot have', hint: 'Letters, digits and -.' };
  if (RESERVED.has(lower)) return { message: `${name} is set by the worker`, hint: 'Leave it out.' };
  if (!isHeaderValue(value))
    return { message: `the value of ${name} has signs it cannot have`, hint: 'One line of Latin-1.' };
  return undefined;
}

export function isHeaderValue(value: string): boolean {
  return /^[\t\x20-\x7e\x80-\xff]*$/.test(value);
}
