import type { ReportEntry } from './report-entries.ts';

export interface Sums {
  readonly seconds: number;
  readonly billableSeconds: number;
  readonly earned: number;
  readonly cost: number;
}

/** Amounts are divided last, so that the order of the entries leaves no trace in a fraction. */
export function sumsOf(entries: readonly ReportEntry[]): Sums {
  const sum = (read: (entry: ReportEntry) => number): number =>
    entries.reduce((total, entry) => total + read(entry), 0);
  return {
    seconds: sum(({ seconds }) => seconds),
    billableSeconds: sum(({ row, seconds }) => (row.billable ? seconds : 0)),
    earned: sum(({ earnedRate, seconds }) => earnedRate * seconds) / 3600,
    cost: sum(({ costRate, seconds }) => costRate * seconds) / 3600,
  };
}

/** For nothing at all the list holds null (observed with clients). */
export function totalsOf(entries: readonly ReportEntry[], hidesAmounts: boolean): readonly (object | null)[] {
  if (entries.length === 0) return [null];
  const { seconds, billableSeconds, earned, cost } = sumsOf(entries);
  const currency = entries[0]?.currency ?? 'USD';
  const time = {
    _id: '',
    totalTime: seconds,
    totalBillableTime: billableSeconds,
    entriesCount: entries.length,
  };
  if (hidesAmounts) return [time];
  const of = (type: string, value: number): object => ({
    type,
    value,
    amountByCurrency: [{ currency, amount: value }],
  });
  return [
    {
      ...time,
      totalAmount: earned,
      totalAmountByCurrency: [{ currency, amount: earned }],
      amounts: [of('EARNED', earned), of('COST', cost), of('PROFIT', earned - cost)],
      numOfCurrencies: 1,
    },
  ];
}

/** How a group tells its money. */
export function moneyOf({ earned, cost }: Sums, currency: string, hidesAmounts: boolean): object {
  if (hidesAmounts) return {};
  return {
    amount: earned,
    amounts: [
      { type: 'EARNED', value: earned },
      { type: 'COST', value: cost },
      { type: 'PROFIT', value: earned - cost },
    ],
    currency,
    workspaceCurrencyCode: currency,
  };
}
