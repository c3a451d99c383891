import type { Rate } from '../core/rate.ts';
import type { PlannedBudget, PlannedRhythm } from '../core/request-plan.ts';
import { planRequests, type WorkspaceCounts } from '../worker/plan-requests.ts';
import { readCounts } from '../worker/try-counts.ts';
import { lineOf, padded } from './columns.ts';
import { type Command, EXIT, type Invocation, number, text } from './command.ts';
import { CONFIG_OPTIONS, readConfig } from './config-options.ts';
import { durationText } from './duration-text.ts';
import * as takes from './option-formats.ts';
import { countOf, JSON_OPTION, section } from './try-options.ts';

const COUNTS = ['users', 'projects', 'entries', 'days', 'changes', 'strays'] as const;

export const plan: Command = {
  name: 'plan',
  summary:
    'Says before anything starts how many requests a configuration needs, how fresh it keeps each source, and what to change',
  usage: 'plan [--users N] [--projects N] [--entries N] [--days N] [--changes N] [--strays N] [--json] [--config FILE]',
  takes: 0,
  examples: [
    'clockify-kafka plan                                    # counts what is there, in a few requests',
    'clockify-kafka plan --users 100 --projects 40 --entries 50000   # of one workspace; asks nobody',
  ],
  options: {
    users: {
      type: 'string',
      value: 'N',
      says: 'users of a workspace; with any count given Clockify is not asked',
      reads: takes.wholeNumber,
    },
    projects: { type: 'string', value: 'N', says: 'projects of a workspace', reads: takes.wholeNumber },
    entries: { type: 'string', value: 'N', says: 'time entries of a workspace', reads: takes.wholeNumber },
    days: { type: 'string', value: 'N', says: 'how far back they go', reads: takes.wholeNumber },
    changes: {
      type: 'string',
      value: 'N',
      says: 'time entries that are made, changed or deleted in an hour',
      reads: takes.wholeNumber,
    },
    strays: { type: 'string', value: 'N', says: 'time entries of users who are gone', reads: takes.wholeNumber },
    ...JSON_OPTION,
    ...CONFIG_OPTIONS,
  },
  run: async (call, terminal) => {
    const config = readConfig(call, terminal);
    const given = givenCounts(call);
    const counts =
      given === undefined
        ? await readCounts(config, terminal.signal)
        : Object.fromEntries(Object.keys(config.credentials).map((name) => [name, [given]]));
    const budgets = planRequests(config, counts, Date.now());
    const told = call.flags.json === true ? JSON.stringify({ counts, budgets }) : asText(counts, budgets).join('\n');
    await terminal.out(told);
    return EXIT.ok;
  },
};

function givenCounts(call: Invocation): WorkspaceCounts | undefined {
  if (COUNTS.every((name) => text(call, name) === undefined)) return undefined;
  const [users = 0, projects = 0, entries = 0, days, changes, strays] = COUNTS.map((name) =>
    text(call, name) === undefined ? undefined : number(call, name, 0),
  );
  return { name: 'as given', id: undefined, users, projects, entries, days, changes, strays };
}

type Counts = Readonly<Record<string, readonly WorkspaceCounts[]>>;

function asText(counts: Counts, budgets: readonly PlannedBudget[]): readonly string[] {
  return [...Object.values(counts).flat().map(countsText), ...budgets.flatMap(budgetText)];
}

function countsText({ name, users, projects, entries }: WorkspaceCounts): string {
  return `workspace ${name}: ${countOf(users, 'user')}, ${countOf(projects, 'project')}, about ${entries} time entries`;
}

function budgetText(budget: PlannedBudget): readonly string[] {
  const { rate, rhythms, fits, proposals, demandPerHour, capacityPerHour } = budget;
  const assumed = rhythms.filter(({ assumes }) => assumes !== undefined);
  const percent = Math.round((demandPerHour / capacityPerHour) * 100);
  const head = `${budget.budget}: ${rateText(rate)}, ${numberText(demandPerHour)} requests an hour planned (${percent} %)`;
  const lines = [
    ...padded([HEADINGS, ...rhythms.map(cellsOf)]).map(lineOf),
    ...firstText(budget),
    ...assumed.map(({ source, rhythm, assumes }) => `${nameOf(source, rhythm)}: taking ${assumes} for granted`),
  ];
  if (fits) return section(head, lines);
  const slower = proposals.map(
    ({ setting, everyMs }) => `${setting}: ${everyMs === undefined ? 'off' : durationText(everyMs)}`,
  );
  return section(head, [
    ...lines,
    `WARNING: this asks for more than the budget gives, and everything becomes as old as shown above.`,
    `What it can do: ${slower.join(', ')}`,
  ]);
}

function nameOf(source: string, rhythm: string): string {
  return rhythm === 'sweep' ? source : `${rhythm} of ${source}`;
}

const HEADINGS = ['source', 'rhythm', 'every', 'requests a pass', 'an hour', 'of the budget', 'at most behind'];

function cellsOf({ source, rhythm, everyMs, requestsPerPass, perHour, share, stalenessMs }: PlannedRhythm): string[] {
  return [
    source,
    rhythm,
    everyMs === undefined ? 'once' : durationText(everyMs),
    numberText(requestsPerPass),
    numberText(perHour),
    `${numberText(share * 100)} %`,
    stalenessMs === undefined ? '' : durationText(stalenessMs),
  ];
}

function rateText({ requests, windowMs, burst }: Rate): string {
  const paced = burst < requests ? `, at most ${burst} at once` : '';
  return `${requests} requests in ${durationText(windowMs)}${paced}`;
}

function firstText({ firstLook, firstLoad }: PlannedBudget): readonly string[] {
  const load = `first load: ${loadText(firstLoad)}`;
  return firstLook.requests === firstLoad.requests
    ? [load]
    : [`first look: ${loadText(firstLook)}`, `${load}, with the whole history`];
}

function loadText({ requests, tookMs }: PlannedBudget['firstLoad']): string {
  return `${countOf(Math.round(requests), 'request')}, ${tookMs === 0 ? 'at once' : `about ${durationText(tookMs)}`}`;
}

function numberText(value: number): string {
  return value >= 100 || Number.isInteger(value) ? String(Math.round(value)) : value.toPrecision(2);
}
