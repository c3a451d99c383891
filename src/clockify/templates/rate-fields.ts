import type { ItemField } from '../../core/field.ts';

/** `{amount, currency}`, the amount in minor units (observed 2026-03). */
export function rateFields(name: string, field: string): readonly ItemField[] {
  return [
    { path: [name, 'amount'], field: `${field}_amount`, type: 'long' },
    { path: [name, 'currency'], field: `${field}_currency`, type: 'string' },
  ];
}
