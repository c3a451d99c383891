import { readFileSync, statSync } from 'node:fs';
import type { Config } from './config.ts';
import { type LoadOptions, lintConfig } from './load-config.ts';

/** API keys that may be replaced while the worker runs: those that stand in files of their own. */
export interface KeyRotation {
  /** The key of a credential as it is now. */
  keyOf(credential: string): string;
}

export interface RotationWatch {
  /** Monotonic, in ms. */
  readonly now: () => number;
  /** Told of the credentials with another key, and of all new keys, before anybody uses one. */
  readonly onRotated: (credentials: readonly string[], keys: readonly string[]) => void;
  /** The files have changed and give no right configuration: the old keys stay. Told once a change. */
  readonly onFault: (message: string) => void;
}

/** Looked at no more often; a request costs nothing else. */
const LOOK_MS = 5_000;

/** Kubernetes replaces a mounted secret by a link to another folder, hence the number of the file beside its time. */
export function watchKeys(options: LoadOptions, config: Config, watch: RotationWatch): KeyRotation {
  const files = filesOf(options);
  let keys = keysOf(config);
  let seen = stampOf(files);
  let lookedAtMs = watch.now();

  const look = (): void => {
    lookedAtMs = watch.now();
    const stamp = stampOf(files);
    if (stamp === seen) return;
    seen = stamp;
    const { config: fresh, problems } = lintConfig(options);
    if (fresh === undefined) watch.onFault(problems.map(({ path, message }) => `${path} ${message}`).join('; '));
    else keys = replaced(keys, keysOf(fresh), watch);
  };

  return {
    keyOf(credential) {
      if (files.length > 0 && watch.now() - lookedAtMs >= LOOK_MS) look();
      return keys.get(credential) ?? '';
    },
  };
}

/** What a configuration reads beside itself: the files of its secrets, and schemas, which do no harm here. */
function filesOf(options: LoadOptions): readonly string[] {
  const files = new Set<string>();
  const readFile = (path: string): string => {
    if (path !== options.file) files.add(path);
    return (options.readFile ?? ((file: string) => readFileSync(file, 'utf8')))(path);
  };
  lintConfig({ ...options, readFile });
  return [...files];
}

function stampOf(files: readonly string[]): string {
  return files
    .map((file) => statSync(file, { throwIfNoEntry: false }))
    .map((stat) => `${stat?.ino} ${stat?.mtimeMs} ${stat?.size}`)
    .join();
}

function keysOf({ credentials }: Config): ReadonlyMap<string, string> {
  return new Map(Object.values(credentials).map(({ name, apiKey }) => [name, apiKey]));
}

/** Credentials that are new in the file wait for a restart. */
function replaced(
  before: ReadonlyMap<string, string>,
  fresh: ReadonlyMap<string, string>,
  { onRotated }: RotationWatch,
): ReadonlyMap<string, string> {
  const changed = [...before].filter(([name, key]) => fresh.has(name) && fresh.get(name) !== key).map(([name]) => name);
  if (changed.length === 0) return before;
  onRotated(
    changed,
    changed.map((name) => fresh.get(name) ?? ''),
  );
  return new Map([...before].map(([name, key]) => [name, fresh.get(name) ?? key]));
}
