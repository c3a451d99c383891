import type { Scrubber } from '../core/scrubber.ts';
import { EXIT } from './command.ts';

/**
 * What nobody has caught, a rejection too, ends the process as Node would end it, and tells the same: but without what
 * is secret (P7). A diagnostic report, where Node is told to write one, leaves the environment out, which has the keys.
 */
export function watchCrashes(secrets: Scrubber): void {
  if (process.report !== undefined) process.report.excludeEnv = true;
  process.on('uncaughtException', (thrown: unknown) => {
    process.stderr.write(`${secrets(`clockify-kafka has failed, and could not go on\n${textOf(thrown)}`)}\n`);
    process.exit(EXIT.failure);
  });
}

const MOST_CAUSES = 10;

/** Stacks alone: of what else hangs on an error nobody knows what it holds. */
function textOf(thrown: unknown): string {
  const lines: string[] = [];
  for (let each = thrown; each !== undefined && lines.length < MOST_CAUSES; each = causeOf(each)) {
    lines.push(each instanceof Error ? (each.stack ?? each.message) : String(each));
  }
  return lines.join('\nbecause: ');
}

function causeOf(thrown: unknown): unknown {
  return thrown instanceof Error ? thrown.cause : undefined;
}
