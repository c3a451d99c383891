import { checkDataPath, parseFieldPath } from '../../core/json-path.ts';
import { parseBody, parseText, type Segment, segmentsIn } from '../../core/request-text.ts';
import { TextFault } from '../../core/request-text-fault.ts';
import { compileDateFormat, shiftNow } from '../macros.ts';
import { pagingFaults } from './check-paging.ts';
import { headerFault } from './headers.ts';
import { knownNames, type Scope } from './names.ts';
import { attempt, type Fault, fault, type StepProblem } from './problem.ts';
import { checkNames } from './request.ts';
import type { StepDefinition } from './step.ts';

/**
 * Every problem of every step, in the order of the steps; none means that `createManualEndpoint` takes them.
 *
 * @param parameterNames what a slice binds, as in `ManualEndpointOptions.params`
 */
export function checkSteps(
  steps: readonly StepDefinition[],
  parameterNames: readonly string[],
): readonly StepProblem[] {
  if (steps.length === 0) {
    return [{ step: '', ...fault('steps', 'there is no step', 'A manual endpoint has one step at least.') }];
  }
  const names = steps.map(({ name }) => name);
  return steps.flatMap((step, index) => {
    const scope: Scope = { parameters: parameterNames, earlier: names.slice(0, index) };
    const faults = [
      ...nameFaults(step.name, scope),
      ...urlFaults(step, scope),
      ...headerFaults(step, scope),
      ...bodyFaults(step, scope),
      ...attempt('data_path', () => checkDataPath(step.dataPath)),
      ...attempt('metadata_path', () => step.metadataPath !== undefined && parseFieldPath(step.metadataPath)),
      ...attempt('date_format', () => compileDateFormat(step.time.format, 'UTC')),
      ...attempt('time_zone', () => shiftNow(0, 0, 'day', step.time.zone)),
      ...pagingFaults(step),
    ];
    return faults.map((each) => ({ step: step.name, ...each }));
  });
}

function nameFaults(name: string, { earlier }: Scope): readonly Fault[] {
  if (!/^[\p{L}_][\p{L}\p{N}_-]*$/u.test(name)) {
    return [fault('name', 'the name of a step has signs it cannot have', 'Letters, digits, - and _, a letter first.')];
  }
  if (name === 'item' || name === 'now')
    return [fault('name', `a step cannot be called ${name}`, 'That is a placeholder.')];
  return earlier.includes(name)
    ? [fault('name', 'two steps have one name', 'Placeholders name steps: choose another.')]
    : [];
}

function urlFaults({ url, time }: StepDefinition, scope: Scope): readonly Fault[] {
  return attempt('url', () => {
    const segments = parseText(url);
    checkAddress(url, segments);
    checkNames(segments, scope);
    checkBraces(url, segments, scope);
    checkTimes(segments, time);
  });
}

/** The host is fixed: a key goes to hosts that the configuration names, and never to one that an answer gives. */
function checkAddress(url: string, segments: readonly Segment[]): void {
  const origin = /^https?:\/\/[^/?#\s]+/i.exec(url)?.[0];
  if (origin === undefined) throw badUrl('the URL is not whole', 1, 'Write https://host/path.');
  const early = segments.find((segment) => segment.kind !== 'text' && segment.position <= origin.length);
  if (early !== undefined && early.kind !== 'text') {
    throw badUrl('a placeholder stands before the path', early.position, 'Protocol and host are written out.');
  }
  if (!URL.canParse(origin)) throw badUrl('the host cannot be read', 1, 'Write https://host/path.');
  const { username, password } = new URL(origin);
  if (username !== '' || password !== '')
    throw badUrl('user information stands in the URL', 1, 'The key is of the credential.');
}

function checkBraces(url: string, segments: readonly Segment[], scope: Scope): void {
  for (const [index, segment] of segments.entries()) {
    if (segment.kind !== 'text') continue;
    const next = segments[index + 1];
    const end = next === undefined || next.kind === 'text' ? url.length : next.position - 1;
    const brace = segment.text.search(/[{}]/);
    const position = end - segment.text.length + brace + 1;
    if (brace !== -1) throw badUrl('a brace begins or ends no placeholder', position, knownNames(scope));
  }
}

function checkTimes(segments: readonly Segment[], { unit }: StepDefinition['time']): void {
  for (const segment of segments) if (segment.kind === 'now') shiftNow(SOME_TIME_MS, segment.offset, unit, 'UTC');
}

/** Any time will do to see that an offset is none that leaves the calendar. */
const SOME_TIME_MS = Date.UTC(2100, 0);

function badUrl(what: string, position: number, hint: string): TextFault {
  return new TextFault('url.invalid', what, position, hint);
}

function headerFaults({ headers, time }: StepDefinition, scope: Scope): readonly Fault[] {
  const names = Object.keys(headers).map((name) => name.toLowerCase());
  return Object.entries(headers).flatMap(([name, value], index) => {
    const field = `headers.${name}`;
    const wrong = headerFault(name, value);
    if (wrong !== undefined) return [fault(field, wrong.message, wrong.hint)];
    if (names.indexOf(name.toLowerCase()) !== index) return [fault(field, 'the header stands twice', 'Leave one out.')];
    return attempt(field, () => checkText(parseText(value), time, scope));
  });
}

function bodyFaults({ method, body, time }: StepDefinition, scope: Scope): readonly Fault[] {
  if (body === undefined) return [];
  if (method === 'GET') return [fault('body', 'a GET has no body', 'Choose method POST, or leave the body out.')];
  let texts: ReturnType<typeof segmentsIn> = [];
  const unread = attempt('body', () => {
    texts = segmentsIn(parseBody(body));
  });
  const faults = texts.flatMap(([path, segments]) =>
    attempt(path === '' ? 'body' : `body.${path}`, () => checkText(segments, time, scope)),
  );
  return [...unread, ...faults];
}

function checkText(segments: readonly Segment[], time: StepDefinition['time'], scope: Scope): void {
  checkNames(segments, scope);
  checkTimes(segments, time);
}
