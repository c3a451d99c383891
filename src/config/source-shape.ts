import * as z from 'zod';
import {
  accept,
  choice,
  type Format,
  flag,
  identity,
  integer,
  listOf,
  matching,
  quote,
  refuse,
  scalar,
} from './format.ts';
import { maskFields } from './mask.ts';
import { type GivenReport, reportFields } from './report-source.ts';
import { type GivenRhythms, rhythmFields } from './rhythms.ts';
import { scheduleFields } from './schedule.ts';
import { topicName } from './settings.ts';
import { optional, required } from './shape.ts';
import { suggestion } from './suggest.ts';
import type { FilterInfo, TemplateInfo } from './template-info.ts';

const identifier = matching(
  'an id',
  /^(?!all$)[A-Za-z0-9_-]{1,64}$/,
  'The id as Clockify has it in its addresses, not a name. "all" stands alone, not in a list.',
);

/** `all`, one id, or a list of ids. */
export const bindings: Format<'all' | readonly string[]> = {
  ...listOf('all, an id or a list of ids', identifier),
  schema: { anyOf: [{ const: 'all' }, ...(listOf('', identifier).schema.anyOf as object[])] },
  read(value) {
    if (value === 'all') return accept('all');
    const reading = listOf('all, an id or a list of ids', identifier).read(value);
    return reading.value?.length === 0 ? refuse('is an empty list', 'Leave the key out for all.') : reading;
  },
};

const text = scalar('a text', { type: ['string', 'number', 'boolean'] }, accept);

/** The keys of a source that every template has. */
function commonFields(templates: readonly string[], credentials: readonly string[], fields: readonly string[]) {
  return {
    name: required(identity, 'Identity of the source: its state belongs to this name.'),
    template: required(known('a template', templates), 'What is polled.'),
    credential: required(known('a credential', credentials, identity), 'Name of a credential.'),
    ...scheduleFields,
    topic: optional(topicName, 'Instead of <prefix>.<resource>.'),
    page_size: optional(integer(1, 5_000), 'Items asked for in one request. The default is the template\u2019s.'),
    ignore_changes: optional(
      listOf('a list of fields', known('a field', fields)),
      'Fields that do not make a row a changed one. The default is the template\u2019s; [] ignores none.',
    ),
    ...maskFields,
  };
}

/** The common keys are typed; parameters and filters stand beside them, by the keys of the template. */
export type SourceValues = z.output<z.ZodObject<ReturnType<typeof commonFields>>> &
  GivenReport &
  GivenRhythms &
  Readonly<Record<string, unknown>>;

/** Credentials may be unknown (for editors): then any name will do. */
export function sourceShape(
  template: TemplateInfo,
  templates: readonly string[],
  credentials: readonly string[],
): z.ZodType<SourceValues> {
  const names = template.fields.map(({ field }) => field);
  const parameters = template.parameters.map((name) => [name, optional(bindings, `Which ${name}s.`, 'all')]);
  const filters = Object.entries(template.filters).map(([name, filter]) => [
    filterKey(name, template),
    optional(filterFormat(filter), 'A filter of the list.'),
  ]);
  const parametersAndFilters = { ...Object.fromEntries(parameters), ...Object.fromEntries(filters) };
  return z.strictObject({
    ...commonFields(templates, credentials, names),
    ...(template.report !== undefined ? reportFields : {}),
    ...(template.rhythms === true ? rhythmFields : {}),
    ...parametersAndFilters,
  }) as unknown as z.ZodType<SourceValues>;
}

/** A filter that has the name of another key is written with `filter_` before it: `filter_name`. */
export function filterKey(name: string, { parameters }: TemplateInfo): string {
  const others = [...Object.keys(commonFields([], [], [])), ...Object.keys(reportFields), ...parameters];
  return others.includes(name) ? `filter_${name}` : name;
}

function filterFormat({ type, values }: FilterInfo): Format<string | boolean | readonly string[]> {
  const item = values === undefined ? text : choice('a value of this filter', values);
  if (type === 'boolean') return flag;
  return type === 'strings' ? listOf('a list of values', item) : item;
}

/** One of the words, with the nearest as a hint; `other` where there are no words. */
export function known(what: string, words: readonly string[], other?: Format<string>): Format<string> {
  if (words.length === 0 && other !== undefined) return other;
  const format: Format<string> = scalar(what, words.length === 0 ? { type: 'string' } : { enum: words }, (word) =>
    words.includes(word) ? accept(word) : refuse(`${quote(word)} is not ${what}`, suggestion(word, words)),
  );
  return {
    ...format,
    read: (value) => (value === undefined ? refuse('is missing', suggestion('', words)) : format.read(value)),
  };
}
