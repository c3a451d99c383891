import { ApiError, type Handler } from './answer.ts';

export interface Route {
  /** Segments in braces are parameters: `/workspaces/{workspaceId}/users`. */
  readonly path: string;
  /** By method; a path that is there for methods the simulator does not answer names none. */
  readonly handlers: Readonly<Record<string, Handler>>;
  /** What `Allow` says where it is not the methods of `handlers`. */
  readonly allow?: readonly string[];
  /** Reports may have a rate limit of their own. */
  readonly isReport?: true;
}

/** A host of the API by the path its base URL has, with all that it answers. */
export interface Surface {
  readonly prefix: string;
  readonly routes: readonly Route[];
}

export interface Found {
  readonly route: Route | undefined;
  /** For the log: the prefix and the path with its parameters' names. */
  readonly template: string;
  readonly params: Readonly<Record<string, string>>;
}

export type Router = (path: string) => Found;

interface Compiled {
  readonly route: Route;
  readonly template: string;
  readonly pattern: RegExp;
}

export function createRouter(surfaces: readonly Surface[]): Router {
  const compiled = surfaces.flatMap(({ prefix, routes }) => routes.map((route) => compile(prefix, route)));
  return (path) => {
    for (const { route, template, pattern } of compiled) {
      const match = pattern.exec(path);
      if (match !== null) return { route, template, params: { ...match.groups } };
    }
    return { route: undefined, template: path.replaceAll(/[0-9a-f]{24}/g, '{id}'), params: {} };
  };
}

/** @throws {ApiError} 404 for an unknown path, 405 with `Allow` for a known one */
export function handlerOf({ route }: Found, method: string, path: string): Handler {
  if (route === undefined) throw new ApiError(404, 3000, `No static resource ${path.replace(/^\/(api\/)?/, '')}.`);
  const handler = Object.hasOwn(route.handlers, method) ? route.handlers[method] : undefined;
  if (handler !== undefined) return handler;
  const allow = (route.allow ?? Object.keys(route.handlers)).join(', ');
  throw new ApiError(405, 3000, `Request method '${method}' is not supported`, { allow });
}

function compile(prefix: string, route: Route): Compiled {
  const template = prefix + route.path;
  const pattern = template.replaceAll('.', '\\.').replaceAll(/\{(\w+)\}/g, '(?<$1>[^/]+)');
  return { route, template, pattern: new RegExp(`^${pattern}$`) };
}
