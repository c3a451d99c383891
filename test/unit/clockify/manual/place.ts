import { once } from 'node:events';
import type { IncomingMessage } from 'node:http';
import type { TestContext } from 'node:test';
import type { Client, ClientOptions, Sender } from '../../../../src/clockify/client.ts';
import {
  createManualEndpoint,
  type ManualEndpointOptions,
  type ManualPage,
  type ManualWalk,
} from '../../../../src/clockify/manual/endpoint.ts';
import type { StepDefinition } from '../../../../src/clockify/manual/step.ts';
import { clientFor, never, serve } from '../loopback.ts';

export const NOW = Date.parse('2026-03-31T10:20:30.456Z');

export function step(over: Partial<StepDefinition>): StepDefinition {
  return {
    name: 'list',
    method: 'GET',
    url: 'https://api.clockify.me/api/v1/things',
    headers: {},
    body: undefined,
    dataPath: '$[*]',
    metadataPath: undefined,
    metadataPrefix: 'meta_',
    paging: { type: 'none' },
    time: { unit: 'day', format: "yyyy-MM-dd'T'HH:mm:ss'Z'", zone: 'UTC' },
    ...over,
  };
}

export interface Asked {
  readonly method: string;
  readonly path: string;
  readonly query: URLSearchParams;
  readonly headers: IncomingMessage['headers'];
  readonly body: string;
}

export interface Told {
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string | readonly string[]>>;
  /** Bytes and strings as they are, all else as JSON. */
  readonly body?: unknown;
}

/** A far side that answers as the test says, and an endpoint at it. URLs of steps begin after the origin. */
export async function manualPlace(
  t: TestContext,
  answer: (asked: Asked, count: number, origin: string) => Told | Promise<Told>,
  steps: readonly Partial<StepDefinition>[],
  over: Partial<ManualEndpointOptions> & { readonly client?: never; readonly http?: Partial<ClientOptions> } = {},
) {
  const asked: Asked[] = [];
  const { origin } = await serve(t, async (request, response) => {
    const url = new URL(request.url ?? '', 'http://x');
    let body = '';
    request.on('data', (chunk) => (body += chunk));
    await once(request, 'end');
    const { method = '', headers } = request;
    const one = { method, path: url.pathname, query: url.searchParams, headers, body };
    asked.push(one);
    const told = await answer(one, asked.length, origin);
    response.writeHead(told.status ?? 200, { 'content-type': 'application/json', ...(told.headers as object) });
    response.end(
      typeof told.body === 'string' || told.body instanceof Uint8Array ? told.body : JSON.stringify(told.body),
    );
  });
  const client = clientFor(t, origin, over.http) as Client & Sender;
  const endpoint = createManualEndpoint({
    params: { workspace: 'w1' },
    owner: 'w1',
    output: 'last',
    parallel: 2,
    maxPages: 50,
    ...over,
    client,
    steps: steps.map((each) => step({ ...each, url: origin + (each.url ?? '/things') })),
  });
  return { origin, asked, begin: (nowMs = NOW) => endpoint.begin(nowMs) };
}

/** Every item of a walk, and its pages, as the pipeline asks for them. */
export async function walkAll(walk: ManualWalk): Promise<{ items: unknown[]; pages: ManualPage[] }> {
  const items: unknown[] = [];
  const pages: ManualPage[] = [];
  for (let number = 1; number < 1_000; number++) {
    const page = await walk.page(number, never());
    const { items: found, last } = page.read();
    pages.push(page);
    items.push(...found);
    if (page.last !== undefined && page.last !== last) throw new Error('what was known without reading was wrong');
    if (last) return { items, pages };
  }
  throw new Error('the walk did not end');
}
