import type { WorkerStatus } from '../worker/status.ts';
import type { ErrorStatus } from '../worker/status-fold.ts';
import type { Progress } from '../worker/status-progress.ts';
import type { SourceState, SourceStatus } from '../worker/status-source.ts';
import { lineOf, padded } from './columns.ts';
import { durationText } from './duration-text.ts';

export type Paint = (text: string, colour: Colour) => string;
type Colour = 'red' | 'yellow' | 'green' | 'cyan' | 'dim' | 'bold';

const CODES: Readonly<Record<Colour, number>> = { red: 31, yellow: 33, green: 32, cyan: 36, dim: 2, bold: 1 };

export const plain: Paint = (text) => text;
export const coloured: Paint = (text, colour) => `\u001b[${CODES[colour]}m${text}\u001b[0m`;

const STATES: Readonly<Record<SourceState, Colour>> = {
  starting: 'dim',
  waiting: 'dim',
  stopped: 'red',
  guarded: 'red',
  failing: 'yellow',
  paused: 'yellow',
  sweeping: 'cyan',
  idle: 'green',
};

/** The status of one worker as lines for a person. */
export function statusText(url: string, status: WorkerStatus, paint: Paint): readonly string[] {
  const { app, version, shards, ready, reasons, nowMs, startedAtMs } = status;
  const up = durationText(Math.max(0, nowMs - startedAtMs));
  const own = `${shards.assigned?.length ?? 0} of ${shards.count} shards, ${shards.open.length} open`;
  const head = `${paint(`${app} ${version}`, 'bold')}  ${url}  up ${up}  ${own}  ${ready ? paint('ready', 'green') : paint('not ready', 'red')}`;
  return [
    head,
    ...reasons.map((reason) => `  ${paint(clean(reason), 'yellow')}`),
    '',
    ...tableText(status, paint),
    ...status.sources.flatMap((source) => noteText(source, nowMs, paint)),
    ...budgetText(status, paint),
  ];
}

const HEADINGS = ['source', 'state', 'last complete', 'next', 'r', 'c', 'u', 'd', 'dead', 'slices'];

function tableText({ sources, nowMs }: WorkerStatus, paint: Paint): readonly string[] {
  const [head = [], ...rows] = padded([HEADINGS, ...sources.map((source) => cellsOf(source, nowMs))]);
  const lines = rows.map((cells, at) => {
    const colour = STATES[sources[at]?.state ?? 'idle'];
    return lineOf(cells.map((cell, column) => (column === 1 ? paint(cell, colour) : cell)));
  });
  return [paint(head.join('  '), 'dim').trimEnd(), ...lines];
}

function cellsOf(source: SourceStatus, nowMs: number): readonly string[] {
  const { lastCompleteAtMs, nextPollAtMs, published, deadLettered, sliceCount } = source;
  const last = lastCompleteAtMs === undefined ? '-' : `${durationText(Math.max(0, nowMs - lastCompleteAtMs))} ago`;
  const next = nextPollAtMs === undefined ? '-' : `in ${durationText(Math.max(0, nextPollAtMs - nowMs))}`;
  const counts = [published.r, published.c, published.u, published.d, deadLettered, sliceCount].map(String);
  return [source.source, source.state, last, next, ...counts];
}

function noteText(source: SourceStatus, nowMs: number, paint: Paint): readonly string[] {
  return [
    ...progressText(`${source.source}: first load`, source.firstLoad, paint),
    ...progressText(`${source.source}: reconcile`, source.reconcile, paint),
    ...guardText(source, nowMs, paint),
    ...errorText(source.source, source.lastError, nowMs, paint),
  ];
}

const BAR = 24;

function progressText(name: string, progress: Progress | undefined, paint: Paint): readonly string[] {
  if (progress === undefined || progress.isDone || progress.of === 0) return [];
  const { done, of, remainingMs } = progress;
  const filled = Math.min(BAR, Math.floor((done / of) * BAR));
  const bar = `${paint('█'.repeat(filled), 'cyan')}${paint('░'.repeat(BAR - filled), 'dim')}`;
  const left = remainingMs === undefined ? '' : `, about ${durationText(remainingMs)} left`;
  return [`${name} ${bar} ${done} of ${of}${left}`];
}

function guardText({ source, slices }: SourceStatus, nowMs: number, paint: Paint): readonly string[] {
  const held = slices.flatMap(({ slice, guard }) => {
    if (guard === undefined) return [];
    const since = durationText(Math.max(0, nowMs - guard.sinceMs));
    const told = guard.confirmed ? ', confirmed' : '';
    return [`  ${clean(slice)}: ${guard.held} proved gone, ${guard.missing} not shown, for ${since}${told}`];
  });
  if (held.length === 0) return [];
  const hint = `if they are really gone: clockify-kafka confirm-deletes ${source}`;
  return [paint(`${source}: the guard holds deletes back; ${hint}`, 'red'), ...held];
}

function errorText(source: string, error: ErrorStatus | undefined, nowMs: number, paint: Paint): readonly string[] {
  if (error === undefined || !error.current) return [];
  const ago = durationText(Math.max(0, nowMs - error.atMs));
  const hint = error.hint === undefined ? [] : [`  ${clean(error.hint)}`];
  return [paint(`${source}: ${clean(error.message)} [${error.code}], ${ago} ago`, 'yellow'), ...hint];
}

function budgetText({ budgets }: WorkerStatus, paint: Paint): readonly string[] {
  return budgets.map(({ budget, left, limit, windowMs, heldForMs }) => {
    const held = heldForMs > 0 ? `, waits ${durationText(heldForMs)}` : '';
    return paint(`budget ${clean(budget)}: ${left} of ${limit} left in ${durationText(windowMs)}${held}`, 'dim');
  });
}

/** What comes from outside must not move the cursor. */
export function clean(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is looked for
  return text.replace(/[\u0000-\u001f\u007f-\u009f]/g, ' ');
}
