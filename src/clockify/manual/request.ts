import { WorkerError } from '../../core/errors.ts';
import {
  type BodyTemplate,
  namesIn,
  parseBody,
  parseText,
  renderBody,
  renderText,
  type Segment,
  segmentsIn,
  type Values,
} from '../../core/request-text.ts';
import { TextFault } from '../../core/request-text-fault.ts';
import { compileDateFormat, EPOCH_FORMATS, shiftNow } from '../macros.ts';
import { isHeaderValue } from './headers.ts';
import { type Bound, compileName, knownNames, type Scope, textOf } from './names.ts';
import type { StepDefinition } from './step.ts';

/** A request before paging has put its parameters in. */
export interface Draft {
  readonly url: URL;
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  /** JSON, undefined for none. */
  readonly body: unknown;
}

/** @throws {WorkerError} config `request.no_value`, `request.bad_value`, `macro.out_of_range` */
export type DraftMaker = (bound: Bound, nowMs: number) => Draft;

type Placeholder = Exclude<Segment, { kind: 'text' }>;

/** Reads a step's texts once. Errors as `checkSteps` tells them. */
export function compileRequest(step: StepDefinition, scope: Scope): DraftMaker {
  const label = `step ${step.name}`;
  const url = compileUrl(step.url, label);
  const headers = Object.entries(step.headers).map(([name, value]) => [name.toLowerCase(), parseText(value)] as const);
  const body = step.body === undefined ? undefined : parseBody(step.body);
  const texts = [parseText(step.url), ...headers.map(([, segments]) => segments)];
  const valuesOf = compileValues(step, scope, [...texts, ...bodyTexts(body)]);
  const write = (value: unknown, segment: Placeholder) => textOf(value, label, nameOf(segment));
  return (bound, nowMs) => {
    const values = valuesOf(bound, nowMs);
    return {
      url: url(values),
      headers: Object.fromEntries(
        headers.map(([name, text]) => [name, headerText(renderText(text, values, write), label)]),
      ),
      body: body === undefined ? undefined : renderBody(body, values, write),
    };
  };
}

function bodyTexts(body: BodyTemplate | undefined): readonly (readonly Segment[])[] {
  return body === undefined ? [] : segmentsIn(body).map(([, segments]) => segments);
}

/** @throws {WorkerError} config `placeholder.unknown`, with the position and the names that exist; `path.invalid` */
export function checkNames(segments: readonly Segment[], scope: Scope): void {
  for (const segment of segments) {
    if (segment.kind !== 'value' || compileName(segment.name, scope) !== undefined) continue;
    const what = `the placeholder {${segment.name}} means nothing here`;
    throw new TextFault('placeholder.unknown', what, segment.position, knownNames(scope));
  }
}

function compileValues(
  { time }: StepDefinition,
  scope: Scope,
  texts: readonly (readonly Segment[])[],
): (bound: Bound, nowMs: number) => Values {
  const readers = new Map<string, (bound: Bound) => unknown>();
  for (const segments of texts) {
    checkNames(segments, scope);
    for (const name of namesIn(segments)) readers.set(name, compileName(name, scope) ?? (() => undefined));
  }
  const format = compileDateFormat(time.format, time.zone);
  const number = EPOCH_FORMATS.some((each) => each === time.format);
  return (bound, nowMs) => ({
    value: (name) => readers.get(name)?.(bound),
    now: (offset) => {
      const text = format(shiftNow(nowMs, offset, time.unit, time.zone));
      return number ? Number(text) : text;
    },
  });
}

/** Values are encoded where they stand. In the path, what is empty or dots would make it another path. */
function compileUrl(text: string, label: string): (values: Values) => URL {
  const segments = parseText(text);
  const query = text.indexOf('?');
  const write = (value: unknown, segment: Placeholder): string => {
    const written = textOf(value, label, nameOf(segment));
    const inPath = query === -1 || segment.position <= query;
    if (inPath && /^\.*$/.test(written)) throw badValue(`{${nameOf(segment)}} is empty or dots in the path`, label);
    return encodeURIComponent(written);
  };
  return (values) => {
    const url = URL.parse(renderText(segments, values, write));
    if (url === null) throw badValue('the URL cannot be read', label);
    return url;
  };
}

function headerText(value: string, label: string): string {
  if (isHeaderValue(value)) return value;
  throw badValue('a value in a header has signs it cannot have', label);
}

function nameOf(segment: Placeholder): string {
  return segment.kind === 'now' ? 'now' : segment.name;
}

function badValue(what: string, label: string): WorkerError {
  return new WorkerError('config', 'request.bad_value', `${what} (${label})`);
}
