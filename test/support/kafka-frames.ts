/** Kafka's wire, as far as counting needs it: a frame is its length in four bytes, and what follows. */

/** Cuts a connection's bytes of one direction, as they come, into whole frames. A frame is a slice with its length in front. */
export function frames(onFrame: (frame: Buffer) => void): (chunk: Buffer) => void {
  let rest: Buffer = Buffer.alloc(0);
  return (chunk) => {
    rest = rest.length === 0 ? chunk : Buffer.concat([rest, chunk]);
    while (rest.length >= 4 && rest.length >= 4 + rest.readInt32BE(0)) {
      const frame = rest.subarray(0, 4 + rest.readInt32BE(0));
      rest = rest.subarray(frame.length);
      onFrame(frame);
    }
  };
}

/** Which request it is: its API key. */
export const apiKeyOf = (request: Buffer): number => request.readInt16BE(4);

/** Counts the bytes of answers by the API key of what they answer, of one connection. */
export function answerMeter(onAnswer: (apiKey: number, bytes: number) => void) {
  const asked = new Map<number, number>();
  return {
    /** Before it is sent. */
    request(request: Buffer): void {
      asked.set(request.readInt32BE(8), apiKeyOf(request));
    },
    /** All that comes back, in chunks of any size. */
    answer: frames((answer) => {
      const id = answer.readInt32BE(4);
      const apiKey = asked.get(id);
      asked.delete(id);
      if (apiKey !== undefined) onAnswer(apiKey, answer.length);
    }),
  };
}
