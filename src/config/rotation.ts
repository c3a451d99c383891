import { readFileSync, statSync } from 'node:fs';
import { type Access, renewed, settingsApart } from './access.ts';
import type { Config } from './config.ts';
import { type LoadOptions, lintConfig } from './load-config.ts';
import { secretsOf } from './secrets.ts';

/** Secrets that may be replaced while the worker runs: those that stand in files of their own. */
export interface Rotation {
  /** The key of a credential; the files are looked at every few seconds at most. */
  keyOf(credential: string): string;
  /** As it is now: the files are looked at each time, for connections are few. */
  access(): Access;
}

export interface RotationWatch {
  /** Monotonic, in ms. */
  readonly now: () => number;
  /** Told before anybody uses a new secret. */
  readonly onRotated: (rotated: Rotated) => void;
  /** The files have changed and give no right configuration: the old secrets stay. Told once a change. */
  readonly onFault: (message: string) => void;
}

interface Rotated {
  /** Names of credentials whose key is another one. */
  readonly credentials: readonly string[];
  /** Settings of Kafka and the registry that are others, by their names in the file. */
  readonly settings: readonly string[];
  /** Every secret as it is now. */
  readonly secrets: readonly string[];
}

interface Secrets {
  readonly keys: ReadonlyMap<string, string>;
  readonly access: Access;
}

/** Looked at no more often; a request costs nothing else. */
const LOOK_MS = 5_000;

/** Kubernetes replaces a mounted secret by a link to another folder, hence the number of the file beside its time. */
export function watchSecrets(options: LoadOptions, config: Config, watch: RotationWatch): Rotation {
  const files = filesOf(options);
  let secrets: Secrets = { keys: keysOf(config), access: config };
  let seen = stampOf(files);
  let lookedAtMs = watch.now();

  const look = (): void => {
    lookedAtMs = watch.now();
    const stamp = stampOf(files);
    if (stamp === seen) return;
    seen = stamp;
    const { config: fresh, problems } = lintConfig(options);
    if (fresh === undefined) watch.onFault(problems.map(({ path, message }) => `${path} ${message}`).join('; '));
    else secrets = replaced(secrets, fresh, watch);
  };

  return {
    keyOf(credential) {
      if (files.length > 0 && watch.now() - lookedAtMs >= LOOK_MS) look();
      return secrets.keys.get(credential) ?? '';
    },
    access() {
      if (files.length > 0) look();
      return secrets.access;
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
function replaced({ keys, access }: Secrets, config: Config, { onRotated }: RotationWatch): Secrets {
  const fresh = keysOf(config);
  const credentials = [...keys].filter(([name, key]) => (fresh.get(name) ?? key) !== key).map(([name]) => name);
  const after = renewed(access, config);
  const settings = settingsApart(access, after);
  if (credentials.length + settings.length > 0) onRotated({ credentials, settings, secrets: secretsOf(config) });
  return { keys: new Map([...keys].map(([name, key]) => [name, fresh.get(name) ?? key])), access: after };
}
