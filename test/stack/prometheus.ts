/** Prometheus and promtool: those of the system, or Debian's package unpacked in the cache, which needs no rights. */
import { execFile } from 'node:child_process';
import { existsSync, globSync } from 'node:fs';
import { copyFile } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { promisify } from 'node:util';
import { type Artefact, ensureArtefact } from './artefacts.ts';

const execute = promisify(execFile);

export interface PrometheusPrograms {
  readonly prometheus: string;
  readonly promtool: string;
}

/** The programs, or why they cannot be had here. */
export async function findPrometheus(log: (line: string) => void): Promise<PrometheusPrograms | string> {
  const [prometheus, promtool] = ['prometheus', 'promtool'].map(onPath);
  if (prometheus !== undefined && promtool !== undefined) return { prometheus, promtool };
  try {
    const folder = await ensureArtefact(debianPackage, log);
    return { prometheus: join(folder, 'prometheus'), promtool: join(folder, 'promtool') };
  } catch (error) {
    return `Prometheus is not installed, and apt-get cannot download it: ${(error as Error).message}`;
  }
}

function onPath(name: string): string | undefined {
  const folders = (process.env.PATH ?? '').split(delimiter).filter((folder) => folder !== '');
  return folders.map((folder) => join(folder, name)).find((file) => existsSync(file));
}

const debianPackage: Artefact = {
  id: `prometheus-debian-${process.arch}`,
  name: "Debian's package prometheus",
  async build(into, scratch) {
    await download(scratch).catch(async () => {
      await execute('apt-get', ['update', '-q']);
      await download(scratch);
    });
    const [archive] = globSync(join(scratch, 'prometheus_*.deb'));
    if (archive === undefined) throw new Error('apt-get gave no package');
    const unpacked = join(scratch, 'unpacked');
    await execute('dpkg', ['-x', archive, unpacked]);
    for (const name of ['prometheus', 'promtool']) await copyFile(join(unpacked, 'usr/bin', name), join(into, name));
  },
};

function download(folder: string): Promise<unknown> {
  return execute('apt-get', ['download', '-q', 'prometheus'], { cwd: folder });
}
