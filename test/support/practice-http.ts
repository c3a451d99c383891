import type { Simulator } from '../../src/simulator/simulator.ts';

/** Requests to the practice Clockify by whoever checks the worker: nothing of this is the worker's own code. */

interface Got {
  readonly json: unknown;
  readonly isLast: boolean;
}

/** @param path from `/workspaces` or `/user` on */
export async function get({ url, apiKey }: Simulator, path: string): Promise<Got> {
  const response = await fetch(url + path, { headers: { 'x-api-key': apiKey } });
  if (response.status !== 200) throw new Error(`${response.status} at ${path}`);
  return { json: await response.json(), isLast: response.headers.get('last-page') !== 'false' };
}

/** Every page of a list, each as it came. */
export async function pages(simulator: Simulator, path: string, size: number): Promise<readonly unknown[]> {
  const all: unknown[] = [];
  for (let page = 1; ; page += 1) {
    const { json, isLast } = await get(simulator, `${path}?page=${page}&page-size=${size}`);
    all.push(json);
    if (isLast) return all;
  }
}

export async function post({ apiKey }: Simulator, url: string, body: object): Promise<unknown> {
  const headers = { 'x-api-key': apiKey, 'content-type': 'application/json' };
  const response = await fetch(url, { method: 'POST', headers, body: JSON.stringify(body) });
  if (response.status !== 200) throw new Error(`${response.status} at ${url}`);
  return response.json();
}
