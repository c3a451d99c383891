import { planManual } from './plan-manual.ts';
import { planTemplate } from './plan-template.ts';
import type { SourcePlan } from './source-plan.ts';
import type { PlannedSource } from './worker.ts';

/** A configured source as the worker runs it, once the registry knows its schemas. */
export function planSource(plan: SourcePlan): PlannedSource {
  return plan.source.endpoint === undefined ? planTemplate(plan) : planManual(plan);
}
