import type { ApprovalRow, ExpenseCategoryRow, ExpenseRow, InvoiceRow } from './paperwork-rows.ts';

/**
 * The practice Clockify: a seeded world of workspaces, answered over real HTTP as Clockify answers.
 * In: options and mutations. Out: pages, a history of what happened, and the present truth.
 *
 * This file holds the shapes of the answers (observed 2026-03). A row is never changed in place: a mutation replaces
 * it, so that the history and a page already being sent keep what they saw.
 */
export type Rate = { readonly amount: number; readonly currency: string };

export type MembershipStatus = 'PENDING' | 'ACTIVE' | 'DECLINED' | 'INACTIVE';

export type Membership = {
  readonly userId: string;
  readonly hourlyRate: Rate | null;
  readonly costRate: Rate | null;
  readonly targetId: string;
  readonly membershipType: 'WORKSPACE' | 'PROJECT' | 'USERGROUP';
  readonly membershipStatus: MembershipStatus;
};

export type WorkspaceRow = {
  readonly id: string;
  readonly name: string;
  readonly hourlyRate: Rate;
  readonly costRate: Rate | null;
  readonly memberships: readonly Membership[];
  readonly workspaceSettings: Readonly<Record<string, unknown>>;
  readonly imageUrl: string;
  readonly featureSubscriptionType: string;
  readonly features: readonly string[];
  readonly currencies: readonly { readonly id: string; readonly code: string; readonly isDefault: boolean }[];
  readonly subdomain: { readonly name: string | null; readonly enabled: boolean };
  readonly cakeOrganizationId: string;
};

export type UserSettings = Readonly<Record<string, unknown>> & { readonly timeZone: string };

/** As the users list answers with `memberships=WORKSPACE`; without it `memberships` is empty. */
export type UserRow = {
  readonly id: string;
  readonly email: string;
  readonly name: string | null;
  readonly memberships: readonly Membership[];
  readonly profilePicture: string;
  readonly activeWorkspace: string;
  readonly defaultWorkspace: string;
  readonly settings: UserSettings | null;
  /** Of the account, over all workspaces: stays ACTIVE for a deactivated member (Clockify documentation). */
  readonly status: string;
  readonly customFields: readonly unknown[];
};

export type ProjectRow = {
  readonly id: string;
  readonly name: string;
  readonly hourlyRate: Rate | null;
  readonly clientId: string;
  readonly workspaceId: string;
  readonly billable: boolean;
  readonly memberships: readonly Membership[];
  readonly color: string;
  readonly estimate: { readonly estimate: string; readonly type: string };
  readonly archived: boolean;
  readonly duration: string | null;
  readonly clientName: string;
  readonly note: string;
  readonly costRate: Rate | null;
  readonly timeEstimate: {
    readonly estimate: string;
    readonly type: string;
    readonly resetOption: string | null;
    readonly active: boolean;
    readonly includeNonBillable: boolean;
  };
  readonly budgetEstimate: {
    readonly estimate: number;
    readonly type: string;
    readonly resetOption: string | null;
    readonly active: boolean;
    readonly includeExpenses: boolean;
  } | null;
  readonly estimateReset: unknown;
  readonly public: boolean;
  readonly template: boolean;
};

export type CustomFieldValue = {
  readonly customFieldId: string;
  readonly timeEntryId: string;
  readonly value: unknown;
  readonly name: string;
  readonly type: string;
};

export type EntryType = 'REGULAR' | 'BREAK' | 'HOLIDAY' | 'TIME_OFF';

export type TimeEntryRow = {
  readonly id: string;
  readonly description: string;
  readonly tagIds: readonly string[] | null;
  readonly userId: string;
  readonly billable: boolean;
  readonly taskId: string | null;
  readonly projectId: string | null;
  readonly workspaceId: string;
  readonly timeInterval: { readonly start: string; readonly end: string | null; readonly duration: string | null };
  readonly customFieldValues: readonly CustomFieldValue[];
  readonly type: EntryType;
  readonly kioskId: string | null;
  readonly hourlyRate: Rate | null;
  readonly costRate: Rate | null;
  readonly isLocked: boolean;
};

export type ClientRow = {
  readonly id: string;
  readonly name: string;
  readonly email: string | null;
  readonly ccEmails: readonly string[] | null;
  readonly workspaceId: string;
  readonly archived: boolean;
  readonly address: string | null;
  readonly note: string | null;
  readonly currencyId: string;
  readonly currencyCode: string;
};

export type TagRow = {
  readonly id: string;
  readonly name: string;
  readonly workspaceId: string;
  readonly archived: boolean;
};

export type TaskRow = {
  readonly id: string;
  readonly name: string;
  readonly projectId: string;
  readonly assigneeIds: readonly string[];
  readonly assigneeId: string | null;
  readonly userGroupIds: readonly string[];
  readonly estimate: string;
  readonly status: 'ACTIVE' | 'DONE';
  readonly budgetEstimate: number | null;
  readonly duration: string | null;
  readonly billable: boolean;
  readonly hourlyRate: Rate | null;
  readonly costRate: Rate | null;
};

export type UserGroupRow = {
  readonly id: string;
  readonly name: string;
  readonly workspaceId: string;
  readonly userIds: readonly string[];
  /** As with `includeTeamManagers`; without it the list answers none. */
  readonly teamManagers: readonly { readonly id: string; readonly name: string | null }[];
};

export type CustomFieldRow = {
  readonly id: string;
  readonly workspaceId: string;
  readonly name: string;
  readonly description: string | null;
  readonly type: string;
  readonly placeholder: string | null;
  readonly allowedValues: readonly string[];
  readonly workspaceDefaultValue: unknown;
  readonly onlyAdminCanEdit: boolean;
  readonly required: boolean;
  readonly status: 'INACTIVE' | 'VISIBLE' | 'INVISIBLE';
  readonly entityType: 'TIMEENTRY' | 'USER';
  readonly projectDefaultValues: readonly unknown[];
};

export type ResourceRows = {
  workspaces: WorkspaceRow;
  users: UserRow;
  projects: ProjectRow;
  timeEntries: TimeEntryRow;
  clients: ClientRow;
  tags: TagRow;
  tasks: TaskRow;
  userGroups: UserGroupRow;
  customFields: CustomFieldRow;
  expenseCategories: ExpenseCategoryRow;
  expenses: ExpenseRow;
  approvals: ApprovalRow;
  invoices: InvoiceRow;
};

export type ResourceName = keyof ResourceRows;
export type Row = ResourceRows[ResourceName];

export const RESOURCE_NAMES: readonly ResourceName[] = [
  'workspaces',
  'users',
  'projects',
  'timeEntries',
  'clients',
  'tags',
  'tasks',
  'userGroups',
  'customFields',
  'expenseCategories',
  'expenses',
  'approvals',
  'invoices',
];
