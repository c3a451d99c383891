import { randomUUID } from 'node:crypto';
import { readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { OutRecord } from '../../src/pipeline/ports.ts';

/** A folder of its own, which `remove` takes away with all in it. */
export function newFolder(): { readonly path: string; remove(): Promise<void> } {
  const path = join(tmpdir(), `clockify-kafka-local-${randomUUID()}`);
  return { path, remove: () => rm(path, { recursive: true, force: true }) };
}

/** A record as JSON, to the byte. */
export function describe(record: OutRecord): unknown {
  const hex = (part: Uint8Array | null) => (part === null ? null : Buffer.from(part).toString('hex'));
  return { ...record, key: hex(record.key), value: hex(record.value) };
}

export function parseLine(line: string): OutRecord {
  const said = JSON.parse(line) as { key: string | null; value: string | null } & Omit<OutRecord, 'key' | 'value'>;
  const bytes = (hex: string | null) => (hex === null ? null : new Uint8Array(Buffer.from(hex, 'hex')));
  return { ...said, key: bytes(said.key), value: bytes(said.value) };
}

/** The lines of a topic's file; none where there is no file. */
export async function linesOf(dir: string, topic: string): Promise<OutRecord[]> {
  const text = await readFile(join(dir, `${topic}.jsonl`), 'utf8').catch(() => '');
  return text
    .split('\n')
    .filter((line) => line !== '')
    .map(parseLine);
}
