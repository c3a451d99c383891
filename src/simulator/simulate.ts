import { once } from 'node:events';
import { CONTROL_ENDPOINTS } from './control.ts';
import { type SimulatorOptions, startSimulator } from './simulator.ts';

const EVENTS_PER_SECOND = 5;
/** As for a paid workspace (Clockify documentation). */
const PAID = { perSecond: 50, burst: 50, retryAfter: false, body: true } as const;

/** The `simulate` command: a busy practice Clockify until `signal` aborts. */
export async function simulate(
  options: SimulatorOptions,
  out: (line: string) => void,
  signal: AbortSignal,
): Promise<void> {
  const { activity = EVENTS_PER_SECOND, rateLimit = PAID } = options;
  const simulator = await startSimulator({ ...options, activity, rateLimit });
  try {
    out(`Practice Clockify at ${simulator.url}`);
    out(`Reports at ${simulator.reportsUrl}`);
    out(`X-Api-Key: ${simulator.apiKey} (owner), ${simulator.memberKey} (member)`);
    for (const workspaceId of simulator.world.store.workspaceIds()) {
      const name = simulator.world.store.row('workspaces', workspaceId, workspaceId)?.name ?? '';
      out(`Workspace ${workspaceId} ${name}`);
    }
    out(`Control, no key needed, at ${simulator.origin}:`);
    for (const endpoint of CONTROL_ENDPOINTS) out(`  ${endpoint}`);
    if (!signal.aborted) await once(signal, 'abort');
  } finally {
    await simulator.close();
  }
}
