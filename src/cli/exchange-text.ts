import type { Exchange } from '../clockify/try-client.ts';
import { pretty } from './try-options.ts';

/** A request and its answer as a person reads them. */
export function exchangeText({
  method,
  url,
  requestHeaders,
  requestBody,
  status,
  headers,
  bytes,
}: Exchange): readonly string[] {
  const answer = status === undefined ? 'no answer' : `${status}, ${bytes} bytes`;
  return [
    `${method} ${url}`,
    ...headerLines(requestHeaders),
    ...(requestBody === undefined ? [] : bodyLines(requestBody)),
    `answer: ${answer}`,
    ...headerLines(headers),
  ];
}

/** The same as data. */
export function exchangeJson({ method, url, requestHeaders, requestBody, status, headers, bytes }: Exchange): object {
  return {
    request: { method, url, headers: requestHeaders, body: requestBody ?? null },
    response: status === undefined ? null : { status, headers, bytes },
  };
}

function headerLines(headers: Readonly<Record<string, string>>): readonly string[] {
  return Object.entries(headers).map(([name, value]) => `  ${name}: ${value}`);
}

function bodyLines(body: string): readonly string[] {
  return pretty(JSON.parse(body)).map((line) => `  ${line}`);
}
