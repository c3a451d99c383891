/** A real Prometheus that scrapes one worker each second, with our rules. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { freePorts } from '../stack/ports.ts';
import { urlAnswers, waitUntil } from '../stack/readiness.ts';
import { ALERTS_FILE } from './watching.ts';

interface Sample {
  readonly metric: Readonly<Record<string, string>>;
  readonly value: readonly [number, string];
}

export interface PrometheusServer {
  /** @throws {Error} with Prometheus's own words where it does not take the query */
  query(expr: string): Promise<readonly Sample[]>;
  /** Rules, and how their last evaluation went. */
  rules(): Promise<readonly { readonly name: string; readonly health: string; readonly lastError?: string }[]>;
}

interface TestLike {
  after(hook: () => Promise<void>): void;
}

export async function startPrometheus(
  t: TestLike,
  { program, folder, target }: { program: string; folder: string; target: string },
): Promise<PrometheusServer> {
  const file = join(folder, 'prometheus.yml');
  const scrape = { job_name: 'clockify-kafka', static_configs: [{ targets: [new URL(target).host] }] };
  const global = { scrape_interval: '1s', evaluation_interval: '1s' };
  writeFileSync(file, JSON.stringify({ global, rule_files: [ALERTS_FILE], scrape_configs: [scrape] }));
  const [port] = await freePorts(1);
  const url = `http://127.0.0.1:${port}`;
  const args = [`--config.file=${file}`, `--storage.tsdb.path=${join(folder, 'data')}`, '--log.level=warn'];
  const child = spawn(program, [...args, `--web.listen-address=127.0.0.1:${port}`], { stdio: 'ignore' });
  const exited = once(child, 'exit');
  t.after(async () => {
    child.kill('SIGKILL');
    await exited;
  });
  await waitUntil(() => urlAnswers(`${url}/-/ready`), { withinMs: 30_000, what: 'Prometheus' });
  const ask = async <T>(path: string): Promise<T> => {
    const answer = (await (await fetch(url + path)).json()) as { status: string; error?: string; data: T };
    if (answer.status !== 'success') throw new Error(answer.error);
    return answer.data;
  };
  return {
    query: async (expr) =>
      (await ask<{ result: readonly Sample[] }>(`/api/v1/query?query=${encodeURIComponent(expr)}`)).result,
    rules: async () => {
      type Rules = Awaited<ReturnType<PrometheusServer['rules']>>;
      const { groups } = await ask<{ groups: readonly { rules: Rules }[] }>('/api/v1/rules');
      return groups.flatMap((group) => group.rules);
    },
  };
}
