/** What runs and listens on this machine, read from Linux's /proc: for tests that prove that nothing is left. */
import assert from 'node:assert/strict';
import { readdir, readFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';

/** Process ids whose environment has this temporary folder: an owner and all that it started. */
export async function processesOf(folder: string): Promise<string[]> {
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name));
  const owned = await Promise.all(
    pids.map((pid) =>
      readFile(`/proc/${pid}/environ`, 'utf8').then(
        (text) => text.includes(folder),
        () => false,
      ),
    ),
  );
  return pids.filter((_, index) => owned[index]);
}

/** Waits until no process and no file of the folder is left. */
export async function nothingLeft(folder: string): Promise<void> {
  const deadline = Date.now() + 5_000;
  while (Date.now() < deadline) {
    const [processes, files] = await Promise.all([processesOf(folder), readdir(folder)]);
    if (processes.length === 0 && files.length === 0) return;
    await sleep(50);
  }
  assert.deepEqual([await processesOf(folder), await readdir(folder)], [[], []]);
}

/** Listening TCP addresses of this machine; IPv6 ones as `v6:<port>`. */
export async function listeningAddresses(): Promise<string[]> {
  const rows = async (file: string) => (await readFile(file, 'utf8').catch(() => '')).trim().split('\n').slice(1);
  const listening = (lines: string[]) =>
    lines.map((line) => line.trim().split(/\s+/)).filter((fields) => fields[3] === '0A');
  const parse = (fields: string[]) => {
    const [host = '', port = ''] = (fields[1] ?? '').split(':');
    const bytes = host.length === 8 ? [6, 4, 2, 0].map((at) => Number.parseInt(host.slice(at, at + 2), 16)) : ['v6'];
    // Java's sockets are IPv6 ones; the mapped loopback address is ::ffff:127.0.0.1
    const mapped = host === '0000000000000000FFFF00000100007F' ? [127, 0, 0, 1] : bytes;
    return `${mapped.join('.')}:${Number.parseInt(port, 16)}`;
  };
  return listening([...(await rows('/proc/net/tcp')), ...(await rows('/proc/net/tcp6'))]).map(parse);
}
