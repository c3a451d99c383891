/** What Maven is asked for: Apache Kafka as jars, Apicurio Registry as an archive to unpack. */
import { mkdir, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Artefact } from './artefacts.ts';
import { findMaven } from './java.ts';
import { kafkaVersion, registryVersion } from './local-stack.ts';
import type { ProcessGroup } from './process-group.ts';
import { logTail } from './service.ts';

const copyDependencies = 'org.apache.maven.plugins:maven-dependency-plugin:3.8.1:copy-dependencies';
const slf4jVersion = '1.7.36';

/** Apache Kafka and everything on its class path. */
export function kafkaArtefact(group: ProcessGroup): Artefact {
  return {
    id: `kafka-${kafkaVersion}`,
    name: `Apache Kafka ${kafkaVersion}`,
    build: (into, scratch) =>
      copy(group, into, scratch, [
        dependency('org.apache.kafka', 'kafka_2.13', kafkaVersion),
        dependency('org.slf4j', 'slf4j-simple', slf4jVersion),
      ]),
  };
}

/** Apicurio Registry with its in-process database, unpacked. */
export function registryArtefact(group: ProcessGroup): Artefact {
  return {
    id: `apicurio-registry-${registryVersion}`,
    name: `Apicurio Registry ${registryVersion}`,
    async build(into, scratch) {
      const archives = join(scratch, 'archives');
      await mkdir(archives);
      await copy(group, archives, scratch, [
        dependency(
          'io.apicurio',
          'apicurio-registry-app',
          registryVersion,
          '<type>tar.gz</type><classifier>all</classifier>',
        ),
      ]);
      const [archive] = await readdir(archives);
      if (archive === undefined) throw new Error('Maven gave no archive of Apicurio Registry');
      await run(group, 'tar', ['-xzf', join(archives, archive), '-C', into], join(scratch, 'tar.log'));
    },
  };
}

function dependency(groupId: string, artifactId: string, version: string, archive?: string): string {
  const alone = '<exclusions><exclusion><groupId>*</groupId><artifactId>*</artifactId></exclusion></exclusions>';
  return (
    `<dependency><groupId>${groupId}</groupId><artifactId>${artifactId}</artifactId><version>${version}</version>` +
    `${archive === undefined ? '' : archive + alone}</dependency>`
  );
}

/** Runs Maven on a project of nothing but dependencies, with a repository of its own and strict checksums. */
async function copy(group: ProcessGroup, into: string, scratch: string, dependencies: string[]): Promise<void> {
  const pom = join(scratch, 'pom.xml');
  await writeFile(
    pom,
    '<project xmlns="http://maven.apache.org/POM/4.0.0"><modelVersion>4.0.0</modelVersion>' +
      '<groupId>local</groupId><artifactId>stack</artifactId><version>1</version><packaging>pom</packaging>' +
      `<dependencies>${dependencies.join('')}</dependencies></project>`,
  );
  const args = ['-q', '-B', '--strict-checksums', '-f', pom, `-Dmaven.repo.local=${join(scratch, 'repository')}`];
  const what = ['-DincludeScope=runtime', `-DoutputDirectory=${into}`];
  await run(group, findMaven(), [...args, copyDependencies, ...what], join(scratch, 'maven.log'));
}

async function run(group: ProcessGroup, command: string, args: string[], logFile: string): Promise<void> {
  const program = await group.spawn({ command, args, logFile });
  const { code, signal } = await program.ended();
  if (code !== 0) {
    throw new Error(`${command} failed (${signal ?? `exit ${code}`}):\n${await logTail(logFile)}`);
  }
}
