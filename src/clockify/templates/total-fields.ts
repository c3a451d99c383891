import type { ItemField } from '../../core/field.ts';

/** Totals of a report, which are merged into each of its rows where they are asked for; `report-totals.ts` makes them. */
export const totalFields: readonly ItemField[] = [
  { path: ['total_time_seconds'], field: 'total_time_seconds', type: 'long' },
  { path: ['total_billable_time_seconds'], field: 'total_billable_time_seconds', type: 'long' },
  { path: ['total_entries_count'], field: 'total_entries_count', type: 'long' },
  { path: ['total_amount'], field: 'total_amount', type: 'double' },
  { path: ['total_amount_by_currency'], field: 'total_amount_by_currency_json', type: 'json' },
  {
    path: ['total_amounts'],
    field: 'total_amounts_json',
    type: 'json',
    unordered: ['total_amounts', 'amountByCurrency'],
  },
];
