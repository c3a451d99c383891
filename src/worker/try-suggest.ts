import { createManualEndpoint } from '../clockify/manual/endpoint.ts';
import { extractRows } from '../clockify/manual/rows.ts';
import type { Exchange } from '../clockify/try-client.ts';
import { type KeyCandidate, keyCandidates, keyFaults } from '../clockify/try-keys.ts';
import {
  type DataCandidate,
  dataCandidates,
  type MetadataCandidate,
  metadataCandidates,
} from '../clockify/try-paths.ts';
import type { Config } from '../config/config.ts';
import type { SourceConfig, StepConfig } from '../config/source-config.ts';
import { WorkerError } from '../core/errors.ts';
import { jsonOf } from '../pipeline/extract.ts';
import type { Params } from '../pipeline/ports.ts';
import { planTemplate } from './plan-template.ts';
import { firstPage } from './try-sample.ts';
import { firstBinding, openTrial, planOf, type Trial } from './try-source.ts';

/** What an answer offers for the settings of a source. */
export interface Suggestions {
  readonly params: Params;
  /** The step whose answer it is; undefined for a template. */
  readonly step: string | undefined;
  readonly exchange: Exchange | undefined;
  readonly data: readonly DataCandidate[];
  /** The data path that the others go by: the one that was wished for, else the likeliest. */
  readonly dataPath: string | undefined;
  readonly metadata: readonly MetadataCandidate[];
  readonly keys: readonly KeyCandidate[];
  /** Over so many rows a key was looked for. */
  readonly rows: number;
}

export interface Wish {
  /** Of a chain; the last one unless told. */
  readonly step: string | undefined;
  /** As the n-th candidate, or as a path. */
  readonly choose: number;
  readonly dataPath: string | undefined;
  /** A path that is to be the key of the rows. */
  readonly key: string | undefined;
}

/** Asks the source once. @throws {WorkerError} as its endpoint; config `try.unknown_step`, `try.no_candidate`, `try.no_key` */
export async function suggestFor(
  config: Config,
  source: SourceConfig,
  wish: Wish,
  signal: AbortSignal,
): Promise<Suggestions> {
  const trial = openTrial(config, source);
  try {
    const steps = stepsUpTo(source, wish.step);
    const params = await firstBinding(trial, signal);
    const json = jsonOf(await answerOf(trial, steps, params, signal));
    const exchange = trial.exchanges.at(-1);
    return { params, step: steps?.at(-1)?.name, exchange, ...choicesIn(json, wish) };
  } finally {
    await trial.close();
  }
}

function choicesIn(json: unknown, wish: Wish): Omit<Suggestions, 'params' | 'step' | 'exchange'> {
  const data = dataCandidates(json);
  const chosen = data[wish.choose - 1];
  if (wish.dataPath === undefined && wish.choose > 1 && chosen === undefined) {
    throw new WorkerError('config', 'try.no_candidate', `there is no candidate ${wish.choose}`, {
      hint: `The answer has ${data.length}.`,
    });
  }
  const dataPath = wish.dataPath ?? chosen?.path;
  if (dataPath === undefined) return { data, dataPath, metadata: [], keys: [], rows: 0 };
  const rows = extractRows(json, dataPath);
  if (wish.key !== undefined) refuseKey(rows, wish.key);
  return { data, dataPath, metadata: metadataCandidates(json, dataPath), keys: keyCandidates(rows), rows: rows.length };
}

/** Rows without a key would all be dead letters, and of two with one key the later would hide the earlier. */
function refuseKey(rows: readonly unknown[], path: string): void {
  const { lacking, repeated } = keyFaults(rows, path);
  if (lacking + repeated === 0) return;
  throw new WorkerError('config', 'try.no_key', `${path} is no key of these ${rows.length} rows`, {
    hint: `It is missing in ${lacking} of them, and ${repeated} have the value of an earlier one.`,
  });
}

/** The steps as far as the one that is asked about, which is then read as a whole. Undefined for a template. */
function stepsUpTo({ name, endpoint }: SourceConfig, wished: string | undefined): readonly StepConfig[] | undefined {
  if (endpoint === undefined) return undefined;
  const { steps } = endpoint;
  const at = wished === undefined ? steps.length - 1 : steps.findIndex((step) => step.name === wished);
  const last = steps[at];
  if (last === undefined) {
    throw new WorkerError('config', 'try.unknown_step', `the source ${name} has no step "${wished}"`, {
      hint: `It has ${steps.map((step) => step.name).join(', ')}.`,
    });
  }
  return [...steps.slice(0, at), { ...last, dataPath: '$', metadataPath: undefined }];
}

async function answerOf(
  trial: Trial,
  steps: readonly StepConfig[] | undefined,
  params: Params,
  signal: AbortSignal,
): Promise<Uint8Array> {
  if (steps === undefined) {
    const source = await planTemplate(planOf(trial, params)).prepare(signal, false);
    return (await firstPage(source.endpoint(params), signal)).page.body;
  }
  const { client } = trial;
  const owner = params.workspace ?? '';
  const endpoint = createManualEndpoint({ client, steps, params, owner, output: 'last', parallel: 1, maxPages: 100 });
  const page = await endpoint.begin(Date.now()).page(1, signal);
  if (page.body.length > 0) return page.body;
  throw new WorkerError('transient', 'try.no_answer', 'no step before the last one has an item to call it with');
}
