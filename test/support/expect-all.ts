import { templateNamed, templates } from '../../src/clockify/templates/catalogue.ts';
import { compileMapping } from '../../src/core/field.ts';
import type { Simulator } from '../../src/simulator/simulator.ts';
import { type Expectation, expectationsOf, LISTED_TEMPLATES } from './comparison.ts';
import { expectManual, MANUAL_TOPICS } from './expect-manual.ts';
import { expectDetailed, expectSummary } from './expect-reports.ts';
import { get } from './practice-http.ts';

/** What every topic of `config/all.yaml` must hold. The practice Clockify must stand still meanwhile. */
export async function expectAll(
  simulator: Simulator,
  registryUrl: string,
  prefix = 'clockify',
): Promise<readonly Expectation[]> {
  const nowMs = Date.now();
  const manual = MANUAL_TOPICS.map((name) => expectManual(simulator, registryUrl, name, `${prefix}.${name}`));
  return Promise.all([
    ...expectationsOf(LISTED_TEMPLATES, simulator.world.truth(), prefix),
    expectCurrentUser(simulator, `${prefix}.current_user`),
    expectDetailed(simulator, `${prefix}.detailed_report`, nowMs),
    expectSummary(simulator, `${prefix}.summary_report`, nowMs),
    ...manual,
  ]);
}

/** In the order in which the configuration has them. */
export function allTopics(prefix = 'clockify'): readonly string[] {
  return [...templates.map(({ plural }) => plural), ...MANUAL_TOPICS].map((name) => `${prefix}.${name}`);
}

async function expectCurrentUser(simulator: Simulator, topic: string): Promise<Expectation> {
  const template = templateNamed('current-user');
  const { keyOf, rowOf } = compileMapping(template);
  const { json } = await get(simulator, '/user');
  return { topic, rows: new Map([[keyOf(json, {}).join('/'), rowOf(json, {})]]), ignored: template.ignoreChanges };
}
