import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { type Ended, type RunOptions, runProgram } from './program.ts';

/** The program as people run it, on a configuration of a few lines, with JSON lines as its output. */

export interface Line {
  readonly topic: string;
  readonly op: string;
  readonly key: Readonly<Record<string, string>>;
  readonly value: Readonly<Record<string, unknown>>;
  readonly headers?: Readonly<Record<string, string>>;
}

interface Ran extends Ended {
  readonly lines: readonly Line[];
  /** Its log, line by line. */
  readonly log: readonly Readonly<Record<string, unknown>>[];
}

interface Api {
  readonly url: string;
  readonly reportsUrl?: string;
  readonly apiKey?: string;
  /** Lines of the configuration beside credentials and sources. */
  readonly lines?: readonly string[];
}

export interface Place {
  /** All on the credential `acme`. State is kept from run to run. */
  run(sources: readonly object[], args?: readonly string[], options?: RunOptions): Promise<Ran>;
  runOnce(sources: readonly object[]): Promise<Ran>;
  lint(sources: readonly object[]): Promise<Ended>;
  /** Writes a file beside the configuration. */
  file(name: string, text: string): void;
  /** Everything that the worker keeps, state and schemas, as Latin-1 text. */
  kept(): string;
}

export function placeOf(
  t: TestContext,
  { url, reportsUrl = `${url}/report/v1`, apiKey = 'a-key', lines = [] }: Api,
): Place {
  const folder = mkdtempSync(join(tmpdir(), 'clockify-kafka-features-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  const config = join(folder, 'clockify-kafka.yaml');
  const write = (sources: readonly object[]) =>
    writeFileSync(
      config,
      [
        'app: features',
        `credentials: { acme: { api_key: "\${KEY}", base_url: "${url}", reports_url: "${reportsUrl}", rate: 500/s, burst: 100 } }`,
        `file: { directory: ${folder} }`,
        ...lines,
        `sources: ${JSON.stringify(sources.map((source) => ({ credential: 'acme', ...source })))}`,
      ].join('\n'),
    );
  const env = { KEY: apiKey };
  const run = async (
    sources: readonly object[],
    args: readonly string[] = [],
    options: RunOptions = {},
  ): Promise<Ran> => {
    write(sources);
    const all = { ...options, env: { ...env, ...options.env } };
    const ended = await runProgram(['run', '--sink', 'stdout', '--config', config, ...args], all);
    return { ...ended, lines: jsonLines(ended.out) as unknown as Line[], log: jsonLines(ended.err) };
  };
  return {
    run,
    runOnce: (sources) => run(sources, ['--once']),
    async lint(sources) {
      write(sources);
      return runProgram(['lint', config], { env });
    },
    file: (name, text) => writeFileSync(join(folder, name), text),
    kept: () =>
      readdirSync(folder)
        .filter((name) => !name.endsWith('.yaml'))
        .map((name) => readFileSync(join(folder, name), 'latin1'))
        .join('\n'),
  };
}

function jsonLines(text: string): Record<string, unknown>[] {
  return text
    .split('\n')
    .filter((line) => line.startsWith('{'))
    .map((line) => JSON.parse(line) as Record<string, unknown>);
}

export interface Asked {
  readonly method: string;
  /** Path and query. */
  readonly path: string;
  readonly query: URLSearchParams;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: string;
  readonly atMs: number;
}

export interface OwnApi {
  /** `http://127.0.0.1:PORT/api/v1` */
  readonly url: string;
  readonly origin: string;
  readonly asked: readonly Asked[];
}

/** An HTTP API of the test's own: what `answer` gives is sent as JSON, unless it answers by itself. */
export async function serve(
  t: TestContext,
  answer: (asked: Asked, response: ServerResponse) => unknown,
): Promise<OwnApi> {
  const asked: Asked[] = [];
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const { searchParams: query } = new URL(request.url ?? '/', 'http://127.0.0.1');
    const { method = '', url: path = '', headers } = request;
    const one: Asked = { method, path, query, headers, body: Buffer.concat(chunks).toString(), atMs: Date.now() };
    asked.push(one);
    const json = await answer(one, response);
    if (response.writableEnded || response.destroyed) return;
    response.setHeader('content-type', 'application/json');
    response.end(JSON.stringify(json));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.after(() => {
    server.closeAllConnections();
    server.close();
  });
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return { url: `${origin}/api/v1`, origin, asked };
}
