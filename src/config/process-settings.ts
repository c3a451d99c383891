import convict from 'convict';
import { DEFAULTS } from './defaults.ts';
import { type Outside, readVariable } from './references.ts';
import type { Report } from './report.ts';
import {
  SETTING_PATHS,
  SETTINGS,
  type Setting,
  type SettingPath,
  type SettingValue,
  settingOf,
  variableOf,
} from './settings.ts';
import { nearest, suggestion } from './suggest.ts';
import { emptyMap, join, kindOf, type MapNode, NOWHERE, type Node, type Position, some } from './tree.ts';

/** Where a value is from, for messages: not every value may be shown. */
interface Origin {
  readonly at: Position;
  readonly shown: string | undefined;
  /** Of the items of a list in the file. */
  readonly items?: readonly Position[] | undefined;
}

type Values = { readonly [P in SettingPath]?: { readonly value: string; readonly origin: Origin } };
export type Settings = <P extends SettingPath>(path: P) => SettingValue<P>;

export interface ReadSettings {
  readonly get: Settings;
  /** Where the value was set last; undefined: it is the default. */
  readonly setAt: (path: SettingPath) => Position | undefined;
}

/** Flags by the path of their setting. */
export type Flags = Readonly<Partial<Record<SettingPath, { readonly flag: string; readonly value: string }>>>;

/** Variables that other parts of the program read. */
const OTHER_VARIABLES = ['CLOCKIFY_KAFKA_CONFIG'];

/**
 * The settings of the process: default, then file, then environment, then flags. convict merges and validates; it is
 * given text only, and formats that either read the whole text or refuse it, because its own ones round (`42abc` is 42,
 * `no` is true).
 *
 * @returns a getter; where the report has a problem, what it gives may be text that was refused
 */
export function readSettings(root: MapNode, outside: Outside, flags: Flags, report: Report): ReadSettings {
  const layers = [fromFile(root, report), fromEnvironment(outside, report), fromFlags(flags)];
  const merged = convict<Record<string, unknown>>(schemaOf(), { args: [], env: {} });
  const origins = new Map<SettingPath, Origin>();
  for (const layer of layers) {
    merged.load(nested(layer));
    for (const path of SETTING_PATHS) {
      const given = layer[path];
      if (given !== undefined) origins.set(path, given.origin);
    }
  }
  for (const [path, origin] of origins) check(path, merged.get(path), origin, report);
  if (report.problems.length === 0) merged.validate({ allowed: 'strict', output: () => undefined });
  warnOfVariables(outside, report);
  return {
    get: (path) => merged.get(path) as SettingValue<typeof path>,
    setAt: (path) => origins.get(path)?.at,
  };
}

function schemaOf(): convict.Schema<Record<string, unknown>> {
  const schema: Record<string, unknown> = {};
  for (const path of SETTING_PATHS) {
    const { about, secret } = settingOf(path);
    const format = registerFormat(path, settingOf(path));
    put(schema, path, { doc: about, format, default: DEFAULTS[path], nullable: true, sensitive: secret === true });
  }
  return schema as convict.Schema<Record<string, unknown>>;
}

/** A text that is refused stays a text: `validate` reads it again and says why. */
function registerFormat(path: SettingPath, { format }: Setting<unknown>): string {
  const name = `clockify-kafka:${path}`;
  convict.addFormat({
    name,
    coerce: (text: unknown) => format.read(text).value ?? text,
    validate: (value: unknown) => {
      const refusal = typeof value === 'string' ? format.read(value).refusal : undefined;
      if (refusal !== undefined) throw new Error(refusal.message);
    },
  });
  return name;
}

function check(path: SettingPath, value: unknown, { at, shown, items }: Origin, report: Report): void {
  if (typeof value !== 'string') return;
  const { format } = settingOf(path);
  const { refusal } = format.read(value);
  if (refusal === undefined) return;
  const message = shown === undefined ? refusal.message : `${shown} does not give ${format.what}`;
  report.problem(items?.[refusal.index ?? 0] ?? at, path, message, refusal.hint);
}

function nested(layer: Values): Record<string, unknown> {
  const object: Record<string, unknown> = {};
  for (const path of SETTING_PATHS) {
    const given = layer[path];
    if (given !== undefined) put(object, path, given.value);
  }
  return object;
}

function put(object: Record<string, unknown>, path: SettingPath, value: unknown): void {
  const [first = '', second] = path.split('.');
  if (second === undefined) object[first] = value;
  else object[first] = { ...(object[first] as object | undefined), [second]: value };
}

function fromFlags(flags: Flags): Values {
  const entries = Object.entries(flags).map(([path, { flag, value }]) => {
    const at = { ...NOWHERE, from: `flag ${flag}` };
    return [path, { value, origin: { at, shown: undefined } }];
  });
  return Object.fromEntries(entries);
}

/** An empty variable is not set: that is what `X=${X:-}` of a compose file gives. */
function fromEnvironment(outside: Outside, report: Report): Values {
  const values: { -readonly [P in keyof Values]: Values[P] } = {};
  for (const path of SETTING_PATHS) {
    const name = variableOf(path);
    const at = { ...NOWHERE, from: `environment variable ${name}` };
    const found =
      settingOf(path).secret === true
        ? readVariable(name, outside)
        : { value: outside.env[name], complaint: undefined };
    if (found?.complaint !== undefined) report.problem(at, path, found.complaint, found.hint);
    else if (found?.value !== undefined && found.value !== '') {
      values[path] = { value: found.value, origin: { at, shown: 'the value' } };
    }
  }
  return values;
}

function fromFile(root: MapNode, report: Report): Values {
  const values: { -readonly [P in keyof Values]: Values[P] } = {};
  for (const [key, { keyAt, value: node }] of root.entries) {
    if (key === 'credentials' || key === 'sources') continue;
    if (isSetting(key)) readValue(key, node, values, report);
    else if (SECTIONS.includes(key)) readSection(key, node, values, report);
    else report.problem(keyAt, join('', key), 'is not a known key', topLevelHint(key));
  }
  return values;
}

function readSection(section: string, node: Node, values: object, report: Report): void {
  const map = node.kind === 'text' && node.text === '' ? emptyMap(node.at) : node;
  if (map.kind !== 'map') {
    report.problem(node.at, section, `is ${kindOf(node)} and should be a map`, `Keys: ${keysOf(section).join(', ')}.`);
    return;
  }
  for (const [key, { keyAt, value }] of map.entries) {
    const path = join(section, key);
    if (isSetting(path)) readValue(path, value, values, report);
    else report.problem(keyAt, path, 'is not a known key', suggestion(key, keysOf(section)));
  }
}

function readValue(path: SettingPath, node: Node, values: object, report: Report): void {
  if (some(node, ({ failed }) => failed)) return;
  const { format, secret } = settingOf(path);
  const text = textOf(node, format.list === true);
  const { refusal } = text === undefined ? format.read(node.kind === 'list' ? [] : {}) : { refusal: undefined };
  if (text === undefined) {
    report.problem(node.at, path, refusal?.message ?? 'cannot be read', refusal?.hint ?? `Give ${format.what}.`);
    return;
  }
  const shown = some(node, ({ fromReference }) => fromReference) ? 'the reference' : undefined;
  if (secret === true && shown === undefined) warnOfSecret(node.at, path, report);
  const items = node.kind === 'list' ? node.items.map(({ at }) => at) : undefined;
  Object.assign(values, { [path]: { value: text, origin: { at: node.at, shown, items } } });
}

/** A list of texts as one text with commas, which is how variables give it. */
function textOf(node: Node, list: boolean): string | undefined {
  if (node.kind === 'text') return node.text;
  if (node.kind === 'map' || !list) return undefined;
  const texts = node.items.map((item) => (item.kind === 'text' ? item.text : undefined));
  return texts.includes(undefined) ? undefined : texts.join(',');
}

export function warnOfSecret(at: Position, path: string, report: Report): void {
  const hint = `Write \${NAME} and set the variable NAME (or NAME_FILE), or write \${file:path}.`;
  report.warn(at, path, 'a secret stands in the file itself', hint);
}

const SECTIONS = [
  ...new Set(SETTING_PATHS.filter((path) => path.includes('.')).map((path) => path.split('.')[0] ?? '')),
];
const TOP_LEVEL = ['credentials', 'sources', ...SETTING_PATHS.filter((path) => !path.includes('.')), ...SECTIONS];

/** A key that belongs into a section is often written at the top. */
function topLevelHint(key: string): string {
  const home = SETTING_PATHS.find((path) => path.split('.')[1] === key);
  if (nearest(key, TOP_LEVEL) === undefined && home !== undefined) return `Did you mean "${home}"?`;
  return suggestion(key, TOP_LEVEL);
}

function keysOf(section: string): string[] {
  return SETTING_PATHS.filter((path) => path.startsWith(`${section}.`)).map((path) => path.slice(section.length + 1));
}

function isSetting(path: string): path is SettingPath {
  return Object.hasOwn(SETTINGS, path);
}

function warnOfVariables(outside: Outside, report: Report): void {
  const secrets = SETTING_PATHS.filter((path) => settingOf(path).secret === true).map(
    (path) => `${variableOf(path)}_FILE`,
  );
  const known = [...SETTING_PATHS.map(variableOf), ...secrets, ...OTHER_VARIABLES];
  for (const name of Object.keys(outside.env)) {
    if (!name.startsWith('CLOCKIFY_KAFKA_') || known.includes(name)) continue;
    const near = nearest(name, known);
    const at = { ...NOWHERE, from: `environment variable ${name}` };
    report.warn(at, '', 'is not read by anything', near === undefined ? '' : `Did you mean "${near}"?`);
  }
}
