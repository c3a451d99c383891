import * as z from 'zod';
import { accept, type Format, type JsonSchema, type Refusal, refuse } from './format.ts';
import type { Report } from './report.ts';
import { suggestion } from './suggest.ts';
import { join, kindOf, locate, type MapNode, type Node, placeIn, plain, some } from './tree.ts';

/** What a refused value leaves in zod's issue, beside its message. */
interface Params {
  readonly hint: string;
  readonly what: string;
  readonly position: number | undefined;
}

/** A required key of a zod object that is read by a format. Its JSON Schema is the format's. */
export function required<T>(format: Format<T>, about: string): z.ZodPipe<z.ZodUnknown, z.ZodTransform<T, unknown>> {
  const field = z.unknown().transform((value, context): T => {
    const { value: read, refusal } = format.read(value);
    if (refusal === undefined) return read as T;
    context.addIssue(issueOf(refusal, format.what));
    return z.NEVER;
  });
  return field.meta({ ...format.schema, description: about });
}

export function optional<T>(format: Format<T>, about: string, fallback?: string) {
  const field = required(format, about);
  return (fallback === undefined ? field : field.meta({ ...field.meta(), default: fallback })).optional();
}

/** A key whose value is read apart, by its node: here it only has to be there. */
export function apart(what: string, schema: JsonSchema): Format<unknown> {
  return {
    what,
    schema,
    read: (value) => (value === undefined ? refuse('is missing', `Give ${what}.`) : accept(value)),
  };
}

function issueOf({ message, hint, index, position }: Refusal, what: string) {
  const params: Params = { hint, what, position };
  return { code: 'custom' as const, message, params, path: index === undefined ? [] : [index] };
}

/**
 * Checks a map of the file against its shape, and reports every fault at its own line.
 *
 * @returns undefined where something was reported
 */
export function readShape<T>(shape: z.ZodType<T>, node: MapNode, path: string, report: Report): T | undefined {
  const { data, error } = shape.safeParse(plain(node));
  for (const issue of error?.issues ?? []) {
    if (issue.code === 'unrecognized_keys') reportKeys(issue.keys, keysOf(shape), node, path, report);
    else reportIssue(issue, node, path, report);
  }
  return data;
}

function reportKeys(keys: readonly string[], known: readonly string[], node: MapNode, path: string, report: Report) {
  for (const key of keys) {
    const at = node.entries.get(key)?.keyAt ?? node.at;
    report.problem(at, join(path, key), 'is not a known key', suggestion(key, known));
  }
}

function keysOf(shape: z.ZodType): string[] {
  return shape instanceof z.ZodObject ? Object.keys(shape.shape) : [];
}

function reportIssue(issue: z.core.$ZodIssue, root: MapNode, path: string, report: Report): void {
  const node = locate(root, issue.path);
  if (node !== root && some(node, ({ failed }) => failed)) return;
  const params = (issue.code === 'custom' ? issue.params : undefined) as Params | undefined;
  const isHidden = node !== root && some(node, ({ fromReference }) => fromReference);
  const message = isHidden ? `the reference does not give ${params?.what ?? 'what is wanted'}` : issue.message;
  const isPlaced = node.kind === 'text' && params?.position !== undefined;
  const at = isPlaced ? placeIn(node, params.position ?? 1) : node.at;
  report.problem(at, issue.path.reduce(join, path), message, params?.hint ?? '');
}

/** The map under a key, or a report of what is there instead. */
export function mapOf(node: Node, path: string, hint: string, report: Report): MapNode | undefined {
  if (node.kind === 'map') return node;
  if (node.kind === 'text' && node.failed) return undefined;
  const found = node.kind === 'text' && node.text === '' ? 'empty' : kindOf(node);
  report.problem(node.at, path, `is ${found} and should be a map`, hint);
  return undefined;
}
