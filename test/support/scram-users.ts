import { pbkdf2Sync, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { connect } from 'node:net';

const ALTER_USER_SCRAM_CREDENTIALS = 51;
const ITERATIONS = 4_096;
/** By Kafka's own numbers (KIP-554). */
const MECHANISMS = {
  'scram-sha-256': { number: 1, digest: 'sha256', bytes: 32 },
  'scram-sha-512': { number: 2, digest: 'sha512', bytes: 64 },
} as const;

export type ScramMechanism = keyof typeof MECHANISMS;

const int16 = (value: number) => Buffer.from([value >> 8, value & 255]);
const int32 = (value: number) => Buffer.from([value >>> 24, (value >> 16) & 255, (value >> 8) & 255, value & 255]);
/** The length of a compact text is one more than it is; those here are short. */
const compact = (bytes: Buffer) => Buffer.concat([Buffer.from([bytes.length + 1]), bytes]);
const NO_TAGS = Buffer.from([0]);
const EMPTY_LIST = Buffer.from([1]);
const LIST_OF_ONE = Buffer.from([2]);

/**
 * Gives a SCRAM user a password, the first or another one, through a listener that lets everybody in. kafkajs has no
 * such request.
 *
 * @param broker `host:port`
 */
export async function setScramPassword(
  broker: string,
  mechanism: ScramMechanism,
  user: string,
  password: string,
): Promise<void> {
  const { number, digest, bytes } = MECHANISMS[mechanism];
  const salt = randomBytes(16);
  const salted = pbkdf2Sync(password, salt, ITERATIONS, bytes, digest);
  const header = [int16(ALTER_USER_SCRAM_CREDENTIALS), int16(0), int32(1), int16(-1), NO_TAGS];
  const credential = [compact(Buffer.from(user)), Buffer.from([number]), int32(ITERATIONS), compact(salt)];
  const body = [EMPTY_LIST, LIST_OF_ONE, ...credential, compact(salted), NO_TAGS, NO_TAGS];
  const answer = await ask(broker, Buffer.concat([...header, ...body]));
  // Behind its number, tags, the time of throttling, the length of the list and the name of the user.
  const code = answer.readInt16BE(4 + 1 + 4 + 1 + 1 + Buffer.byteLength(user));
  if (code !== 0) throw new Error(`the broker answers ${code}: ${answer.toString('latin1')}`);
}

async function ask(broker: string, request: Buffer): Promise<Buffer> {
  const [host = '', port] = broker.split(':');
  const socket = connect(Number(port), host);
  try {
    socket.write(Buffer.concat([int32(request.length), request]));
    let answer = Buffer.alloc(0);
    while (answer.length < 4 || answer.length < 4 + answer.readInt32BE(0)) {
      const [more] = (await once(socket, 'data', { signal: AbortSignal.timeout(20_000) })) as [Buffer];
      answer = Buffer.concat([answer, more]);
    }
    return answer.subarray(4);
  } finally {
    socket.destroy();
  }
}
