const OBJECT_ID = /^[0-9a-f]{24}$/i;

/**
 * When an id was made: the first four bytes of a Mongo ObjectId are its creation second, big-endian.
 * A hint only: restored and imported entities keep their id.
 *
 * @returns epoch ms, or undefined where the id is not 24 hex digits
 */
export function objectIdTimeMs(id: string): number | undefined {
  return OBJECT_ID.test(id) ? Number.parseInt(id.slice(0, 8), 16) * 1000 : undefined;
}
