/** Java and Maven of this machine, and what to say when they are missing. */
import { execFile } from 'node:child_process';
import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';
import { promisify } from 'node:util';

const neededJava = 17;

/** Nothing on this machine can run the stack; the message says what would. */
export class StackUnavailableError extends Error {
  constructor(problem: string) {
    super(
      `${problem}. To run Kafka and a schema registry locally, either install Java ${neededJava} and Maven ` +
        '(Debian: apt-get install openjdk-17-jre-headless maven), or start a Docker daemon, ' +
        'or set CLOCKIFY_KAFKA_TEST_BROKERS and CLOCKIFY_KAFKA_TEST_REGISTRY to running ones.',
    );
    this.name = 'StackUnavailableError';
  }
}

/** The `java` to use: JAVA_HOME's, else the first on the PATH. Throws {@link StackUnavailableError}. */
export async function findJava(): Promise<string> {
  const home = process.env.JAVA_HOME;
  const java = (home !== undefined && home !== '' && executable(join(home, 'bin', 'java'))) || onPath('java');
  if (!java) throw new StackUnavailableError(`Java ${neededJava} was not found`);
  const { stderr, stdout } = await promisify(execFile)(java, ['-version']).catch(() => {
    throw new StackUnavailableError(`${java} does not run`);
  });
  const major = Number(/version "(\d+)/.exec(stderr + stdout)?.[1]);
  if (!(major >= neededJava)) throw new StackUnavailableError(`${java} is older than Java ${neededJava}`);
  return java;
}

/** The `mvn` on the PATH. Throws {@link StackUnavailableError}. */
export function findMaven(): string {
  const maven = onPath('mvn');
  if (maven === undefined) {
    throw new StackUnavailableError('Maven (mvn) was not found, and Kafka has not been downloaded yet');
  }
  return maven;
}

function onPath(name: string): string | undefined {
  const folders = (process.env.PATH ?? '').split(delimiter).filter((folder) => folder !== '');
  return folders.map((folder) => executable(join(folder, name))).find((file) => file !== undefined);
}

function executable(file: string): string | undefined {
  try {
    accessSync(file, constants.X_OK);
    return file;
  } catch {
    return undefined;
  }
}
