import type { Fault } from './drift.ts';
import { toWorkerError } from './errors.ts';
import { typeName, WrongTypeError } from './field-value.ts';
import { type Item, isItem, own } from './item.ts';

/** How one field is read. */
interface Reading {
  readonly path: readonly string[];
  readonly get: (item: Item, parameters: Readonly<Record<string, string>>) => unknown;
  readonly isKey: boolean;
}

/** All that keeps an item from being a row, each path once. Asked of items that are set aside, and of no others. */
export function faultsIn(item: unknown, readings: readonly Reading[]): readonly Fault[] {
  if (!isItem(item)) {
    return [{ kind: 'changed', path: '$', names: [], expected: 'object', seen: typeName(item), value: item }];
  }
  const faults = readings.flatMap((reading) => faultAt(item, reading) ?? []);
  return [...new Map(faults.map((fault) => [`${fault.kind} ${fault.path}`, fault])).values()];
}

function faultAt(item: Item, { path, get, isKey }: Reading): Fault | undefined {
  const { names, value } = deepestIn(item, path);
  try {
    const read = get(item, {});
    if (!isKey || (read !== null && read !== '')) return undefined;
    const seen = value === undefined ? 'absent' : value === '' ? 'empty' : typeName(value);
    return { kind: 'missing', path: path.join('.'), expected: 'part of the key', seen, names, value };
  } catch (thrown) {
    if (!(thrown instanceof WrongTypeError)) throw toWorkerError(thrown);
    return { kind: 'changed', path: thrown.path, expected: thrown.expected, seen: thrown.found, names, value };
  }
}

/** What is at the end of a path, or as far down as it leads. */
function deepestIn(item: Item, path: readonly string[]): Pick<Fault, 'names' | 'value'> {
  let value: unknown = item;
  let depth = 0;
  while (depth < path.length && isItem(value)) {
    value = own(value, path[depth] as string);
    depth += 1;
  }
  return { names: path.slice(0, depth), value };
}
