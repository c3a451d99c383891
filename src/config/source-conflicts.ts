import type { Report } from './report.ts';
import type { SourceConfig } from './source-config.ts';
import { join, type MapNode, type Position } from './tree.ts';

export interface PlacedSource {
  readonly source: SourceConfig;
  readonly map: MapNode;
  readonly path: string;
}

/**
 * What single sources cannot see: names are unique, and no two sources write the same keys to one topic, for then one
 * would delete what the other has published (P3, P4).
 */
export function checkTopics(placed: readonly PlacedSource[], reserved: readonly string[], report: Report): void {
  for (const [index, one] of placed.entries()) {
    if (reserved.includes(one.source.topic)) {
      report.problem(
        at(one, 'topic'),
        join(one.path, 'topic'),
        `${one.source.topic} is the worker's own topic`,
        'Choose another.',
      );
    }
    for (const other of placed.slice(0, index)) checkPair(one, other, report);
  }
}

function checkPair(one: PlacedSource, other: PlacedSource, report: Report): void {
  const { source } = one;
  const first = `"${other.source.name}" (line ${other.map.at.line})`;
  if (source.name === other.source.name) {
    const place = `line ${at(other, 'name').line}`;
    report.problem(
      at(one, 'name'),
      join(one.path, 'name'),
      `${source.name} is taken in ${place}`,
      'Names are identities: use each once.',
    );
  }
  if (source.topic !== other.source.topic) return;
  const path = join(one.path, 'topic');
  if (source.template !== other.source.template || source.template === '') {
    const what = source.template === '' && other.source.template === '' ? 'endpoint' : 'template';
    const hint = `Rows of two ${what}s have two schemas: give one of the sources a topic of its own.`;
    report.problem(at(one, 'topic'), path, `${source.topic} is the topic of ${first}, of another ${what}`, hint);
  } else if (!areDisjoint(source, other.source)) {
    const others = hasWorkspace(source) ? ', or each a list of workspaces that the other does not have' : '';
    const hint = `Give one of them a topic of its own${others}.`;
    report.problem(at(one, 'topic'), path, `would write the same keys to ${source.topic} as ${first}`, hint);
  }
}

/**
 * For one credential only lists of workspaces prove it: `all` meets everything, and filters of one workspace may
 * overlap. What `all` is to two credentials shows at run time only.
 */
function areDisjoint(one: SourceConfig, other: SourceConfig): boolean {
  const mine = one.parameters.workspace ?? 'all';
  const theirs = other.parameters.workspace ?? 'all';
  if (mine === 'all' || theirs === 'all') return one.credential !== other.credential && hasWorkspace(one);
  return !mine.some((workspace) => theirs.includes(workspace));
}

/** Else the rows are of the account, and what two credentials see of it cannot be told apart by workspaces. */
function hasWorkspace({ parameters }: SourceConfig): boolean {
  return parameters.workspace !== undefined;
}

function at({ map }: PlacedSource, key: string): Position {
  return map.entries.get(key)?.value.at ?? map.at;
}
