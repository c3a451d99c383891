import { templateNamed } from '../../src/clockify/templates/catalogue.ts';
import type { Simulator } from '../../src/simulator/simulator.ts';
import { DEMO_TEMPLATES, type Expectation, expectationsOf } from '../support/comparison.ts';
import { allTopics, expectAll } from '../support/expect-all.ts';
import { ALL_CONFIG, DEMO_CONFIG } from '../support/worker-process.ts';

/** What the worker is given to do, and what must come of it. */
export interface Programme {
  readonly config: string;
  readonly topics: readonly string[];
  /** How long the changes of the last moment may take: two sweeps of the slowest source, and a second witness. */
  readonly settleWithinMs: number;
  /** Asks the practice Clockify, which must stand still. */
  readonly expectations: (simulator: Simulator, registryUrl: string) => Promise<readonly Expectation[]>;
}

/** The four templates of `config/demo.yaml`. */
export const FOUR: Programme = {
  config: DEMO_CONFIG,
  topics: DEMO_TEMPLATES.map((name) => `clockify.${templateNamed(name).plural}`),
  settleWithinMs: 60_000,
  expectations: async ({ world }) => expectationsOf(DEMO_TEMPLATES, world.truth()),
};

/** Every template and the manual endpoints of `config/all.yaml`. */
export const ALL: Programme = {
  config: ALL_CONFIG,
  topics: allTopics(),
  settleWithinMs: 120_000,
  expectations: (simulator, registryUrl) => expectAll(simulator, registryUrl),
};
