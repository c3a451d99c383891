import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Refusal } from './access.ts';

/** One answer. */
export interface Reply {
  readonly status: number;
  readonly type: string;
  readonly text: string;
  readonly headers?: Readonly<Record<string, string>> | undefined;
}

export function json(status: number, body: object, headers?: Reply['headers']): Reply {
  return { status, type: 'application/json; charset=utf-8', text: `${JSON.stringify(body)}\n`, headers };
}

export function refused({ status, code, message, hint }: Refusal, headers?: Reply['headers']): Reply {
  return json(status, { error: { code, message, hint } }, headers);
}

/** Nothing of it is to be kept, guessed at, or shown within a page. */
const ALWAYS = {
  'cache-control': 'no-store',
  'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
  'x-content-type-options': 'nosniff',
};

export function send(response: ServerResponse, { status, type, text, headers = {} }: Reply): void {
  const bytes = Buffer.from(text);
  response.writeHead(status, { ...ALWAYS, 'content-type': type, 'content-length': bytes.length, ...headers });
  response.end(bytes);
}

/** Larger than any command. */
const MOST_BODY = 4_096;

/** The body as an object of texts, or why it is none. An empty body is an empty object. */
export async function readArguments(request: IncomingMessage): Promise<Record<string, string> | Refusal> {
  const type = request.headers['content-type']?.split(';')[0]?.trim().toLowerCase();
  if (type !== 'application/json') {
    return { status: 415, code: 'console.not_json', message: 'a command is sent as application/json' };
  }
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > MOST_BODY) {
      return { status: 413, code: 'console.too_large', message: `a command has at most ${MOST_BODY} bytes` };
    }
    chunks.push(chunk);
  }
  return argumentsIn(Buffer.concat(chunks).toString());
}

function argumentsIn(text: string): Record<string, string> | Refusal {
  const value = parse(text.trim() === '' ? '{}' : text);
  const isObject = typeof value === 'object' && value !== null && !Array.isArray(value);
  if (!isObject || Object.values(value).some((each) => typeof each !== 'string')) {
    return { status: 400, code: 'console.bad_body', message: 'a command is a JSON object, and its values are texts' };
  }
  return value as Record<string, string>;
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}

export function isRefusal(value: object): value is Refusal {
  return 'status' in value && typeof value.status === 'number';
}
