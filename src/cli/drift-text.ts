import type { WorkerStatus } from '../worker/status.ts';
import type { DriftStatus } from '../worker/status-drift.ts';
import { lineOf, padded } from './columns.ts';
import { durationText } from './duration-text.ts';
import { clean, type Paint } from './status-text.ts';
import { countOf } from './try-options.ts';

/** One drift of one source, as data. */
interface SourceDrift extends DriftStatus {
  readonly source: string;
}

const HEADINGS = ['source', 'kind', 'path', 'count', 'expected', 'seen', 'first seen', 'sample'];

/** What the answers of a worker's sources show beyond what is taken of them, as lines for a person. */
export function driftText(url: string, { app, sources, nowMs }: WorkerStatus, paint: Paint): readonly string[] {
  const rows = driftIn(sources).map((drift) => cellsOf(drift, nowMs));
  const more = sources.filter(({ driftUnlisted }) => driftUnlisted > 0);
  const notes = more.map(
    ({ source, driftUnlisted }) => `${source}: ${countOf(driftUnlisted, 'more value')}, of others`,
  );
  const head = `${paint(clean(app), 'bold')}  ${url}`;
  if (rows.length === 0 && notes.length === 0) return [head, 'answers are as they are expected'];
  const lines = padded([HEADINGS, ...rows]).map(lineOf);
  return [head, ...lines.map((line, at) => (at === 0 ? paint(line, 'dim') : line)), ...notes];
}

/** The same as data. */
export function driftData(url: string, { app, sources }: WorkerStatus): object {
  const unlisted = Object.fromEntries(sources.map(({ source, driftUnlisted }) => [source, driftUnlisted]));
  return { url, app, drift: driftIn(sources), unlisted };
}

function driftIn(sources: WorkerStatus['sources']): readonly SourceDrift[] {
  return sources.flatMap(({ source, drift }) => drift.map((each) => ({ source, ...each })));
}

function cellsOf(drift: SourceDrift, nowMs: number): readonly string[] {
  const { source, kind, path, count, expected = '-', seen, firstSeenAtMs, sample = '-' } = drift;
  const since = `${durationText(Math.max(0, nowMs - firstSeenAtMs))} ago`;
  return [source, kind, path, String(count), expected, seen, since, sample].map(clean);
}
