import { errors } from 'undici';
import { WorkerError } from '../core/errors.ts';

/** Why there is no whole answer. `path` is what the request is called; no text of the answer gets into the error (P7). */
export function networkError(thrown: unknown, path: string, timedOut: boolean): WorkerError {
  if (thrown instanceof WorkerError) return thrown;
  const cause = { cause: withoutAnswer(thrown) };
  if (thrown instanceof errors.ResponseExceededMaxSizeError) {
    return new WorkerError(
      'config',
      'clockify.answer_too_large',
      `the answer is larger than http.max_body allows (${path})`,
      {
        ...cause,
        hint: 'Lower page_size of the source, or raise http.max_body.',
      },
    );
  }
  if (timedOut || isTimeout(thrown))
    return new WorkerError('transient', 'clockify.timeout', `no answer in time (${path})`, cause);
  if (isCutOff(thrown))
    return new WorkerError('transient', 'clockify.cut_off', `the answer broke off (${path})`, cause);
  return new WorkerError('transient', 'clockify.unreachable', `Clockify cannot be reached (${path})`, cause);
}

/** What is not HTTP is quoted by undici's own error (P7). */
function withoutAnswer(thrown: unknown): unknown {
  return thrown instanceof errors.HTTPParserError ? new Error(`not HTTP (${thrown.code})`) : thrown;
}

function isTimeout(thrown: unknown): boolean {
  return (
    thrown instanceof errors.HeadersTimeoutError ||
    thrown instanceof errors.BodyTimeoutError ||
    thrown instanceof errors.ConnectTimeoutError
  );
}

function isCutOff(thrown: unknown): boolean {
  return (
    thrown instanceof errors.SocketError ||
    (thrown instanceof Error && 'code' in thrown && thrown.code === 'ECONNRESET')
  );
}
