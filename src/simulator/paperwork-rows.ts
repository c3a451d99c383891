import type { CustomFieldValue, EntryType, Rate } from './rows.ts';

/**
 * What stands around the time: expenses and invoices in the shapes of the answers (observed 2026-03), approvals in the
 * shape that is documented.
 */
export type ExpenseCategoryRow = {
  readonly id: string;
  readonly name: string;
  readonly hasUnitPrice: boolean;
  readonly priceInCents: number;
  readonly unit: string;
  readonly workspaceId: string;
  readonly archived: boolean;
};

/** As the single read answers, with plain ids; the list nests the project and the category. Money in major units. */
export type ExpenseRow = {
  readonly id: string;
  readonly workspaceId: string;
  readonly userId: string;
  readonly date: string;
  readonly projectId: string | null;
  readonly taskId: string | null;
  readonly categoryId: string;
  readonly notes: string;
  readonly quantity: number;
  readonly billable: boolean;
  readonly fileId: string | null;
  readonly total: number;
  readonly locked: boolean;
};

export type ApprovalState = 'PENDING' | 'APPROVED' | 'WITHDRAWN_SUBMISSION' | 'WITHDRAWN_APPROVAL' | 'REJECTED';
type ApprovalType = 'TIMESHEET' | 'EXPENSE' | 'TIMESHEET_AND_EXPENSE';

/** The request and all that was handed in with it, as it was then. Durations are ISO, amounts minor units. */
export type ApprovalRow = {
  readonly approvalRequest: {
    readonly id: string;
    readonly workspaceId: string;
    readonly type: ApprovalType;
    readonly dateRange: { readonly start: string; readonly end: string };
    readonly owner: {
      readonly userId: string;
      readonly userName: string | null;
      readonly timeZone: string;
      readonly startOfWeek: string;
    };
    readonly creator: { readonly userId: string; readonly userName: string | null; readonly userEmail: string };
    readonly status: {
      readonly state: ApprovalState;
      readonly updatedBy: string;
      readonly updatedByUserName: string | null;
      readonly updatedAt: string;
      readonly note: string;
    };
  };
  readonly entries: readonly ApprovedEntry[];
  readonly expenses: readonly object[];
  readonly trackedTime: string;
  readonly approvedTime: string;
  readonly pendingTime: string;
  readonly billableTime: string;
  readonly breakTime: string;
  readonly billableAmount: number;
  readonly costAmount: number;
  readonly expenseTotal: number;
};

export type ApprovedEntry = {
  readonly id: string;
  readonly description: string;
  readonly billable: boolean;
  readonly isLocked: boolean;
  readonly type: EntryType;
  readonly approvalRequestId: string;
  readonly hourlyRate: Rate | null;
  readonly costRate: Rate | null;
  readonly project: object | null;
  readonly task: object | null;
  readonly tags: readonly object[];
  readonly timeInterval: { readonly start: string; readonly end: string | null; readonly duration: string | null };
  readonly customFieldValues: readonly CustomFieldValue[];
};

/** As the list answers; the single read adds what is on the paper. Money in minor units. */
export type InvoiceRow = {
  readonly id: string;
  readonly number: string;
  readonly status: 'UNSENT' | 'SENT' | 'PAID' | 'PARTIALLY_PAID' | 'VOID' | 'OVERDUE';
  readonly issuedDate: string;
  readonly dueDate: string;
  readonly clientId: string;
  readonly clientName: string;
  readonly amount: number;
  readonly paid: number | null;
  readonly balance: number;
  readonly currency: string;
};
