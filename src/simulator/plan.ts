/** What a workspace pays for. */
export type Plan = 'free' | 'paid';

const OF_ALL = ['TIME_TRACKING'] as const;
const OF_PAID = ['TIME_OFF', 'CUSTOM_FIELDS', 'APPROVAL', 'HISTORIC_RATES'] as const;

/** How many days a report may span: a month on the free plan (a year in older documentation), any number on a paid one. */
export function rangeLimitOf(plan: Plan): number | null {
  return plan === 'free' ? 31 : null;
}

/** The names by which a workspace tells its plan, the span of its reports among them. */
export function featuresOf(plan: Plan, maxRangeDays: number | null): readonly string[] {
  const range = maxRangeDays === null ? 'UNLIMITED' : maxRangeDays > 31 ? 'ONE_YEAR_RANGE' : 'ONE_MONTH_RANGE';
  return [...OF_ALL, ...(plan === 'paid' ? OF_PAID : []), `${range}_REPORTS`];
}

export function subscriptionOf(features: readonly string[]): string {
  return features.includes(OF_PAID[0]) ? 'PRO_2021' : 'FREE';
}
