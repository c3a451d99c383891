import { parseText, type Segment, splitName } from '../core/request-text.ts';
import { TextFault } from '../core/request-text-fault.ts';
import type { Report } from './report.ts';
import { nearest } from './suggest.ts';
import { type Node, type Position, placeIn, type TextNode } from './tree.ts';

/** What a slice may be bound to, outermost first: those that discovery lists. */
export const PARAMETERS = ['workspace', 'user', 'project'] as const;

/** `{user_id}` and `{user}` are the same. */
const PARAMETER_NAMES = PARAMETERS.flatMap((name) => [`${name}_id`, name]);

/** What placeholders of one step may name, and what they have named. */
export interface Scope {
  readonly parameters: readonly string[];
  /** Names of earlier steps. */
  readonly steps: readonly string[];
  readonly laterSteps: readonly string[];
  /** Heads that were used. */
  readonly used: Set<string>;
}

/** Reports what is wrong with the placeholders of a text, each where it stands. */
export function checkText(node: TextNode, path: string, scope: Scope, report: Report, part?: Part): void {
  const { text, offset } = part ?? { text: node.text, offset: 0 };
  const at = (position: number) => placeIn(node, position + offset);
  const segments = read(() => parseText(text), node, path, report, at);
  if (segments !== undefined) checkSegments(segments, node, path, scope, report, at);
}

/** A piece of a text, with the number of characters before it. */
export interface Part {
  readonly text: string;
  readonly offset: number;
}

/** @param node where the text is from: of a reference nothing is shown */
export function checkSegments(
  segments: readonly Segment[],
  node: TextNode,
  path: string,
  scope: Scope,
  report: Report,
  at: (position: number) => Position,
): void {
  for (const segment of segments) {
    if (segment.kind !== 'value') continue;
    const { head, path: below } = splitName(segment.name);
    const fault = faultOf(node.fromReference ? '' : head, head, below.length, scope);
    if (fault === undefined) scope.used.add(head);
    else report.problem(at(segment.position), path, ...fault);
  }
}

function faultOf(shown: string, head: string, depth: number, scope: Scope): [string, string] | undefined {
  const parameters = scope.parameters.flatMap((name) => [`${name}_id`, name]);
  const isParameter = parameters.includes(head);
  if (isParameter && depth === 0) return undefined;
  if (isParameter) return [`{${head}} is an id and has nothing below it`, `Write {${head}}.`];
  if (isStep(head, scope)) {
    return depth > 0 ? undefined : [`{${head}} names a step, not a field`, `Write the path of a field: {${head}.id}.`];
  }
  if (scope.laterSteps.includes(head)) {
    return [`{${head}} names no earlier step`, 'A step uses those before it: change their order.'];
  }
  const steps = scope.steps.filter((name) => name !== '').map((name) => `${name}.id`);
  const near = nearest(head, [...parameters, ...scope.steps]);
  const known = [...scope.parameters.map((name) => `${name}_id`), ...steps, 'now', 'now-1'];
  const guess = near === undefined ? '' : `Did you mean {${near}}? `;
  return [
    shown === '' ? 'a placeholder names nothing' : `{${shown.slice(0, 60)}} names nothing`,
    `${guess}There are ${known.map((name) => `{${name}}`).join(', ')}.`,
  ];
}

/** By its name, as `item` the one before, or as `step1` by its place. */
function isStep(head: string, { steps }: Scope): boolean {
  if (steps.includes(head)) return true;
  const place = Number(/^step([1-9]\d?)$/.exec(head)?.[1] ?? 0);
  return head === 'item' ? steps.length > 0 : place >= 1 && place <= steps.length;
}

/** Words that a step cannot be called by, since they already mean something. */
export function isTaken(name: string): boolean {
  return ['now', 'item', ...PARAMETER_NAMES].includes(name) || /^step\d+$/.test(name);
}

/** Runs a reader of core; what it says is reported where it stands in the text. */
export function read<T>(
  reader: () => T,
  node: Node,
  path: string,
  report: Report,
  at: (position: number) => Position,
): T | undefined {
  try {
    return reader();
  } catch (thrown) {
    if (!(thrown instanceof TextFault)) throw thrown;
    const isHidden = node.kind === 'text' && node.fromReference;
    const message = isHidden ? 'the reference does not give what is wanted' : thrown.message;
    report.problem(at(thrown.position), path, message, thrown.hint ?? '');
    return undefined;
  }
}
