/**
 * A large practice Clockify in a process of its own, so that its memory is not taken for the worker's.
 *
 * `node large-simulator.ts <users> <days>`; tells its addresses, and how large it is, in one message. Run by large.ts.
 */
import { startSimulator } from '../../src/simulator/simulator.ts';

const [users = '', days = ''] = process.argv.slice(2);
const KEEP_ALL = { requestLogLimit: 10_000_000, historyLimit: 10_000_000 };
/** Things that happen in a second. */
const ACTIVITY = 5;

const simulator = await startSimulator({
  ...KEEP_ALL,
  workspaces: 1,
  users: Number(users),
  days: Number(days),
  activity: ACTIVITY,
});
const { url, origin, apiKey, world } = simulator;
const [workspace = ''] = world.store.workspaceIds();
const entries = world.store.rows('timeEntries', workspace).length;
process.send?.({ url, origin, apiKey, entries });
process.on('disconnect', () => process.exit());
