/** `npm run bench`: what one record costs on its way, in microseconds, without network and broker. */

import { timeEntries } from '../../src/clockify/templates/time-entries.ts';
import { compileMapping } from '../../src/core/field.ts';
import type { EncodedRecord, SourceRecord } from '../../src/core/record.ts';
import { commit, outcomeOf } from '../../src/pipeline/commit.ts';
import { type Diff, diff } from '../../src/pipeline/diff.ts';
import { encodeRecord } from '../../src/pipeline/encode.ts';
import { extractItem } from '../../src/pipeline/extract.ts';
import { openShard } from '../../src/pipeline/shard.ts';
import { ShardState } from '../../src/pipeline/shard-state.ts';
import { contextOf } from './context.ts';
import { type Entry, entryAt } from './entries.ts';

const PAGE = 1_000;
const PAGES = 100;
const ROW_BYTES = 250;

const nothing = { commit: async () => undefined, close: async () => undefined };
const context = contextOf(
  openShard(0, new ShardState(), nothing, () => undefined),
  compileMapping(timeEntries),
);
const spent = { map: 0, shape: 0, encode: 0, 'diff of new': 0, commit: 0, 'diff of unchanged': 0 };

for (let page = 0; page < PAGES; page++) {
  const items = Array.from({ length: PAGE }, (_, at) => itemOf(entryAt(page * PAGE + at, 1, ROW_BYTES), at));
  const records = timed('map', () => items.map((item) => extractItem(context, item) as SourceRecord));
  timed('shape', () => context.source.mapper.shape.tally(items));
  const encoded = timed('encode', () => records.map((each) => encodeRecord(context.source, each) as EncodedRecord));
  const found = timed('diff of new', (): Diff => diff(context, encoded, [], 0));
  if (found.changes.length !== PAGE) throw new Error('every record should be new');
  const startedAt = performance.now();
  await commit(context, outcomeOf(found));
  spent.commit += performance.now() - startedAt;
  const again = timed('diff of unchanged', () => diff(context, encoded, [], 0));
  if (again.unchanged !== PAGE || again.adopted.length > 0) throw new Error('nothing should have changed');
}
for (const [what, ms] of Object.entries(spent))
  console.log(`${what}: ${((ms * 1_000) / PAGE / PAGES).toFixed(2)} µs a record`);

function timed<T>(what: keyof typeof spent, act: () => T): T {
  const startedAt = performance.now();
  const result = act();
  spent[what] += performance.now() - startedAt;
  return result;
}

/** As Clockify answers it. */
function itemOf({ row, startMs }: Entry, at: number): object {
  return {
    at,
    workspaceId: row.workspace_id,
    id: row.id,
    userId: row.user_id,
    description: row.description,
    projectId: row.project_id,
    taskId: row.task_id,
    tagIds: row.tag_ids,
    billable: row.billable,
    type: row.type,
    timeInterval: {
      start: new Date(startMs).toISOString(),
      end: new Date(startMs + 3_600_000).toISOString(),
      duration: 'PT1H',
    },
  };
}
