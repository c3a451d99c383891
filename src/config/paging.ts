import * as z from 'zod';
import { choice, type Format, integer, matching } from './format.ts';
import { objectSchema } from './object-schema.ts';
import { fieldPath } from './path-format.ts';
import type { Report } from './report.ts';
import { mapOf, optional, readShape, required } from './shape.ts';
import type { Paging } from './source-config.ts';
import { join, type MapNode, type Node } from './tree.ts';

const parameter = matching(
  'the name of a parameter',
  /^[A-Za-z_$][\w.$[\]-]{0,127}$/,
  'As in the address, or, in a body, names with dots between: detailedFilter.page.',
);

const headerName = matching('the name of a header', /^[A-Za-z][A-Za-z0-9-]{0,127}$/, 'Such as last-page.');

const place = choice('query or body', ['query', 'body']);

function typed<const T extends string>(type: T) {
  return { type: required(choice('a kind of paging', [type]), 'How the next page is found.') };
}

/** Where a parameter of paging stands. */
const inField = { in: optional(place, 'Where the parameters stand.', 'query') };

const SHAPES = {
  none: z.strictObject(typed('none')),
  page: z.strictObject({
    ...typed('page'),
    parameter: optional(parameter, 'Of the number of the page.', 'page'),
    size_parameter: optional(parameter, 'Of the size; page-size where there is a size.'),
    size: optional(integer(1, 100_000), 'Rows asked for. Left out, none are named.'),
    first_page: optional(integer(0, 1_000_000), 'Number of the first page.', '1'),
    last_page_header: optional(headerName, 'Says true on the last page: last-page.'),
    expected_rows: optional(integer(1, 100_000), 'A page with fewer is the last one. Left out, an empty one is.'),
    ...inField,
  }),
  offset: z.strictObject({
    ...typed('offset'),
    parameter: optional(parameter, 'Of the number of rows to leave out.', 'offset'),
    limit_parameter: optional(parameter, 'Of the number of rows wanted.', 'limit'),
    limit: required(integer(1, 100_000), 'Rows wanted.'),
    ...inField,
  }),
  'next-token': z.strictObject({
    ...typed('next-token'),
    path: required(fieldPath, 'Where the answer has the token.'),
    parameter: required(parameter, 'Of the token.'),
    ...inField,
  }),
  'next-url': z.strictObject({ ...typed('next-url'), path: required(fieldPath, 'Where the answer has the address.') }),
  'link-header': z.strictObject(typed('link-header')),
} as const;

const TYPES = Object.keys(SHAPES) as (keyof typeof SHAPES)[];
const anyType = z.looseObject({ type: required(choice('a kind of paging', TYPES), '') });

/** Of the kinds that need nothing more, the name alone will do. */
export const pagingFormat: Pick<Format<unknown>, 'what' | 'schema'> = {
  what: 'a map with the type of paging',
  schema: { anyOf: [{ enum: ['none', 'page', 'link-header'] }, ...TYPES.map((type) => objectSchema(SHAPES[type]))] },
};

/** @returns undefined where something was reported */
export function readPaging(node: Node | undefined, path: string, report: Report): Paging | undefined {
  if (node === undefined) return { type: 'none' };
  const map = asMap(node, path, report);
  const type = map === undefined ? undefined : readShape(anyType, map, path, report)?.type;
  return map === undefined || type === undefined ? undefined : readType(type, map, path, report);
}

function asMap(node: Node, path: string, report: Report): MapNode | undefined {
  if (node.kind !== 'text' || node.text === '') return mapOf(node, path, `Write type: ${TYPES.join(', ')}.`, report);
  return { kind: 'map', at: node.at, entries: new Map([['type', { keyAt: node.at, value: node }]]) };
}

function readType(type: (typeof TYPES)[number], map: MapNode, path: string, report: Report): Paging | undefined {
  switch (type) {
    case 'page':
      return readPage(map, path, report);
    case 'offset': {
      const given = readShape(SHAPES.offset, map, path, report);
      if (given === undefined) return undefined;
      const { parameter = 'offset', limit_parameter: limitParameter = 'limit', limit, in: where = 'query' } = given;
      return { type, parameter, limitParameter, limit, in: where };
    }
    case 'next-token': {
      const given = readShape(SHAPES['next-token'], map, path, report);
      return given === undefined ? undefined : { ...given, type, in: given.in ?? 'query' };
    }
    case 'next-url': {
      const given = readShape(SHAPES['next-url'], map, path, report);
      return given === undefined ? undefined : { type, path: given.path };
    }
    default:
      return readShape<{ type: typeof type }>(SHAPES[type] as never, map, path, report) && { type };
  }
}

function readPage(map: MapNode, path: string, report: Report): Paging | undefined {
  const given = readShape(SHAPES.page, map, path, report);
  if (given === undefined) return undefined;
  const { size, size_parameter: named } = given;
  if (size === undefined && named !== undefined) {
    const at = map.entries.get('size_parameter')?.keyAt ?? map.at;
    report.problem(at, join(path, 'size_parameter'), 'stands without size', 'Say how many rows: size: 50.');
  }
  return {
    type: 'page',
    parameter: given.parameter ?? 'page',
    sizeParameter: size === undefined ? undefined : (named ?? 'page-size'),
    size,
    firstPage: given.first_page ?? 1,
    lastPageHeader: given.last_page_header?.toLowerCase(),
    expectedRows: given.expected_rows,
    in: given.in ?? 'query',
  };
}

/** Names that a request gets beside its own. */
export function parametersOf(paging: Paging): readonly string[] {
  switch (paging.type) {
    case 'page':
      return paging.sizeParameter === undefined ? [paging.parameter] : [paging.parameter, paging.sizeParameter];
    case 'offset':
      return [paging.parameter, paging.limitParameter];
    case 'next-token':
      return [paging.parameter];
    default:
      return [];
  }
}
