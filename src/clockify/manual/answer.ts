import { WorkerError } from '../../core/errors.ts';
import { errorOf } from '../answers.ts';
import type { Reply } from '../reply.ts';

/**
 * What an answer must be before it is taken for data. All else is an error, so that the sweep is partial and nothing
 * is taken for deleted. No error quotes the answer (P7).
 *
 * | answer | kind | code |
 * |---|---|---|
 * | no success, or 202, 203, 206 | see `answers.ts` | `clockify.*` |
 * | 204, 205, or a body of white space | transient: no evidence of an empty list | `clockify.empty_answer` |
 * | compressed, though `identity` was asked for | config | `clockify.compressed` |
 * | declared in another charset than UTF-8 | config | `clockify.charset` |
 * | no UTF-8 | transient | `clockify.not_utf8` |
 * | no JSON, or cut off | transient | `clockify.not_json` |
 *
 * @throws {WorkerError}
 */
export function checkReply({ status, headers, body, refusal }: Reply, label: string): void {
  if (refusal !== undefined) throw errorOf(refusal, label);
  if (status === 204 || status === 205 || body.length === 0) throw emptyAnswer(label);
  if (status !== 200 && status !== 201) throw errorOf({ status, code: undefined, retryAfterMs: undefined }, label);
  const encoding = headers['content-encoding']?.trim().toLowerCase() ?? '';
  if (encoding !== '' && encoding !== 'identity') {
    throw new WorkerError('config', 'clockify.compressed', `the answer is compressed (${label})`, {
      hint: 'It was asked for uncompressed; a proxy in between may have compressed it.',
    });
  }
  if (!UTF8.test(charsetOf(headers['content-type']) ?? 'utf-8')) {
    throw new WorkerError('config', 'clockify.charset', `the answer says it is not UTF-8 (${label})`, {
      hint: 'JSON is read in UTF-8 only.',
    });
  }
}

const UTF8 = /^(?:utf-?8|us-ascii|ascii)$/i;

function charsetOf(contentType: string | undefined): string | undefined {
  return /;\s*charset\s*=\s*"?([^";\s]+)/i.exec(contentType ?? '')?.[1];
}

const utf8 = new TextDecoder('utf-8', { fatal: true });

/** @throws {WorkerError} see `checkReply` */
export function parseJson(body: Uint8Array, label: string): unknown {
  let text: string;
  try {
    text = utf8.decode(body);
  } catch {
    throw new WorkerError('transient', 'clockify.not_utf8', `the answer is not UTF-8 (${label})`);
  }
  if (text.trim() === '') throw emptyAnswer(label);
  try {
    return JSON.parse(text) as unknown;
  } catch {
    // No cause: the parser's message quotes the answer.
    throw new WorkerError('transient', 'clockify.not_json', `the answer is not JSON, or broke off (${label})`, {
      hint: 'A proxy may have answered in place of the API; see the URL of the source.',
    });
  }
}

function emptyAnswer(label: string): WorkerError {
  return new WorkerError('transient', 'clockify.empty_answer', `the answer is empty (${label})`, {
    hint: 'An empty list is [], and only that proves that nothing is there.',
  });
}
