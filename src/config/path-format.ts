import { checkDataPath, parseFieldPath } from '../core/json-path.ts';
import { TextFault } from '../core/request-text-fault.ts';
import { accept, type Format, type Reading, refuse, scalar } from './format.ts';

const PATH_SCHEMA = { type: 'string', pattern: '^\\$' };

/** Names one value of an answer: `$.meta.next`. */
export const fieldPath: Format<string> = scalar('a path to one value', PATH_SCHEMA, (text) =>
  readFaults(text, () => parseFieldPath(text)),
);

/** May name many values: `$.expenses[*]`. */
export const dataPath: Format<string> = scalar('a path', PATH_SCHEMA, (text) =>
  readFaults(text, () => checkDataPath(text)),
);

/** Names one field of a row; not an item of a list, of which no row has a field. */
export const keyPath: Format<string> = scalar('a path to one field', PATH_SCHEMA, (text) =>
  readFaults(text, () => {
    const path = parseFieldPath(text);
    const hint = 'Names only: $.id, $.user.id.';
    if (path.length === 0) throw new TextFault('path.invalid', 'the path names no field', 1, hint);
    if (path.some((key) => typeof key === 'number')) {
      throw new TextFault('path.invalid', 'a key cannot be in a list', text.search(/\[\d/) + 1, hint);
    }
  }),
);

/** What core says of a text, as a reading of it. */
function readFaults(text: string, read: () => unknown): Reading<string> {
  try {
    read();
    return accept(text);
  } catch (thrown) {
    if (!(thrown instanceof TextFault)) throw thrown;
    const { refusal } = refuse<string>(thrown.message, thrown.hint ?? '');
    return refusal === undefined ? accept(text) : { refusal: { ...refusal, position: thrown.position } };
  }
}
