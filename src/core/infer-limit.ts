/**
 * How large an inferred schema may become: a registry, a code generator and every sink have to take it. Its text stays
 * below the 256 KB that we would read again.
 */
const MAX_FIELDS = 1_000;
const MAX_CHARACTERS = 180_000;
/** Name, type, default and punctuation of one field. */
const CHARACTERS_A_FIELD = 180;

export interface Extent {
  readonly fields: number;
  readonly characters: number;
}

export function extentOf(paths: readonly (readonly string[])[]): Extent {
  const characters = paths.reduce((sum, path) => sum + JSON.stringify(path).length + CHARACTERS_A_FIELD, 0);
  return { fields: paths.length, characters };
}

export function isWithinLimits({ fields, characters }: Extent): boolean {
  return fields <= MAX_FIELDS && characters <= MAX_CHARACTERS;
}
