import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Simulator, type SimulatorOptions, startSimulator } from '../../src/simulator/simulator.ts';
import { type Ended, type RunOptions, runProgram } from '../support/program.ts';

/** A practice Clockify, a folder, and the program as a person types it: no Kafka unless a configuration names one. */
export interface TryPlace {
  readonly simulator: Simulator;
  readonly folder: string;
  readonly workspace: string;
  /** Writes a configuration with these sources, and says where. */
  configure(name: string, sources: readonly string[], settings?: readonly string[], credentials?: string): string;
  run(
    args: readonly string[],
    env?: Readonly<Record<string, string>>,
    onErr?: NonNullable<RunOptions['onErr']>,
  ): Promise<Ended>;
  close(): Promise<void>;
}

export const NO_KAFKA = ['kafka: { brokers: ["127.0.0.1:1"] }', 'registry: { url: "http://127.0.0.1:1" }'];

export async function openTryPlace(options: SimulatorOptions = {}): Promise<TryPlace> {
  const simulator = await startSimulator({ seed: 3, workspaces: 1, users: 3, days: 5, ...options });
  const folder = mkdtempSync(join(tmpdir(), 'clockify-kafka-try-'));
  return {
    simulator,
    folder,
    workspace: simulator.world.store.workspaceIds()[0] ?? '',
    configure(name, sources, settings = NO_KAFKA, credentials = '') {
      const file = join(folder, `${name}.yaml`);
      const credential = `  acme: { api_key: \${KEY}, base_url: ${simulator.url}, reports_url: ${simulator.reportsUrl} }`;
      const data = `file: { directory: ${join(folder, name)} }`;
      writeFileSync(
        file,
        `${[`app: ${name}`, 'credentials:', credential, credentials, 'sources:', ...sources, data, ...settings].join('\n')}\n`,
      );
      return file;
    },
    run: (args, env = {}, onErr = () => undefined) =>
      runProgram(args, { env: { KEY: simulator.apiKey, ...env }, onErr, limitMs: 120_000 }),
    async close() {
      await simulator.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

export function template(name: string, more = ''): string {
  return `  - { name: ${name}, template: ${name}, credential: acme, every: 1s${more} }`;
}

/** A manual endpoint with comments, which have to stay. */
export const EXPENSES: readonly string[] = [
  '  # What people have spent.',
  '  - name: expenses # its name is its identity',
  '    credential: acme',
  '    endpoint:',
  '      url: /workspaces/{workspace_id}/expenses # the whole answer is an envelope',
  '      data_path: $ # to be found out',
  '      paging: { type: page, size: 50, last_page_header: last-page }',
  '    key: hash # for want of a better one',
  '    every: 10m',
];
