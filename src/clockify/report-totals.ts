import type { Fields } from './json-body.ts';
import { totalsIn } from './report-answer.ts';
import { addMoney, addNumbers } from './report-sums.ts';

/** The totals of one report, or of several pieces of one added up, by the names of their columns. */
export function totalsOf(reports: readonly Fields[]): Fields {
  const all = reports.map(totalsIn).filter((totals) => totals !== undefined);
  const sum = (name: string) => all.map((totals) => totals[name]).reduce(addNumbers, undefined);
  const money = (name: string, by: string) =>
    all.map((totals) => totals[name]).reduce((one, other) => addMoney(one, other, by), undefined);
  return {
    total_time_seconds: sum('totalTime'),
    total_billable_time_seconds: sum('totalBillableTime'),
    total_entries_count: sum('entriesCount'),
    total_amount: sum('totalAmount'),
    total_amount_by_currency: money('totalAmountByCurrency', 'currency'),
    total_amounts: money('amounts', 'type'),
  };
}
