type Schema = Readonly<Record<string, unknown>>;
type Rule = (argument: never, value: unknown, schema: Schema, root: Schema) => boolean | readonly string[];

const TYPES: Readonly<Record<string, (value: unknown) => boolean>> = {
  string: (value) => typeof value === 'string',
  number: (value) => typeof value === 'number',
  integer: (value) => Number.isInteger(value),
  boolean: (value) => typeof value === 'boolean',
  array: (value) => Array.isArray(value),
  object: isObject,
};

/** The part of draft-07 that the schema uses; a keyword that it does not know throws, so that nothing goes unchecked. */
const RULES: Readonly<Record<string, Rule>> = {
  type: (types: string | string[], value) => [types].flat().some((type) => TYPES[type]?.(value)),
  enum: (values: unknown[], value) => values.includes(value),
  const: (wanted: unknown, value) => wanted === value,
  pattern: (pattern: string, value) => typeof value !== 'string' || new RegExp(pattern, 'u').test(value),
  minLength: (least: number, value) => typeof value !== 'string' || value.length >= least,
  minimum: (least: number, value) => typeof value !== 'number' || value >= least,
  maximum: (most: number, value) => typeof value !== 'number' || value <= most,
  minItems: (least: number, value) => !Array.isArray(value) || value.length >= least,
  maxItems: (most: number, value) => !Array.isArray(value) || value.length <= most,
  minProperties: (least: number, value) => !isObject(value) || Object.keys(value).length >= least,
  required: (keys: string[], value) => !isObject(value) || keys.every((key) => Object.hasOwn(value, key)),
  items: (items: Schema, value, _, root) =>
    Array.isArray(value) ? value.flatMap((item) => check(items, item, root)) : true,
  properties: (properties: Record<string, Schema>, value, _, root) =>
    isObject(value)
      ? Object.entries(properties).flatMap(([key, inner]) =>
          Object.hasOwn(value, key) ? check(inner, value[key], root) : [],
        )
      : true,
  propertyNames: (names: Schema, value, _, root) =>
    isObject(value) ? Object.keys(value).flatMap((key) => check(names, key, root)) : true,
  additionalProperties: (others: boolean | Schema, value, { properties = {} }, root) => {
    if (!isObject(value)) return true;
    const extra = Object.keys(value).filter((key) => !Object.hasOwn(properties as object, key));
    return typeof others === 'boolean'
      ? others || extra.length === 0
      : extra.flatMap((key) => check(others, value[key], root));
  },
  anyOf: (schemas: Schema[], value, _, root) => schemas.some((inner) => check(inner, value, root).length === 0),
  allOf: (schemas: Schema[], value, _, root) => schemas.flatMap((inner) => check(inner, value, root)),
  if: (condition: Schema, value, { then: consequence }, root) =>
    check(condition, value, root).length > 0 || check(consequence as Schema, value, root),
  $ref: (reference: string, value, _, root) => {
    const name = reference.replace('#/definitions/', '');
    return check((root.definitions as Record<string, Schema>)[name] ?? {}, value, root);
  },
};

const NOT_RULES = ['$schema', 'title', 'description', 'default', 'format', 'definitions', 'then'];

/** @returns what is wrong; empty: nothing */
export function validate(schema: Schema, value: unknown): readonly string[] {
  return check(schema, value, schema);
}

function check(schema: Schema, value: unknown, root: Schema): readonly string[] {
  return Object.entries(schema).flatMap(([keyword, argument]) => {
    if (NOT_RULES.includes(keyword)) return [];
    const rule = RULES[keyword];
    if (rule === undefined) throw new Error(`no rule for ${keyword}`);
    const result = rule(argument as never, value, schema, root);
    if (typeof result !== 'boolean') return result;
    return result ? [] : [`${keyword} ${JSON.stringify(argument)} refuses ${JSON.stringify(value)}`];
  });
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
