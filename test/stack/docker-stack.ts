/** Kafka and the registry as two containers; the reaper of testcontainers removes them when their owner is killed. */
import { randomBytes } from 'node:crypto';
import { request } from 'node:http';
import { homedir } from 'node:os';
import { join } from 'node:path';
import type { StartedTestContainer } from 'testcontainers';
import { kafkaProperties, propertiesEnvironment } from './kafka-properties.ts';
import {
  type LocalStack,
  type LocalStackOptions,
  registryDatabase,
  registryPath,
  registryVersion,
} from './local-stack.ts';
import { freePorts } from './ports.ts';
import { brokerAnswers, urlAnswers, waitUntil } from './readiness.ts';
import type { Service } from './service.ts';

const kafkaImage = 'apache/kafka:4.3.1';
const registryImage = `apicurio/apicurio-registry-mem:${registryVersion}`;
const pingMs = 1_000;
const startMs = 180_000; // an image may have to be pulled first

/** Whether a Docker daemon answers a ping, where DOCKER_HOST says or in the usual places; soon, either way. */
export async function dockerAnswers(): Promise<boolean> {
  const named = process.env.DOCKER_HOST;
  if (named !== undefined && named !== '') return await ping(named);
  const runtimeDir = process.env.XDG_RUNTIME_DIR ?? '';
  const sockets = ['/var/run/docker.sock', join(homedir(), '.docker', 'run', 'docker.sock')];
  if (runtimeDir !== '') sockets.push(join(runtimeDir, 'docker.sock'));
  const answers = await Promise.all(sockets.map((socket) => ping(`unix://${socket}`)));
  return answers.includes(true);
}

function ping(dockerHost: string): Promise<boolean> {
  const { protocol, hostname, port, pathname } = URL.parse(dockerHost) ?? {};
  if (protocol !== 'unix:' && protocol !== 'tcp:') return Promise.resolve(false);
  const at = protocol === 'unix:' ? { socketPath: pathname } : { host: hostname, port };
  return new Promise((resolve) => {
    const call = request({ ...at, path: '/_ping', signal: AbortSignal.timeout(pingMs), agent: false }, (response) => {
      response.resume();
      resolve(true);
    });
    call.on('error', () => resolve(false));
    call.end();
  });
}

/** Starts both side by side on fixed host ports, which a restarted container keeps; when one fails, neither is left. */
export async function startDockerStack(options: LocalStackOptions): Promise<LocalStack> {
  const started: StartedTestContainer[] = [];
  const stop = async () => {
    await Promise.all(started.splice(0).map((container) => container.stop()));
  };
  options.log(`starting ${kafkaImage}${options.registry ? ` and ${registryImage}` : ''} in Docker`);
  const parts = await Promise.allSettled([
    startKafka(options, started),
    options.registry ? startRegistry(started) : undefined,
  ]);
  const [kafka, registry] = parts;
  if (kafka.status === 'rejected' || registry.status === 'rejected') {
    await stop();
    throw kafka.status === 'rejected' ? kafka.reason : (registry as PromiseRejectedResult).reason;
  }
  return {
    brokers: [kafka.value.address],
    registryUrl: registry.value?.address ?? '',
    broker: kafka.value.service,
    registry: registry.value?.service,
    stop,
  };
}

interface StartedPart {
  readonly address: string;
  readonly service: Service;
}

async function startKafka(options: LocalStackOptions, started: StartedTestContainer[]): Promise<StartedPart> {
  const { GenericContainer, getContainerRuntimeClient } = await import('testcontainers');
  const host = (await getContainerRuntimeClient()).info.containerRuntime.host;
  const [port] = (await freePorts(1)) as [number];
  const address = `${host}:${port}`;
  const properties = kafkaProperties(
    {
      listener: '0.0.0.0:9092',
      advertised: address,
      controller: '127.0.0.1:9093',
      internal: '127.0.0.1:9094',
    },
    { 'log.dirs': '/tmp/kafka-data', ...options.kafka },
  );
  const container = await new GenericContainer(kafkaImage)
    .withEnvironment({
      ...propertiesEnvironment(properties),
      CLUSTER_ID: randomBytes(16).toString('base64url').replace(/^-/, 'A'),
      KAFKA_HEAP_OPTS: '-Xmx512m',
    })
    .withExposedPorts({ container: 9092, host: port })
    .withStartupTimeout(startMs)
    .start();
  started.push(container);
  const service = await containerService('Kafka', container, () => brokerAnswers(host, port));
  return { address, service };
}

async function startRegistry(started: StartedTestContainer[]): Promise<StartedPart> {
  const { GenericContainer } = await import('testcontainers');
  const [port] = (await freePorts(1)) as [number];
  const container = await new GenericContainer(registryImage)
    .withEnvironment({ REGISTRY_DATASOURCE_URL: registryDatabase('/tmp/registry'), JAVA_OPTIONS: '-Xmx512m' })
    .withExposedPorts({ container: 8080, host: port })
    .withStartupTimeout(startMs)
    .start();
  started.push(container);
  const address = `http://${container.getHost()}:${port}${registryPath}`;
  const service = await containerService('the schema registry', container, () => urlAnswers(`${address}/subjects`));
  return { address, service };
}

/** A service out of a running container, once it answers. */
async function containerService(
  what: string,
  started: StartedTestContainer,
  ready: () => Promise<boolean>,
): Promise<Service> {
  const { getContainerRuntimeClient } = await import('testcontainers');
  const container = (await getContainerRuntimeClient()).container.getById(started.getId());
  const answers = () => waitUntil(ready, { withinMs: startMs, what });
  const state = async () => (await container.inspect()).State;
  await answers();
  return {
    async pause() {
      const { Running, Paused } = await state();
      if (Running && !Paused) await container.pause();
    },
    async resume() {
      if ((await state()).Paused) await container.unpause();
      await answers();
    },
    async kill() {
      if (!(await state()).Running) return;
      await container.kill();
      await container.wait();
    },
    async start() {
      if (!(await state()).Running) await container.start();
      await answers();
    },
  };
}
