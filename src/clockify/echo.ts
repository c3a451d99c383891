import { createScrubber } from '../core/scrubber.ts';

/** Shorter keys are none of Clockify's, whose have 48 characters, and could stand in somebody's text by chance. */
const LEAST = 16;

const decoder = new TextDecoder();
const encoder = new TextEncoder();

/**
 * What an answer says without the key that was sent for it (P7), nor any key sent before: an API, or a person, may have
 * put it into what becomes records, dead letters, state and samples. JSON stays JSON; where no key is, the bytes stay.
 */
export function createEchoFilter(): (body: Uint8Array, key: string) => Uint8Array {
  const scrub = createScrubber();
  return (body, key) => {
    if (key.length >= LEAST) scrub.learn([key]);
    // Every form of a key is ASCII: bytes as characters are enough to look at, and quicker.
    const bytes = Buffer.from(body.buffer, body.byteOffset, body.byteLength).toString('latin1');
    return scrub.json(bytes) === bytes ? body : encoder.encode(scrub.json(decoder.decode(body)));
  };
}
