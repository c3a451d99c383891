/** `npm run stack`: a Kafka and a schema registry in the foreground, until Ctrl-C or SIGTERM. */
import { StackUnavailableError } from './java.ts';
import { type Stack, startStack } from './stack.ts';

const stopped = new Promise<void>((resolve) => {
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => resolve());
});

function describe(stack: Stack): string {
  return `Kafka and the schema registry are running (${stack.kind}).

  brokers   ${stack.brokers.join(',')}
  registry  ${stack.registryUrl}

In another terminal, for the worker:

  export CLOCKIFY_KAFKA_BROKERS=${stack.brokers.join(',')}
  export CLOCKIFY_KAFKA_REGISTRY_URL=${stack.registryUrl}

and for the tests:

  export CLOCKIFY_KAFKA_TEST_BROKERS=${stack.brokers.join(',')}
  export CLOCKIFY_KAFKA_TEST_REGISTRY=${stack.registryUrl}

Ctrl-C ends both and removes their data.
`;
}

async function main(): Promise<number> {
  const starting = startStack();
  const early = await Promise.race([starting.then(() => false), stopped.then(() => true)]);
  if (early) return 0; // what was started ends with this process
  const stack = await starting;
  process.stdout.write(describe(stack));
  const open = setInterval(() => undefined, 60_000);
  await stopped;
  clearInterval(open);
  process.stderr.write('stopping\n');
  await stack.stop();
  return 0;
}

try {
  process.exit(await main());
} catch (error) {
  process.stderr.write(`${error instanceof StackUnavailableError ? error.message : String(error)}\n`);
  process.exit(error instanceof StackUnavailableError ? 3 : 1);
}
