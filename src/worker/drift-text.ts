import { canonicalJson } from '../core/field-json.ts';
import type { MaskRule } from '../core/mask.ts';
import type { Scrubber } from '../core/scrubber.ts';
import type { DriftTexts } from '../pipeline/drift.ts';

const LONGEST_SAMPLE = 100;
const LONGEST_PATH = 200;

/**
 * What people may see of a drift. A sample is of an item behind the mask; of a path on which a mask lies, or that lies
 * within or around one, there is none: a value that has changed its type may hide what the mask was for (P7).
 *
 * @param secrets asked before anything is cut
 */
export function driftTexts(mask: readonly MaskRule[], secrets: Scrubber): DriftTexts {
  return {
    pathOf: (path) => cut(secrets(path), LONGEST_PATH),
    sampleOf(names, value) {
      if (mask.some(({ path }) => isRelated(path, names))) return undefined;
      const json = canonicalJson(value);
      return json === undefined ? undefined : cut(secrets.json(json), LONGEST_SAMPLE);
    },
  };
}

/** Whether one lies within the other. */
function isRelated(one: readonly string[], other: readonly string[]): boolean {
  const shorter = Math.min(one.length, other.length);
  return one.slice(0, shorter).every((name, at) => name === other[at]);
}

function cut(text: string, longest: number): string {
  return text.length <= longest ? text : `${text.slice(0, longest - 1).toWellFormed()}…`;
}
