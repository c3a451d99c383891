import { templateNamed } from '../../src/clockify/templates/catalogue.ts';
import type { Simulator, SimulatorOptions } from '../../src/simulator/simulator.ts';
import { DEMO_TEMPLATES, type Expectation, expectationsOf } from '../support/comparison.ts';
import { allTopics, expectAll } from '../support/expect-all.ts';
import { ALL_CONFIG, DEMO_CONFIG, HOUR_CONFIG } from '../support/worker-process.ts';

/** What the worker is given to do, and what must come of it. */
export interface Programme {
  readonly config: string;
  readonly topics: readonly string[];
  readonly simulator: SimulatorOptions;
  /** Things that happen in a second. */
  readonly activity: number;
  /** How long the changes of the last moment may take: two sweeps of the slowest source, and a second witness. */
  readonly settleWithinMs: number;
  /** Whether `expectations` asks the practice Clockify as the worker does. */
  readonly asksToo?: boolean;
  /** The practice Clockify must stand still meanwhile. */
  readonly expectations: (simulator: Simulator, registryUrl: string) => Promise<readonly Expectation[]>;
}

/** Two workspaces of twenty people, who have been at it for a month. */
const OFFICE: SimulatorOptions = { seed: 1, workspaces: 2, users: 20, days: 30 };

/** The four templates of `config/demo.yaml`. Clockify shows deletions a minute late, and so does the practice one. */
const FOUR: Programme = {
  config: DEMO_CONFIG,
  simulator: OFFICE,
  activity: 5,
  topics: DEMO_TEMPLATES.map((name) => `clockify.${templateNamed(name).plural}`),
  settleWithinMs: 150_000,
  expectations: async ({ world }) => expectationsOf(DEMO_TEMPLATES, world.truth()),
};

/** Every template and the manual endpoints of `config/all.yaml`. */
const ALL: Programme = {
  config: ALL_CONFIG,
  asksToo: true,
  simulator: OFFICE,
  activity: 5,
  topics: allTopics(),
  settleWithinMs: 120_000,
  expectations: (simulator, registryUrl) => expectAll(simulator, registryUrl),
};

/** An hour of `test/demo/hour.yaml` at thirty times its speed: ten people and more at work in each workspace. */
const HOUR: Programme = {
  ...FOUR,
  config: HOUR_CONFIG,
  simulator: { ...OFFICE, entityChanges: { deletionDelayMs: 2_000 } },
  activity: 10,
  settleWithinMs: 60_000,
};

export const PROGRAMMES = { four: FOUR, all: ALL, hour: HOUR } as const;
