/** Kafka and the registry as two JVMs of this machine, under a supervisor that ends them with their owner. */
import { randomBytes } from 'node:crypto';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ensureArtefact } from './artefacts.ts';
import { findJava } from './java.ts';
import { kafkaProperties, propertiesText, secondBrokerProperties } from './kafka-properties.ts';
import {
  type LocalStack,
  type LocalStackOptions,
  registryDatabase,
  registryPath,
  registryVersion,
} from './local-stack.ts';
import { kafkaArtefact, registryArtefact } from './maven.ts';
import { freePorts } from './ports.ts';
import { ProcessGroup } from './process-group.ts';
import { brokerAnswers, urlAnswers } from './readiness.ts';
import { scramUsers, secureProperties } from './secure-listener.ts';
import { jvmService, logTail, type Service, ServiceStartError } from './service.ts';

/** Somebody else can take a free port before the JVM does. */
const portAttempts = 3;

/** Small and quick to start; what a JVM unpacks for itself goes into the data folder, to be removed with it. */
function jvmFlags(group: ProcessGroup): string[] {
  const speed = ['-Xmx512m', '-XX:+UseSerialGC', '-XX:TieredStopAtLevel=1', '-XX:-UsePerfData'];
  return [...speed, `-Djava.io.tmpdir=${group.dataDir}`];
}

/** Fetches what is missing, and starts both side by side; when one fails, neither is left. */
export async function startMavenStack(options: LocalStackOptions): Promise<LocalStack> {
  const java = await findJava();
  const group = await ProcessGroup.start();
  try {
    const [kafka, registry] = await Promise.all([
      startKafka(group, java, options),
      options.registry ? startRegistry(group, java, options) : undefined,
    ]);
    return {
      brokers: [kafka.address],
      secureBroker: kafka.secure,
      proxiedPort: kafka.proxiedPort,
      registryUrl: registry?.address ?? '',
      broker: kafka.service,
      secondBroker: kafka.second,
      registry: registry?.service,
      stop: () => group.end(),
    };
  } catch (error) {
    await group.end();
    throw error;
  }
}

interface Started {
  readonly address: string;
  readonly secure?: string | undefined;
  readonly proxiedPort?: number | undefined;
  readonly service: Service;
  readonly second?: Service | undefined;
}

/** What the nodes of one cluster have in common. */
interface Cluster {
  readonly group: ProcessGroup;
  readonly java: string;
  readonly jvm: readonly string[];
  readonly id: string;
}

async function startKafka(group: ProcessGroup, java: string, options: LocalStackOptions): Promise<Started> {
  const libraries = await ensureArtefact(kafkaArtefact(group), options.log);
  const jvm = [...jvmFlags(group), '-Dorg.slf4j.simpleLogger.defaultLogLevel=warn', '-cp', join(libraries, '*')];
  return await onFreePorts(5, async ([port, controllerPort, securePort, proxiedPort, secondPort], attempt) => {
    const folder = join(group.dataDir, `kafka-${attempt}`);
    const address = `127.0.0.1:${port}`;
    const controller = `127.0.0.1:${controllerPort}`;
    const secure = options.secure === undefined ? undefined : `localhost:${securePort}`;
    const at = { listener: address, advertised: address, controller, secure, proxied: proxiedOf(proxiedPort, options) };
    const own = options.secure === undefined ? {} : secureProperties(options.secure);
    const properties = kafkaProperties(at, { 'log.dirs': join(folder, 'data'), ...own, ...options.kafka });
    const users = options.secure === undefined ? [] : scramUsers(options.secure);
    const cluster = { group, java, jvm, id: randomBytes(16).toString('base64url').replace(/^-/, 'A') };
    const service = await kafkaNode(cluster, 'Kafka', folder, port as number, properties, users);
    await service.start();
    const second = options.secondBroker
      ? await secondNode(cluster, folder, secondPort as number, controller, options)
      : undefined;
    return { address, secure, proxiedPort, service, second };
  });
}

/** Formatted and not started: whoever asked for it says when. */
function secondNode(cluster: Cluster, beside: string, port: number, controller: string, { kafka }: LocalStackOptions) {
  const folder = `${beside}-second`;
  const extra = { 'log.dirs': join(folder, 'data'), ...kafka };
  const properties = secondBrokerProperties(`127.0.0.1:${port}`, controller, extra);
  return kafkaNode(cluster, 'the second Kafka', folder, port, properties);
}

/** A node with a folder of its own, formatted. */
async function kafkaNode(
  cluster: Cluster,
  name: string,
  folder: string,
  port: number,
  properties: Readonly<Record<string, string>>,
  users: readonly string[] = [],
): Promise<Service> {
  const { group, java, jvm } = cluster;
  await mkdir(folder);
  const settings = join(folder, 'server.properties');
  await writeFile(settings, propertiesText(properties));
  await formatStorage(cluster, settings, folder, users);
  const spec = { command: java, args: [...jvm, 'kafka.Kafka', settings], logFile: join(folder, 'kafka.log') };
  return jvmService(group, name, spec, () => brokerAnswers('127.0.0.1', port));
}

function proxiedOf(port: number | undefined, { proxyPort }: LocalStackOptions) {
  if (proxyPort === undefined) return undefined;
  return { listener: `127.0.0.1:${port}`, advertised: `127.0.0.1:${proxyPort}` };
}

async function formatStorage(cluster: Cluster, settings: string, folder: string, users: readonly string[]) {
  const { group, java, jvm, id } = cluster;
  const logFile = join(folder, 'format.log');
  const args = [...jvm, 'kafka.tools.StorageTool', 'format', '-t', id, '-c', settings, ...users];
  const program = await group.spawn({ command: java, args, logFile });
  const { code } = await program.ended();
  if (code !== 0) throw new ServiceStartError('Kafka could not format its storage', await logTail(logFile));
}

async function startRegistry(group: ProcessGroup, java: string, options: LocalStackOptions): Promise<Started> {
  const home = await ensureArtefact(registryArtefact(group), options.log);
  return await onFreePorts(1, async ([port], attempt) => {
    const folder = join(group.dataDir, `registry-${attempt}`);
    await mkdir(folder);
    const address = `http://127.0.0.1:${port}${registryPath}`;
    const args = [
      ...jvmFlags(group),
      '-Dquarkus.http.host=127.0.0.1',
      `-Dquarkus.http.port=${port}`,
      '-Dquarkus.datasource.jdbc.initial-size=1',
      '-Dquarkus.datasource.jdbc.min-size=1',
      `-DREGISTRY_DATASOURCE_URL=${registryDatabase(join(folder, 'registry'))}`,
      '-jar',
      join(home, `apicurio-registry-app-${registryVersion}-runner.jar`),
    ];
    const spec = { command: java, args, logFile: join(folder, 'registry.log'), cwd: folder };
    const service = jvmService(group, 'the schema registry', spec, () => urlAnswers(`${address}/subjects`));
    await service.start();
    return { address, service };
  });
}

async function onFreePorts<T>(count: number, start: (ports: number[], attempt: number) => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await start(await freePorts(count), attempt);
    } catch (error) {
      const taken = error instanceof ServiceStartError && /address already in use|port .* in use/i.test(error.log);
      if (!taken || attempt === portAttempts) throw error;
    }
  }
}
