import { compileReportBody } from '../clockify/report-body.ts';
import { cutRange } from '../clockify/report-range.ts';
import { parentTemplates, templateNamed } from '../clockify/templates/catalogue.ts';
import type { Template } from '../clockify/templates/template.ts';
import type { Config, Credential } from '../config/config.ts';
import type { SourceConfig } from '../config/source-config.ts';
import { type PlannedBudget, planBudget, type Rhythm } from '../core/request-plan.ts';
import { intervalMs } from './next-run.ts';
import { type EntryCounts, entryRhythms } from './plan-entries.ts';
import { feedOf, MAX_RANGE_DAYS } from './plan-template.ts';
import { parametersOf } from './try-source.ts';

/** How much there is in one workspace. */
export interface WorkspaceCounts extends EntryCounts {
  readonly name: string;
  /** Undefined where it stands for any. */
  readonly id: string | undefined;
  readonly projects: number;
}

/** What the sources ask of each budget: of each workspace, of each credential, and of the reports host. */
export function planRequests(
  config: Config,
  counts: Readonly<Record<string, readonly WorkspaceCounts[]>>,
  nowMs: number,
): readonly PlannedBudget[] {
  return Object.values(config.credentials).flatMap((credential) => {
    const workspaces = counts[credential.name] ?? [];
    const place: Place = { config, credential, nowMs, sources: sourcesOf(config, credential) };
    const planned = workspaces.map((workspace) =>
      planBudget(`workspace ${workspace.name}`, credential.rate, ofWorkspace(place, workspace)),
    );
    const own = planBudget(`credential ${credential.name}`, credential.rate, ofCredential(place));
    const reports = workspaces.flatMap((workspace) => reportsOf(place, workspace));
    const host = planBudget(`reports of ${credential.name}`, credential.reportsRate, reports);
    return [...planned, own, host].filter(({ rhythms }) => rhythms.length > 0);
  });
}

interface Place {
  readonly config: Config;
  readonly credential: Credential;
  readonly sources: readonly SourceConfig[];
  readonly nowMs: number;
}

function sourcesOf({ sources }: Config, { name }: Credential): readonly SourceConfig[] {
  return sources.filter((source) => source.credential === name);
}

function ofWorkspace(place: Place, workspace: WorkspaceCounts): readonly Rhythm[] {
  const there = place.sources.filter((source) => isIn(source, workspace));
  const asked = new Set(
    there.flatMap((source) =>
      parametersOf(source)
        .slice(1)
        .filter((name) => isAll(source, name)),
    ),
  );
  const fed = new Set(there.map((source) => feedOf({ source })));
  const discovered = [...asked].filter((parameter) => !fed.has(parameter));
  return [
    ...there.flatMap((source) => rhythmsOf(place, source, workspace)),
    ...discovered.map((parameter) => discovery(place, parameter, listPages(parameter, workspace))),
  ];
}

function ofCredential(place: Place): readonly Rhythm[] {
  const without = place.sources.filter((source) => parametersOf(source).length === 0);
  const isAsked = place.sources.some((source) => parametersOf(source).length > 0 && isAll(source, 'workspace'));
  const lists = isAsked ? [discovery(place, 'workspace', 1)] : [];
  return [...without.flatMap((source) => rhythmsOf(place, source, NOWHERE)), ...lists];
}

const NOWHERE: WorkspaceCounts = { name: '', id: undefined, users: 0, projects: 0, entries: 0 };

function reportsOf(place: Place, workspace: WorkspaceCounts): readonly Rhythm[] {
  const reports = place.sources.filter((source) => source.report !== undefined && isIn(source, workspace));
  return reports.flatMap((source) => rhythmsOf(place, source, workspace));
}

function isIn(source: SourceConfig, { id }: WorkspaceCounts): boolean {
  if (!parametersOf(source).includes('workspace')) return false;
  const wanted = source.parameters.workspace ?? 'all';
  return wanted === 'all' || id === undefined || wanted.includes(id);
}

function isAll({ parameters }: SourceConfig, parameter: string): boolean {
  return (parameters[parameter] ?? 'all') === 'all';
}

function discovery({ config }: Place, parameter: string, requests: number): Rhythm {
  return {
    source: 'discovery',
    rhythm: `every ${parameter}`,
    priority: 'list',
    everyMs: config.discovery.everyMs,
    setting: 'discovery.every',
    requestsPerPass: requests,
    slices: 1,
  };
}

/** The longest `every` that can be set. */
const LONGEST_MS = 30 * 24 * 3_600_000;

/** The rhythms of a source, in the order of their priority. */
function rhythmsOf(place: Place, source: SourceConfig, workspace: WorkspaceCounts): readonly Rhythm[] {
  const schedule = source.schedule ?? { type: 'every' as const, everyMs: source.everyMs };
  const slices = slicesOf(source, workspace);
  const everyMs = schedule.type === 'once' ? undefined : intervalMs(schedule, place.nowMs);
  const { rhythms } = source;
  const { nowMs } = place;
  if (rhythms !== undefined) return entryRhythms({ source, rhythms, counts: workspace, slices, everyMs, nowMs });
  const { pages, assumes } = passOf(place, source, workspace);
  return [
    {
      source: source.name,
      rhythm: 'sweep',
      priority: 'list',
      everyMs,
      setting: `every of ${source.name}`,
      longestMs: LONGEST_MS,
      requestsPerPass: slices * pages,
      slices,
      assumes,
    },
  ];
}

function slicesOf(source: SourceConfig, { users, projects }: WorkspaceCounts): number {
  const all: Readonly<Record<string, number>> = { user: users, project: projects };
  const counts = parametersOf(source)
    .slice(1)
    .map((name) => {
      const given = source.parameters[name] ?? 'all';
      return given === 'all' ? (all[name] ?? 1) : given.length;
    });
  return counts.reduce((product, count) => product * count, 1);
}

interface Pass {
  /** Of one slice. */
  readonly pages: number;
  readonly assumes?: string;
}

function passOf(place: Place, source: SourceConfig, workspace: WorkspaceCounts): Pass {
  if (source.endpoint !== undefined) {
    const { length } = source.endpoint.steps;
    return { pages: length, assumes: length === 1 ? 'one page' : 'one page and one item of each step' };
  }
  const template = templateNamed(source.template);
  if (source.report !== undefined && template.report !== undefined) return reportPass(place, source, template);
  const items = itemsOf(template, workspace);
  const pages = pagesOf(template, items ?? 0, source.pageSize);
  return items === undefined && template.list.paged ? { pages, assumes: 'one page' } : { pages };
}

function itemsOf({ name }: Template, { users, projects, entries }: WorkspaceCounts): number | undefined {
  if (name === 'time-entries') return Math.ceil(entries / Math.max(1, users));
  return { users, projects }[name];
}

/** The last page says that it is the last. */
function pagesOf({ list }: Template, items: number, pageSize = list.pageSize): number {
  return list.paged ? Math.max(1, Math.ceil(items / pageSize)) : 1;
}

function listPages(parameter: string, workspace: WorkspaceCounts): number {
  const template = parentTemplates[parameter];
  return template === undefined ? 1 : pagesOf(template, itemsOf(template, workspace) ?? 0);
}

/** A long range is asked in pieces. */
function reportPass({ credential, nowMs }: Place, { report }: SourceConfig, template: Template): Pass {
  const { body = {}, time = undefined } = report ?? {};
  if (time === undefined || template.report === undefined) return { pages: 1 };
  const compiled = compileReportBody({ kind: template.report, body, params: { workspace: 'w' }, time });
  const pieces = cutRange(compiled.at(nowMs).range, MAX_RANGE_DAYS[credential.plan]).length;
  return template.report === 'detailed' ? { pages: pieces, assumes: 'one page of each piece' } : { pages: pieces };
}
