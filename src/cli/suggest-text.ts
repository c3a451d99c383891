import type { Suggestions } from '../worker/try-suggest.ts';
import type { PathSettings } from '../worker/try-write.ts';
import { exchangeJson, exchangeText } from './exchange-text.ts';
import { countOf, section } from './try-options.ts';

export interface Told {
  readonly source: string;
  readonly found: Suggestions;
  readonly settings: PathSettings;
  /** Undefined where nothing was written. */
  readonly file: string | undefined;
}

export function suggestionsJson({ source, found, settings, file }: Told): object {
  const { params, step, exchange, data, metadata, keys, rows } = found;
  return {
    source,
    step: step ?? null,
    params,
    exchange: exchange === undefined ? null : exchangeJson(exchange),
    data,
    metadata,
    keys,
    rows,
    choice: choiceOf(settings),
    written: file ?? null,
  };
}

function choiceOf({ dataPath, metadataPath, key }: PathSettings): object {
  return { data_path: dataPath, metadata_path: metadataPath ?? null, key: key ?? null };
}

export function suggestionsText({ source, found, settings, file }: Told): readonly string[] {
  const { exchange, data, metadata, keys, rows, dataPath } = found;
  const width = Math.max(4, ...data.map(({ path }) => path.length)) + 2;
  const choice = Object.entries(choiceOf(settings)).filter(([, value]) => value !== null);
  return [
    ...(exchange === undefined ? [] : exchangeText(exchange)),
    ...section(
      'data_path: where the rows are, the likeliest first',
      data.map(
        ({ path, count, first }, at) =>
          `${at + 1}. ${path.padEnd(width)}${countOf(count, 'row')}, the first: ${short(first)}`,
      ),
    ),
    ...section(
      `metadata_path: what stands beside ${dataPath ?? 'them'}`,
      metadata.map(({ path, value }) => `${path}  ${short(value)}`),
    ),
    ...section(
      `key: unique over ${countOf(rows, 'row')} at ${dataPath ?? 'no path'}`,
      keys.length > 0
        ? keys.map(({ path, first }) => `${path}  such as ${JSON.stringify(first)}`)
        : ['hash  nothing else is unique'],
    ),
    ...section(
      file === undefined
        ? `choice for ${source} (--write puts it into the file)`
        : `written to ${file}, source ${source}`,
      choice.map(([name, value]) => `${name}: ${value}`),
    ),
  ];
}

const SHOWN = 200;

function short(value: unknown): string {
  const json = JSON.stringify(value) ?? 'nothing';
  return json.length <= SHOWN ? json : `${json.slice(0, SHOWN)}…`;
}
