import { templateNamed, templates } from '../../src/clockify/templates/catalogue.ts';
import type { Config } from '../../src/config/config.ts';
import { loadConfig } from '../../src/config/load-config.ts';
import type { SourceConfig } from '../../src/config/source-config.ts';
import { type Setup, unitMs } from './script.ts';

export const REQUEST_TIMEOUT_MS = 10_000;
export const SHARDS = 3;

const TEXT = [
  'app: model',
  'credentials: { practice: { api_key: simulator-key, base_url: https://clockify.test/api/v1 } }',
  'sources: [{ name: time-entries, template: time-entries, credential: practice }]',
  `kafka: { shards: ${SHARDS} }`,
  `http: { request_timeout: ${REQUEST_TIMEOUT_MS / 1_000}s }`,
].join('\n');
/** Everything that a setup does not say, as the file that says nothing of it has it. */
const PLAIN = loadConfig({ file: 'model.yaml', env: {}, templates, readFile: () => TEXT });

export function topicOf(name: string): string {
  return `clockify.${templateNamed(name).plural}`;
}

export function configOf(setup: Setup): Config {
  const [entries] = PLAIN.sources;
  const { practice } = PLAIN.credentials;
  if (entries === undefined || practice === undefined) throw new Error('the plain configuration is not what it was');
  const { rate } = setup;
  const everyMs = Math.max(1, Math.round(setup.listUnits * unitMs(setup)));
  return {
    ...PLAIN,
    credentials: { practice: { ...practice, rate, reportsRate: rate } },
    discovery: { everyMs },
    sources: [...setup.sources.map((name) => listOf(name, setup, everyMs)), entriesOf(entries, setup)],
  };
}

function listOf(name: string, { pageSize }: Setup, everyMs: number): SourceConfig {
  return {
    name,
    template: name,
    credential: 'practice',
    everyMs,
    parameters: Object.fromEntries(templateNamed(name).parameters.map((parameter) => [parameter, 'all' as const])),
    filters: {},
    topic: topicOf(name),
    pageSize,
    ignoreChanges: undefined,
  };
}

function entriesOf(plain: SourceConfig, setup: Setup): SourceConfig {
  const unit = unitMs(setup);
  const ms = (units: number): number => Math.max(1, Math.round(units * unit));
  const optional = (units: number | undefined) => (units === undefined ? undefined : ms(units));
  const rhythms = {
    runningMs: optional(setup.runningUnits),
    changesMs: optional(setup.changesUnits),
    recentMs: setup.recentMs,
    reconcile: { everyMs: ms(setup.reconcileUnits), windowMs: setup.windowMs, sinceMs: undefined },
  };
  const { pageSize, isPlain, everyUnits } = setup;
  const everyMs = ms(everyUnits);
  const own = isPlain ? undefined : rhythms;
  return { ...plain, schedule: undefined, everyMs, pageSize, rhythms: own };
}
