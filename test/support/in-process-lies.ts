import type { FaultAction } from '../../src/simulator/faults.ts';
import type { Place } from './in-process-worker.ts';

/** A wrong answer of a list, as servers and proxies give it. */
export interface Lie {
  readonly name: string;
  /** From now on, so many times. `list` is the path of a list up to its query, as a regular expression. */
  arm(place: Place, list: string, times: number): { readonly struck: number };
}

const utf8 = new TextEncoder();

/** Every list of these tests has three pages of three rows, but for the one that is never paged. */
export const LIES_OF_PAGED_LISTS: readonly Lie[] = [
  fault('an empty list with 200', 1, { kind: 'emptyList' }),
  fault('an empty second page that says it is the last', 2, { kind: 'emptyList' }),
  emptyMiddle(),
  repeatedPage(),
  fault('a stale page', 1, { kind: 'stalePage' }),
  fault('rows twice in a page', 1, { kind: 'duplicateRows', count: 2 }),
  ...[401, 403, 404, 500].map((status) => fault(`a ${status} on the first page`, 1, { kind: 'status', status })),
  ...[401, 403, 404, 500].map((status) => fault(`a ${status} in the middle`, 2, { kind: 'status', status })),
  fault("a proxy's page with 502", 2, { kind: 'html', status: 502 }),
  fault("a proxy's page with 200", 2, { kind: 'html', status: 200 }),
  fault('a body that breaks off', 2, { kind: 'cut' }),
  fault('a redirect', 2, { kind: 'redirect', location: 'http://127.0.0.1:9/elsewhere' }),
  noList(2),
];

export const LIES_OF_WHOLE_LISTS: readonly Lie[] = [
  fault('an empty list with 200', undefined, { kind: 'emptyList' }),
  ...[401, 403, 404, 500].map((status) => fault(`a ${status}`, undefined, { kind: 'status', status })),
  fault("a proxy's page with 502", undefined, { kind: 'html', status: 502 }),
  fault("a proxy's page with 200", undefined, { kind: 'html', status: 200 }),
  fault('a body that breaks off', undefined, { kind: 'cut' }),
  fault('a stale answer', undefined, { kind: 'stalePage' }),
  fault('rows twice', undefined, { kind: 'duplicateRows', count: 1 }),
  noList(undefined),
];

/** What a read by id may answer without having said that the entity is gone. */
export const SILENT_WITNESSES: readonly { readonly name: string; readonly action: FaultAction }[] = [
  { name: 'a 403', action: { kind: 'status', status: 403 } },
  { name: 'a 401', action: { kind: 'status', status: 401 } },
  { name: 'a 404', action: { kind: 'status', status: 404 } },
  { name: 'a 400 of another code', action: { kind: 'status', status: 400, code: 3000 } },
  { name: 'a 400 without a body', action: { kind: 'status', status: 400, body: 'empty' } },
  { name: 'a 500', action: { kind: 'status', status: 500 } },
  { name: "a proxy's page with 200", action: { kind: 'html', status: 200 } },
  { name: "a proxy's page with 400", action: { kind: 'html', status: 400 } },
  { name: 'an empty list with 200', action: { kind: 'emptyList' } },
  { name: 'a redirect', action: { kind: 'redirect', location: 'http://127.0.0.1:9/elsewhere' } },
];

/** The page size tells a source from the discovery, which reads the same lists. */
function pageOf(list: string, page: number | undefined): string {
  return page === undefined ? `${list}$` : `${list}\\?.*page=${page}&page-size=3$`;
}

function fault(name: string, page: number | undefined, action: FaultAction): Lie {
  return {
    name,
    arm({ simulator: { faults } }, list, times) {
      const id = faults.add({ match: { path: pageOf(list, page) }, times, action });
      return {
        get struck() {
          return faults.list().find((rule) => rule.id === id)?.struck ?? 0;
        },
      };
    },
  };
}

function emptyMiddle(): Lie {
  return {
    name: 'an empty page in the middle that says more follows',
    arm: (place, list, times) =>
      place.tamper(
        new RegExp(pageOf(list, 2)),
        (answer) => ({ ...answer, body: utf8.encode('[]'), lastPage: false }),
        times,
      ),
  };
}

/** The rows of the second page are nowhere, those of the first twice: as a cache does that leaves out the query. */
function repeatedPage(): Lie {
  return {
    name: 'a page lost in the middle, with another one in its place',
    arm(place, list, times) {
      let first: Uint8Array | undefined;
      place.tamper(new RegExp(pageOf(list, 1)), (answer) => {
        first = answer.body;
        return undefined;
      });
      return place.tamper(
        new RegExp(pageOf(list, 2)),
        (answer) => (first === undefined ? undefined : { ...answer, body: first }),
        times,
      );
    },
  };
}

function noList(page: number | undefined): Lie {
  return {
    name: 'JSON that is no list',
    arm: (place, list, times) =>
      place.tamper(
        page === undefined ? new RegExp(`${list}\\?$`) : new RegExp(pageOf(list, page)),
        (answer) => ({ ...answer, body: utf8.encode('{"message":"try later"}') }),
        times,
      ),
  };
}
