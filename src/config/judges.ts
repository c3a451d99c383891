import type { Report } from './report.ts';
import type { ReportConfig, StepConfig } from './source-config.ts';
import type { CheckDateFormat } from './times.ts';
import { join, locate, type MapNode, type Node, placeIn, some } from './tree.ts';

/** What is wrong with a step, as those who make the request see it. */
export interface StepFault {
  /** Name of the step. */
  readonly step: string;
  /** `url`, `headers.x-trace`, `body.filter.start`, `paging.path`. */
  readonly field: string;
  /** In the text of the field, from 1. */
  readonly position: number | undefined;
  readonly message: string;
  readonly hint: string;
}

/** Those who will use what is configured: they are asked at the start, so that nothing wrong is found later. */
export interface Judges {
  readonly checkDateFormat: CheckDateFormat;
  readonly checkSteps: (steps: readonly StepConfig[], parameters: readonly string[]) => readonly StepFault[];
  /** Undefined: nothing is wrong. */
  readonly checkReport: (
    kind: 'detailed' | 'summary',
    report: ReportConfig,
    parameters: readonly string[],
  ) => { readonly message: string; readonly hint: string } | undefined;
}

export const LENIENT: Judges = {
  checkDateFormat: () => undefined,
  checkSteps: () => [],
  checkReport: () => undefined,
};

/** Tells each fault where its field stands, as far as the file has it. */
export function reportStepFaults(
  faults: readonly StepFault[],
  steps: readonly StepConfig[],
  map: MapNode,
  path: string,
  report: Report,
): void {
  const isSingle = map.entries.has('endpoint');
  for (const { step, field, position, message, hint } of faults) {
    const index = Math.max(
      0,
      steps.findIndex(({ name }) => name === step),
    );
    const start = isSingle ? ['endpoint'] : ['steps', index];
    const place = [...start, ...field.split('.')];
    const node = locate(map, place);
    const isHidden = some(node, ({ fromReference }) => fromReference);
    const shown = isHidden ? 'the reference does not give what is wanted' : message;
    const inner = isHidden ? [...start, field.split('.')[0] ?? ''] : place;
    const url = field === 'url' ? steps[index]?.url : undefined;
    report.problem(positionIn(node, position, url), inner.reduce<string>(join, path), shown, hint);
  }
}

/** A URL was made absolute: what was put before it counts for nothing. */
function positionIn(node: Node, position: number | undefined, url: string | undefined) {
  if (node.kind !== 'text' || position === undefined) return node.at;
  const added = url === undefined ? 0 : url.length - node.text.length;
  return placeIn(node, Math.max(1, position - added));
}
