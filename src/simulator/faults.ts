import { createRandom } from './random.ts';

/** What goes wrong with a request. */
export type FaultAction =
  /** Any status, with the usual error body, an empty one, or the HTML page of a proxy. */
  | {
      readonly kind: 'status';
      readonly status: number;
      readonly code?: number;
      readonly message?: string;
      readonly body?: 'json' | 'empty' | 'html';
      readonly retryAfterSeconds?: number;
    }
  /** Nothing is sent, not even headers, for so long; then the true answer. */
  | { readonly kind: 'delay'; readonly ms: number }
  /** The true answer, its body in pieces over so long. */
  | { readonly kind: 'slowBody'; readonly ms: number }
  /** The connection ends in the middle of the body, by default at its half. */
  | { readonly kind: 'cut'; readonly afterBytes?: number }
  /** A proxy's error page with a status of its own, by default 502. */
  | { readonly kind: 'html'; readonly status?: number }
  /** A lie: 200, no rows, last page. */
  | { readonly kind: 'emptyList' }
  /** The first rows of the page stand in it twice, by default one. */
  | { readonly kind: 'duplicateRows'; readonly count?: number }
  /** What this request answered the last time, if it was asked before. */
  | { readonly kind: 'stalePage' }
  /** The clock of the server is so much ahead, or behind: its `Date` header, and what it takes for now. */
  | { readonly kind: 'clockSkew'; readonly ms: number }
  /** The page says not whether it is the last one. */
  | { readonly kind: 'noLastPage' }
  /** To another origin, by default with 302. */
  | { readonly kind: 'redirect'; readonly location: string; readonly status?: number }
  /** The true answer; what `mutation` changes happens before it is sent, and only the next page shows it. */
  | { readonly kind: 'mutate'; readonly mutation: Readonly<Record<string, unknown>> };

export interface FaultRule {
  /** Default: every request of the API. */
  readonly match?: { readonly method?: string; readonly path?: string | RegExp };
  /** Lets so many matching requests pass first. */
  readonly skip?: number;
  /** Then strikes so many; default: for ever. */
  readonly times?: number;
  /** Strikes a matching request with this chance; default 1. */
  readonly probability?: number;
  readonly action: FaultAction;
}

/** The request of a page that is about to be sent. */
interface PageRequest {
  readonly method: string;
  readonly path: string;
  readonly query: URLSearchParams;
  readonly params: Readonly<Record<string, string>>;
}

type PageHook = (request: PageRequest, page: number) => void | Promise<void>;

export interface Faults {
  /** Of several rules that match, the oldest strikes. The path is matched with its query, anywhere in it. */
  add(rule: FaultRule): number;
  remove(id: number): boolean;
  /** Also forgets the hooks. */
  clear(): void;
  list(): readonly { readonly id: number; readonly rule: FaultRule; readonly struck: number }[];
  /** Called when a page of a list is made and before it is sent: what it changes, only the next page shows. */
  onPageServed(hook: PageHook): () => void;
}

export interface FaultEngine extends Faults {
  /** The fault this request meets. */
  strike(method: string, pathAndQuery: string): FaultAction | undefined;
  pageServed(request: PageRequest, page: number): Promise<void>;
}

interface Armed {
  readonly id: number;
  readonly rule: FaultRule;
  readonly path: RegExp | undefined;
  seen: number;
  struck: number;
}

export function createFaults(seed: number): FaultEngine {
  const random = createRandom(seed ^ 0x00fa_0175);
  const rules = new Map<number, Armed>();
  const hooks = new Set<PageHook>();
  let lastId = 0;
  return {
    add(rule) {
      lastId += 1;
      const path = rule.match?.path === undefined ? undefined : new RegExp(rule.match.path);
      rules.set(lastId, { id: lastId, rule, path, seen: 0, struck: 0 });
      return lastId;
    },
    remove: (id) => rules.delete(id),
    clear() {
      rules.clear();
      hooks.clear();
    },
    list: () => [...rules.values()].map(({ id, rule, struck }) => ({ id, rule, struck })),
    onPageServed(hook) {
      hooks.add(hook);
      return () => hooks.delete(hook);
    },
    strike(method, pathAndQuery) {
      for (const armed of rules.values()) {
        if (!matches(armed, method, pathAndQuery)) continue;
        armed.seen += 1;
        if (!isDue(armed, () => random.next())) continue;
        armed.struck += 1;
        return armed.rule.action;
      }
      return undefined;
    },
    async pageServed(request, page) {
      for (const hook of hooks) await hook(request, page);
    },
  };
}

function matches({ rule, path }: Armed, method: string, pathAndQuery: string): boolean {
  return (rule.match?.method ?? method) === method && (path === undefined || pathAndQuery.search(path) >= 0);
}

function isDue({ rule, seen, struck }: Armed, draw: () => number): boolean {
  if (seen <= (rule.skip ?? 0)) return false;
  if (struck >= (rule.times ?? Number.POSITIVE_INFINITY)) return false;
  return rule.probability === undefined || draw() < rule.probability;
}
