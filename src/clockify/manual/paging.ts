import { WorkerError } from '../../core/errors.ts';
import { compileFieldPath, parseFieldPath } from '../../core/json-path.ts';
import type { Draft } from './request.ts';
import type { Paging, ParameterPlace } from './step.ts';

/** Where a listing stands: a page number, an offset, a token, or the whole next URL; undefined at its first page. */
export type Position = number | string | undefined;

/** What an answer shows of the page after it. */
interface Shown {
  readonly headers: Readonly<Record<string, string>>;
  /** Errors of reading come through. */
  readonly json: () => unknown;
  readonly rows: () => number;
}

export interface Pager {
  readonly first: Position;
  place(draft: Draft, position: Position): Draft;
  /** Whether the page is the last one, where that needs no reading. */
  known(headers: Readonly<Record<string, string>>): boolean | undefined;
  /**
   * The page after; undefined where this was the last.
   *
   * @throws {WorkerError} config `paging.bad_next`
   */
  next(position: Position, shown: Shown, url: URL): Position;
}

/** @throws {WorkerError} config `path.invalid` */
export function compilePaging(paging: Paging): Pager {
  switch (paging.type) {
    case 'none':
      return onePage();
    case 'page':
      return byNumber(paging);
    case 'offset':
      return byOffset(paging);
    case 'next-token':
      return byToken(paging);
    case 'next-url': {
      const read = compileFieldPath(parseFieldPath(paging.path));
      return byUrl(({ json }) => read(json()));
    }
    case 'link-header':
      return { ...byUrl(({ headers }) => linkNext(headers.link)), known: ({ link }) => linkNext(link) === undefined };
  }
}

/** One page that says of itself that it is not all: its rows count, but the sweep must not end as if they were all. */
function onePage(): Pager {
  const goesOn = (headers: Readonly<Record<string, string>>) =>
    headers['last-page']?.toLowerCase() === 'false' || linkNext(headers.link) !== undefined;
  return {
    first: undefined,
    place: (draft, position) => {
      if (position === undefined) return draft;
      throw new WorkerError(
        'config',
        'paging.more_follows',
        'the answer says that more pages follow, and paging is none',
        {
          hint: 'Set paging: page with last_page_header: last-page, or link-header.',
        },
      );
    },
    known: (headers) => !goesOn(headers),
    next: (_, { headers }) => (goesOn(headers) ? 'more' : undefined),
  };
}

function byNumber(paging: Extract<Paging, { type: 'page' }>): Pager {
  const { parameter, sizeParameter, size, firstPage, lastPageHeader, expectedRows, in: place } = paging;
  const sizes = sizeParameter === undefined || size === undefined ? [] : [[sizeParameter, size] as const];
  const known = (headers: Readonly<Record<string, string>>) => {
    const said = lastPageHeader === undefined ? undefined : headers[lastPageHeader.toLowerCase()]?.trim().toLowerCase();
    return said === 'true' || said === 'false' ? said === 'true' : undefined;
  };
  return {
    first: firstPage,
    place: (draft, position) => withParameters(draft, place, [[parameter, position as number], ...sizes]),
    known,
    next: (position, { headers, rows }) => {
      const last = known(headers) ?? rows() < (expectedRows ?? 1);
      return last ? undefined : (position as number) + 1;
    },
  };
}

function byOffset({ parameter, limitParameter, limit, in: place }: Extract<Paging, { type: 'offset' }>): Pager {
  return {
    first: 0,
    place: (draft, position) =>
      withParameters(draft, place, [
        [parameter, position as number],
        [limitParameter, limit],
      ]),
    known: () => undefined,
    next: (position, { rows }) => (rows() === 0 ? undefined : (position as number) + rows()),
  };
}

function byToken({ path, parameter, in: place }: Extract<Paging, { type: 'next-token' }>): Pager {
  const read = compileFieldPath(parseFieldPath(path));
  return {
    first: undefined,
    place: (draft, position) =>
      position === undefined ? draft : withParameters(draft, place, [[parameter, position]]),
    known: () => undefined,
    next: (_, { json }) => {
      const token = followed(read(json()));
      if (token === undefined || typeof token === 'string' || typeof token === 'number') return token;
      throw badNext('what stands at the path of the next token is no text and no number');
    },
  };
}

/** The URL passes the list of hosts like every other, in the client. */
function byUrl(find: (shown: Shown) => unknown): Pager {
  return {
    first: undefined,
    place: (draft, position) => (position === undefined ? draft : { ...draft, url: new URL(position) }),
    known: () => undefined,
    next: (_, shown, url) => {
      const found = followed(find(shown));
      if (found === undefined) return undefined;
      if (typeof found === 'string' && URL.canParse(found, url.href)) return new URL(found, url).href;
      throw badNext('what stands as the next URL is none');
    },
  };
}

function followed(value: unknown): unknown {
  return value === undefined || value === null || value === '' || value === false ? undefined : value;
}

function badNext(what: string): WorkerError {
  return new WorkerError('config', 'paging.bad_next', what, { hint: 'Check the path in paging.' });
}

const LINK = /<([^>]*)>((?:\s*;\s*[^\s=;,]+(?:\s*=\s*(?:"[^"]*"|[^\s;,"]*))?)*)/g;

/** RFC 8288: the target of the link whose relations name `next`. */
function linkNext(header: string | undefined): string | undefined {
  for (const [, target, parameters = ''] of (header ?? '').matchAll(LINK)) {
    const relation = /;\s*rel\s*=\s*(?:"([^"]*)"|([^\s;,"]+))/i.exec(parameters);
    if (/(?:^|\s)next(?:\s|$)/i.test(relation?.[1] ?? relation?.[2] ?? '')) return target;
  }
  return undefined;
}

type Parameter = readonly [name: string, value: string | number];

function withParameters(draft: Draft, place: ParameterPlace, parameters: readonly Parameter[]): Draft {
  if (place === 'query') return { ...draft, url: parameters.reduce(withQuery, draft.url) };
  const body = parameters.reduce<unknown>(
    (inner, [path, value]) => withMember(inner, path.split('.'), value),
    draft.body,
  );
  return { ...draft, body };
}

/** Replaces the parameter or adds it; what else stands in the query stays as it is written. */
function withQuery(url: URL, [name, value]: Parameter): URL {
  const others = url.search
    .slice(1)
    .split('&')
    .filter((pair) => pair !== '' && !new URLSearchParams(pair).has(name));
  const changed = new URL(url);
  changed.search = [...others, `${encodeURIComponent(name)}=${encodeURIComponent(String(value).toWellFormed())}`].join(
    '&',
  );
  return changed;
}

function withMember(body: unknown, [name = '', ...inner]: readonly string[], value: string | number): unknown {
  const members = isObject(body) ? body : {};
  const own = Object.hasOwn(members, name) ? members[name] : undefined;
  return { ...members, [name]: inner.length === 0 ? value : withMember(own, inner, value) };
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
