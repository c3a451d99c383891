import { schemasFor } from '../worker/try-schema.ts';
import { narrowed, sourceNamed } from '../worker/try-source.ts';
import { type Command, EXIT, type Invocation, type Terminal, text, usageError } from './command.ts';
import { CONFIG_OPTIONS, readConfig } from './config-options.ts';
import { runAgainstRegistry } from './schema-registry.ts';
import { CHOICE_OPTIONS, choiceOf, JSON_OPTION, untilStopped } from './try-options.ts';
import { writeText } from './write-file.ts';

export const schema: Command = {
  name: 'schema',
  summary:
    'Infers the Avro schema of a source from a whole sweep, to be kept in a file; checks or registers schemas in the registry',
  usage:
    'schema infer SOURCE [--out FILE] | check [SOURCE] | register [SOURCE] [--workspace ID] [--json] [--config FILE]',
  takes: 2,
  examples: [
    'clockify-kafka schema infer approvals --out approvals.avsc   # then: schema: ./approvals.avsc',
    'clockify-kafka schema check                             # whether the registry has them, or would take them',
    'clockify-kafka schema register                          # where the worker itself may not: auto_register: false',
  ],
  options: {
    out: { type: 'string', value: 'FILE', says: 'write the value schema here (default stdout)' },
    ...CHOICE_OPTIONS,
    json: { ...JSON_OPTION.json, type: 'boolean', says: 'one JSON object: source, from, keySchema, valueSchema' },
    ...CONFIG_OPTIONS,
  },
  run: (call, terminal) => untilStopped(terminal, () => runSchema(call, terminal)),
};

async function runSchema(call: Invocation, terminal: Terminal): Promise<number> {
  const [verb, name] = call.positionals;
  if (verb === 'check' || verb === 'register') {
    return runAgainstRegistry(verb, readConfig(call, terminal), call, terminal);
  }
  if (verb !== 'infer') throw usageError(schema, 'schema needs to know what to do: infer, check or register');
  if (name === undefined) throw usageError(schema, 'schema infer needs the name of a source');
  const config = readConfig(call, terminal);
  const source = narrowed(sourceNamed(config, name), choiceOf(call));
  const found = await schemasFor(config, source, terminal.signal);
  const [keySchema, valueSchema] = [JSON.parse(found.keySchema) as unknown, JSON.parse(found.valueSchema) as unknown];
  const out = text(call, 'out');
  if (out !== undefined) writeText(out, `${JSON.stringify(valueSchema, null, 2)}\n`);
  if (call.flags.json === true) {
    await terminal.out(JSON.stringify({ source: name, from: found.from, keySchema, valueSchema, out: out ?? null }));
  } else if (out === undefined) await terminal.out(JSON.stringify(valueSchema, null, 2));
  else terminal.err(`the schema of ${name} is in ${out}`);
  return EXIT.ok;
}
