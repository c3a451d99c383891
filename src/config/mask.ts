import * as z from 'zod';
import { parseFieldPath } from '../core/json-path.ts';
import { choice, type Format, type JsonSchema, listOf, scalar } from './format.ts';
import { objectSchema } from './object-schema.ts';
import { keyPath } from './path-format.ts';
import type { Report } from './report.ts';
import { apart, mapOf, optional, readShape, required } from './shape.ts';
import type { MaskConfig } from './source-config.ts';
import { suggestion } from './suggest.ts';
import type { TemplateInfo } from './template-info.ts';
import { join, type MapNode, type Node } from './tree.ts';

/** What may be masked in a source, and how its fields are named. */
export interface Maskable {
  /** Of a template; undefined: the fields are named by their paths in the answer. */
  readonly fields: TemplateInfo['fields'] | undefined;
  /** Fields, or paths, that the worker itself needs to see. */
  readonly needed: readonly string[];
}

const field = scalar('a field', { type: 'string' }, (text) => ({ value: text }));

const maskShape = z.strictObject({
  fields: required(listOf('a list of fields', field, 200), 'Which: fields of the row, or paths such as $.user.email.'),
  how: required(choice('a way to mask', ['drop', 'hash', 'redact']), 'Left out, a keyed hash, or a fixed text.'),
});

/** The JSON Schema says it once. @internal */
export const maskSchema: JsonSchema = {
  anyOf: [objectSchema(maskShape), { type: 'array', items: objectSchema(maskShape) }],
};

export const maskFields = {
  mask: optional(
    apart('a map with fields and how', { $ref: '#/definitions/mask' }),
    'Personal data that neither topics nor state nor dead letters may have.',
  ),
};

/** @returns undefined where nothing is masked, and where something was reported */
export function readMask(
  map: MapNode,
  path: string,
  maskable: Maskable,
  report: Report,
): readonly MaskConfig[] | undefined {
  const node = map.entries.get('mask')?.value;
  if (node === undefined) return undefined;
  const inner = join(path, 'mask');
  const maps =
    node.kind === 'list' ? node.items.map((item, at) => [item, join(inner, at)] as const) : [[node, inner] as const];
  return maps.flatMap(([each, at]) => readRule(each, at, maskable, report));
}

function readRule(node: Node, path: string, maskable: Maskable, report: Report): readonly MaskConfig[] {
  const map = mapOf(node, path, 'Write fields: [description], how: redact.', report);
  const given = map === undefined ? undefined : readShape(maskShape, map, path, report);
  if (map === undefined || given === undefined) return [];
  const place = map.entries.get('fields')?.value ?? map;
  return given.fields.flatMap((name) => {
    const resolved = pathOf(name, given.how, maskable);
    if ('path' in resolved) return [{ ...resolved, how: given.how }];
    report.problem(place.at, join(path, 'fields'), resolved.message, resolved.hint);
    return [];
  });
}

type Resolved = { readonly path: readonly string[] } | { readonly message: string; readonly hint: string };

function pathOf(name: string, how: MaskConfig['how'], { fields, needed }: Maskable): Resolved {
  const shown = JSON.stringify(name.slice(0, 60));
  if (needed.includes(name)) {
    return {
      message: `${shown} cannot be masked`,
      hint: 'The worker goes by it: it is part of the key, or the start.',
    };
  }
  if (fields === undefined) return fieldPathOf(name, shown);
  const found = fields.find((each) => each.field === name);
  if (found?.path === undefined) {
    return {
      message: `${shown} is not a field`,
      hint: suggestion(
        name,
        fields.map((each) => each.field),
      ),
    };
  }
  if (how === 'drop' || found.type === 'string') return { path: found.path };
  return { message: `${shown} is no text, so that ${how} does not fit it`, hint: 'Take how: drop.' };
}

function fieldPathOf(name: string, shown: string): Resolved {
  const { refusal } = (keyPath as Format<string>).read(name);
  if (refusal !== undefined) return { message: `${shown}: ${refusal.message}`, hint: refusal.hint };
  return { path: parseFieldPath(name).map(String) };
}
