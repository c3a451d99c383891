import { parseFieldPath } from '../../core/json-path.ts';
import { parseBody } from '../../core/request-text.ts';
import { attempt, type Fault, fault } from './problem.ts';
import type { Paging, StepDefinition } from './step.ts';

/** What is wrong with the paging of a step. */
export function pagingFaults({ method, body, paging }: StepDefinition): readonly Fault[] {
  return [...sizeFaults(paging), ...numberFaults(paging), ...pathFaults(paging), ...placeFaults(paging, method, body)];
}

function sizeFaults(paging: Paging): readonly Fault[] {
  if (paging.type !== 'page' || (paging.size === undefined) === (paging.sizeParameter === undefined)) return [];
  return [fault('paging.size', 'size and size_parameter are set together', 'Set both, or leave both out.')];
}

type Limit = readonly [field: string, value: number | undefined, least: number];

function numberFaults(paging: Paging): readonly Fault[] {
  return limitsOf(paging).flatMap(([field, value, least]) => {
    if (value === undefined || (Number.isSafeInteger(value) && value >= least)) return [];
    return [fault(`paging.${field}`, 'this is no whole number of the right size', `It is ${least} at least.`)];
  });
}

function limitsOf(paging: Paging): readonly Limit[] {
  if (paging.type === 'offset') return [['limit', paging.limit, 1]];
  if (paging.type !== 'page') return [];
  return [
    ['size', paging.size, 1],
    ['first_page', paging.firstPage, 0],
    ['expected_rows', paging.expectedRows, 1],
  ];
}

function pathFaults(paging: Paging): readonly Fault[] {
  if (paging.type !== 'next-token' && paging.type !== 'next-url') return [];
  return attempt('paging.path', () => parseFieldPath(paging.path));
}

type Named = readonly [field: string, parameter: string | undefined];

function parametersOf(paging: Paging): readonly Named[] {
  if (paging.type === 'offset')
    return [
      ['parameter', paging.parameter],
      ['limit_parameter', paging.limitParameter],
    ];
  if (paging.type === 'next-token') return [['parameter', paging.parameter]];
  if (paging.type !== 'page') return [];
  return [
    ['parameter', paging.parameter],
    ['size_parameter', paging.sizeParameter],
  ];
}

function placeFaults(paging: Paging, method: StepDefinition['method'], body: unknown): readonly Fault[] {
  const named = parametersOf(paging);
  const unnamed = named.filter(([, parameter]) => parameter === '');
  if (unnamed.length > 0)
    return unnamed.map(([field]) => fault(`paging.${field}`, 'the name is empty', 'Name the parameter.'));
  if (!('in' in paging) || paging.in === 'query') return [];
  if (method === 'GET')
    return [fault('paging.in', 'a GET has no body to page in', 'Choose method POST, or in: query.')];
  return named.flatMap(([field, parameter]) => {
    const wrong = parameter === undefined ? undefined : bodyPathFault(body, parameter.split('.'));
    return wrong === undefined
      ? []
      : [fault(`paging.${field}`, wrong, 'It is a dotted path in the body: filter.page.')];
  });
}

/** The path may make new members, but not replace what is no object on its way. */
function bodyPathFault(body: unknown, path: readonly string[]): string | undefined {
  if (path.includes('')) return 'a name in the path is empty';
  let template = body === undefined ? undefined : readable(body);
  for (const name of path) {
    if (template === undefined) return undefined;
    if (template.kind !== 'map') return 'the body has no object there';
    template = template.entries.find(([each]) => each === name)?.[1];
  }
  return template?.kind === 'map' || template?.kind === 'list' ? 'the body has an object or a list there' : undefined;
}

/** Undefined for what is told as a problem of the body. */
function readable(body: unknown): ReturnType<typeof parseBody> | undefined {
  let template: ReturnType<typeof parseBody> | undefined;
  attempt('body', () => {
    template = parseBody(body);
  });
  return template;
}
