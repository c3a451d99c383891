import { subscriptionOf } from './plan.ts';
import type {
  ClientRow,
  CustomFieldRow,
  Membership,
  ProjectRow,
  Rate,
  TaskRow,
  UserRow,
  UserSettings,
  WorkspaceRow,
} from './rows.ts';
import { isoDuration } from './time.ts';

const WEEKDAYS = ['MONDAY', 'TUESDAY', 'WEDNESDAY', 'THURSDAY', 'FRIDAY'] as const;

function rate(amount: number): Rate {
  return { amount, currency: 'USD' };
}

export function membership(
  userId: string,
  targetId: string,
  type: Membership['membershipType'],
  status: Membership['membershipStatus'] = 'ACTIVE',
): Membership {
  return {
    userId,
    hourlyRate: null,
    costRate: null,
    targetId,
    membershipType: type,
    membershipStatus: status,
  };
}

export function workspaceRow(input: {
  readonly id: string;
  readonly name: string;
  readonly currencyId: string;
  readonly organizationId: string;
  readonly features: readonly string[];
}): WorkspaceRow {
  return {
    id: input.id,
    name: input.name,
    hourlyRate: rate(5000),
    costRate: null,
    memberships: [],
    workspaceSettings: workspaceSettings(),
    imageUrl: '',
    featureSubscriptionType: subscriptionOf(input.features),
    features: input.features,
    currencies: [{ id: input.currencyId, code: 'USD', isDefault: true }],
    subdomain: { name: null, enabled: false },
    cakeOrganizationId: input.organizationId,
  };
}

function workspaceSettings(): WorkspaceRow['workspaceSettings'] {
  return {
    timeRoundingInReports: false,
    onlyAdminsSeeBillableRates: true,
    onlyAdminsCreateProject: true,
    defaultBillableProjects: true,
    lockTimeEntries: null,
    lockTimeZone: null,
    round: { round: 'Round to nearest', minutes: '15' },
    projectFavorites: true,
    forceProjects: false,
    forceTasks: false,
    forceTags: false,
    forceDescription: false,
    trackTimeDownToSecond: true,
    projectGroupingLabel: 'CLIENT',
    adminOnlyPages: [],
    automaticLock: null,
    timeTrackingMode: 'DEFAULT',
    numberFormat: 'COMMA_PERIOD',
    durationFormat: 'FULL',
    entityCreationPermissions: {
      whoCanCreateTasks: 'EVERYONE',
      whoCanCreateProjectsAndClients: 'ADMINS',
      whoCanCreateTags: 'EVERYONE',
    },
    workingDays: WEEKDAYS,
    isProjectPublicByDefault: true,
  };
}

function userSettings(timeZone: string): UserSettings {
  return {
    weekStart: 'MONDAY',
    timeZone,
    timeFormat: 'HOUR24',
    dateFormat: 'MM/DD/YYYY',
    sendNewsletter: false,
    weeklyUpdates: false,
    longRunning: false,
    scheduledReports: true,
    approval: true,
    pto: true,
    alerts: true,
    reminders: true,
    timeTrackingManual: false,
    summaryReportSettings: { group: 'Project', subgroup: 'Time Entry' },
    isCompactViewOn: false,
    dashboardSelection: 'ME',
    dashboardViewType: 'PROJECT',
    projectListCollapse: 50,
    collapseAllProjectLists: false,
    groupSimilarEntriesDisabled: false,
    myStartOfDay: '09:00',
    theme: 'DEFAULT',
    lang: 'EN',
    multiFactorEnabled: false,
    onboarding: false,
    showOnlyWorkingDays: false,
  };
}

export function userRow(input: {
  readonly id: string;
  readonly email: string;
  readonly name: string | null;
  readonly workspaceId: string;
  readonly timeZone: string;
}): UserRow {
  return {
    id: input.id,
    email: input.email,
    name: input.name,
    memberships: [],
    profilePicture: `https://img.clockify.me/simulator/${input.id}.png`,
    activeWorkspace: input.workspaceId,
    defaultWorkspace: input.workspaceId,
    settings: userSettings(input.timeZone),
    status: 'ACTIVE',
    customFields: [],
  };
}

export function projectRow(input: {
  readonly id: string;
  readonly name: string;
  readonly workspaceId: string;
  readonly client: ClientRow | undefined;
  readonly color: string;
  readonly billable: boolean;
  readonly hourlyRate: Rate | null;
  readonly public: boolean;
  readonly template: boolean;
  readonly memberIds: readonly string[];
}): ProjectRow {
  return {
    id: input.id,
    name: input.name,
    hourlyRate: input.hourlyRate,
    clientId: input.client?.id ?? '',
    workspaceId: input.workspaceId,
    billable: input.billable,
    memberships: input.memberIds.map((userId) => membership(userId, input.id, 'PROJECT')),
    color: input.color,
    estimate: { estimate: 'PT0S', type: 'AUTO' },
    archived: false,
    duration: input.template ? null : isoDuration(0),
    clientName: input.client?.name ?? '',
    note: '',
    costRate: null,
    timeEstimate: { estimate: 'PT0S', type: 'AUTO', resetOption: null, active: false, includeNonBillable: true },
    budgetEstimate: null,
    estimateReset: null,
    public: input.public,
    template: input.template,
  };
}

export function clientRow(id: string, workspaceId: string, name: string, currencyId: string): ClientRow {
  return {
    id,
    name,
    email: null,
    ccEmails: null,
    workspaceId,
    archived: false,
    address: null,
    note: null,
    currencyId,
    currencyCode: 'USD',
  };
}

/** As the list answers: `duration` is null there, and `PT0S` in the single read (observed 2026-03). */
export function taskRow(id: string, projectId: string, name: string): TaskRow {
  return {
    id,
    name,
    projectId,
    assigneeIds: [],
    assigneeId: null,
    userGroupIds: [],
    estimate: 'PT0S',
    status: 'ACTIVE',
    budgetEstimate: 0,
    duration: null,
    billable: false,
    hourlyRate: null,
    costRate: null,
  };
}

export function customFieldRow(id: string, workspaceId: string, name: string, type: string): CustomFieldRow {
  return {
    id,
    workspaceId,
    name,
    description: null,
    type,
    placeholder: null,
    allowedValues: type.startsWith('DROPDOWN') ? ['travel', 'desk', 'site'] : [],
    workspaceDefaultValue: null,
    onlyAdminCanEdit: false,
    required: false,
    status: 'VISIBLE',
    entityType: 'TIMEENTRY',
    projectDefaultValues: [],
  };
}
