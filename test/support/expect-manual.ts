import { fieldsFromSchema } from '../../src/avro/generated.ts';
import { createRegistry } from '../../src/avro/registry.ts';
import { compileMapping } from '../../src/core/field.ts';
import type { Simulator } from '../../src/simulator/simulator.ts';
import type { Expectation, Row } from './comparison.ts';
import { get, pages } from './practice-http.ts';

/**
 * What the topics of the manual endpoints of `config/all.yaml` must hold: the answers of a practice Clockify that stands
 * still, as rows of the schema that the worker has registered.
 */
const PAGE_SIZE = 50;

type Item = Readonly<Record<string, unknown>>;
type ItemsOf = (simulator: Simulator, workspace: string) => Promise<readonly unknown[]>;

const ITEMS: Readonly<Record<'approvals' | 'expenses' | 'task_details', ItemsOf>> = {
  approvals: async (simulator, workspace) =>
    (await pages(simulator, `/workspaces/${workspace}/approval-requests`, PAGE_SIZE)).flat(),
  async expenses(simulator, workspace) {
    const answers = await pages(simulator, `/workspaces/${workspace}/expenses`, PAGE_SIZE);
    return (answers as ExpensePage[]).flatMap(({ expenses, dailyTotals }) =>
      expenses.expenses.map((expense) => ({ ...expense, totals_dailyTotals: sortedJson(dailyTotals) })),
    );
  },
  async task_details(simulator, workspace) {
    const path = `/workspaces/${workspace}/projects`;
    const projects = (await pages(simulator, path, PAGE_SIZE)).flat() as { id: string }[];
    const lists = projects.map(({ id }) => pages(simulator, `${path}/${id}/tasks`, PAGE_SIZE));
    const tasks = (await Promise.all(lists)).flat(2) as { id: string; projectId: string }[];
    const alone = tasks.map(({ id, projectId }) => get(simulator, `${path}/${projectId}/tasks/${id}`));
    return (await Promise.all(alone)).map(({ json }) => json);
  },
};

export const MANUAL_TOPICS = Object.keys(ITEMS) as readonly (keyof typeof ITEMS)[];

interface ExpensePage {
  readonly expenses: { readonly expenses: readonly Item[] };
  readonly dailyTotals: readonly Item[];
}

/** One list of the metadata, as text whose keys are sorted. */
function sortedJson(list: readonly Item[]): string {
  return JSON.stringify(list.map((each) => Object.fromEntries(Object.entries(each).sort())));
}

/** @throws {Error} where the worker has registered no schema yet */
export async function expectManual(
  simulator: Simulator,
  registryUrl: string,
  name: keyof typeof ITEMS,
  topic: string,
): Promise<Expectation> {
  const { keyOf, rowOf } = await mapperOf(registryUrl, topic);
  const rows = new Map<string, Row>();
  for (const workspace of simulator.world.store.workspaceIds()) {
    for (const item of await ITEMS[name](simulator, workspace)) {
      rows.set(keyOf(item, { workspace }).join('/'), rowOf(item, { workspace }));
    }
  }
  return { topic, rows, ignored: [] };
}

async function mapperOf(registryUrl: string, topic: string) {
  const registry = createRegistry({ url: registryUrl, timeoutMs: 10_000, log: { info() {}, warn() {} } });
  const [key, value] = await Promise.all([registry.latest(`${topic}-key`), registry.latest(`${topic}-value`)]);
  const fields = fieldsFromSchema(value?.schema ?? '""');
  if (key === undefined || fields === undefined) throw new Error(`${topic} has no schema yet`);
  const { fields: keyFields } = JSON.parse(key.schema) as { fields: readonly { name: string }[] };
  return compileMapping({ fields, keyFields: keyFields.map(({ name }) => name) });
}
