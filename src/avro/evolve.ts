import type { FieldMapping, ItemField } from '../core/field.ts';
import type { FieldType } from '../core/field-value.ts';
import { extentOf, isWithinLimits } from '../core/infer-limit.ts';
import { fieldName, freshName } from '../core/infer-name.ts';

/** What new items mean for a mapping that is in use (P5). */
export interface Evolution {
  /** All that were known, as they were, and then what is new. */
  readonly fields: readonly FieldMapping[];
  /** Names of the fields that are new. */
  readonly added: readonly string[];
  /**
   * Values here do not fit what is known; they go to the dead letters, and nothing is widened. An empty list or object has
   * no type that could be observed, and is not told of here.
   */
  readonly conflicts: readonly Conflict[];
}

interface Conflict {
  /** Dotted. */
  readonly path: string;
  readonly known: string;
  readonly found: string;
}

/**
 * Adds what is observed and not known, up to the limits of an inferred schema. A known field never changes, nor does its
 * place. What lies within a field of JSON is known with it.
 *
 * @param observed as `fieldsOf` gives it
 */
export function evolve(known: readonly FieldMapping[], observed: readonly FieldMapping[]): Evolution {
  const fields = [...known];
  const used = new Set(known.map(({ field }) => field.toLowerCase()));
  const isPath = (mapping: FieldMapping): mapping is ItemField => 'path' in mapping;
  const paths = known.filter(isPath);
  const conflicts: Conflict[] = [];
  const extent = { ...extentOf(paths.map(({ path }) => path)) };
  for (const item of observed.filter(isPath)) {
    const related = paths.filter(({ path }) => isWithin(path, item.path) || isWithin(item.path, path));
    conflicts.push(...related.flatMap((each) => conflictOf(each, item)).slice(0, 1));
    const more = extentOf([item.path]);
    const next = { fields: extent.fields + more.fields, characters: extent.characters + more.characters };
    if (related.length > 0 || !isWithinLimits(next)) continue;
    Object.assign(extent, next);
    const field = freshName(fieldName(item.path, item.type), used);
    used.add(field);
    fields.push({ ...item, field });
  }
  return { fields, added: fields.slice(known.length).map(({ field }) => field), conflicts: onePerPath(conflicts) };
}

/** Observed types whose every value a known type takes; JSON takes all. Texts may be durations, and may not. */
const TAKES: Readonly<Record<Exclude<FieldType, 'json'>, readonly FieldType[]>> = {
  string: ['string', 'instant', 'duration'],
  boolean: ['boolean'],
  long: ['long'],
  double: ['double', 'long'],
  instant: ['instant'],
  duration: ['duration', 'string'],
  strings: ['strings', 'string-set'],
  'string-set': ['strings', 'string-set'],
};

function conflictOf(known: ItemField, observed: ItemField): Conflict[] {
  if (known.type === 'json' && isWithin(known.path, observed.path)) return [];
  if (known.path.length > observed.path.length) return [conflict(observed.path, 'object', observed.type)];
  if (known.path.length < observed.path.length) return [conflict(known.path, known.type, 'object')];
  const fits = known.type === 'json' || TAKES[known.type].includes(observed.type);
  return fits ? [] : [conflict(known.path, known.type, observed.type)];
}

/** Several properties of an object that should be none are one conflict. */
function onePerPath(conflicts: readonly Conflict[]): readonly Conflict[] {
  return [...new Map(conflicts.map((each): [string, Conflict] => [each.path, each])).values()];
}

function conflict(path: readonly string[], known: string, found: string): Conflict {
  return { path: path.join('.'), known, found };
}

/** Whether `inner` is `outer`, or lies under it. */
function isWithin(outer: readonly string[], inner: readonly string[]): boolean {
  return outer.length <= inner.length && outer.every((name, index) => name === inner[index]);
}
