import type { Caller } from './answer.ts';
import type { ReportEntry } from './report-entries.ts';
import { booleanIn, choiceOf, type Fields, fieldsIn, listIn, textOf, textsIn } from './report-request.ts';
import type { Store } from './store.ts';

type Filter = (entry: ReportEntry) => boolean;

const USER_STATUSES = ['ALL', 'ACTIVE_WITH_PENDING', 'ACTIVE', 'PENDING', 'INACTIVE'] as const;
const STATUSES = ['ACTIVE', 'ARCHIVED', 'ALL'] as const;
const CONTAINS = ['CONTAINS', 'DOES_NOT_CONTAIN', 'CONTAINS_ONLY'] as const;

/** What the body asks for, and what the caller may see: a member nothing but their own, without being told. */
export function reportFilter(body: Fields, store: Store, caller: Caller): Filter {
  const filters: readonly (Filter | undefined)[] = [
    caller.role === 'ADMIN' ? undefined : ({ row }) => row.userId === caller.userId,
    idFilter(body, 'users', ({ row }) => [row.userId], userStatus(body)),
    idFilter(body, 'userGroups', (entry) => groupIdsOf(store, entry), undefined),
    idFilter(body, 'projects', ({ row }) => idsOf(row.projectId), archivedStatus(body, 'projects', 'project')),
    idFilter(body, 'clients', ({ client }) => idsOf(client?.id), archivedStatus(body, 'clients', 'client')),
    idFilter(body, 'tasks', ({ row }) => idsOf(row.taskId), taskStatus(body)),
    idFilter(body, 'tags', ({ row }) => row.tagIds ?? [], undefined),
    flagFilter(body),
    descriptionFilter(body),
    approvalFilter(body),
    invoicingFilter(body),
    auditFilter(body),
    ...customFieldFilters(body),
  ];
  const given = filters.filter((filter) => filter !== undefined);
  return (entry) => given.every((filter) => filter(entry));
}

/** Without ids only the status counts. */
function idFilter(
  body: Fields,
  name: string,
  read: (entry: ReportEntry) => readonly string[],
  status: Filter | undefined,
): Filter | undefined {
  const asked = fieldsIn(body, name);
  if (asked === undefined) return undefined;
  const ids = textsIn(asked, 'ids');
  const contains = choiceOf(asked, name === 'tags' ? 'containedInTimeentry' : 'contains', CONTAINS);
  const rule = contains ?? choiceOf(asked, 'contains', CONTAINS) ?? 'CONTAINS';
  return (entry) => (status?.(entry) ?? true) && (ids.length === 0 || holds(rule, read(entry), ids));
}

function holds(rule: (typeof CONTAINS)[number], own: readonly string[], asked: readonly string[]): boolean {
  if (rule === 'CONTAINS_ONLY') return own.length > 0 && own.every((id) => asked.includes(id));
  return own.some((id) => asked.includes(id)) === (rule === 'CONTAINS');
}

function idsOf(id: string | null | undefined): readonly string[] {
  return id === null || id === undefined ? [] : [id];
}

export function groupIdsOf({ rows }: Store, { row }: ReportEntry): readonly string[] {
  return rows('userGroups', row.workspaceId)
    .filter(({ userIds }) => userIds.includes(row.userId))
    .map(({ id }) => id);
}

function userStatus(body: Fields): Filter | undefined {
  const status = choiceOf(fieldsIn(body, 'users') ?? {}, 'status', USER_STATUSES) ?? 'ALL';
  if (status === 'ALL') return undefined;
  const wanted: readonly (string | undefined)[] = status === 'ACTIVE_WITH_PENDING' ? ['ACTIVE', 'PENDING'] : [status];
  return ({ user }) => wanted.includes(user?.memberships[0]?.membershipStatus);
}

/** An entry that has none of them is neither active nor archived, and stays. */
function archivedStatus(body: Fields, name: string, part: 'project' | 'client'): Filter | undefined {
  const status = choiceOf(fieldsIn(body, name) ?? {}, 'status', STATUSES) ?? 'ALL';
  if (status === 'ALL') return undefined;
  return (entry) => (entry[part]?.archived ?? status === 'ARCHIVED') === (status === 'ARCHIVED');
}

function taskStatus(body: Fields): Filter | undefined {
  const status = choiceOf(fieldsIn(body, 'tasks') ?? {}, 'status', [...STATUSES, 'DONE']) ?? 'ALL';
  if (status === 'ALL') return undefined;
  return ({ task }) => task === undefined || (task.status === 'ACTIVE') === (status === 'ACTIVE');
}

function flagFilter(body: Fields): Filter | undefined {
  const billable = booleanIn(body, 'billable');
  return billable === undefined ? undefined : ({ row }) => row.billable === billable;
}

function descriptionFilter(body: Fields): Filter | undefined {
  if (booleanIn(body, 'withoutDescription') === true) return ({ row }) => row.description === '';
  const text = textOf(body, 'description')?.toLowerCase() ?? '';
  return text === '' ? undefined : ({ row }) => row.description.toLowerCase().includes(text);
}

function approvalFilter(body: Fields): Filter | undefined {
  const state = choiceOf(body, 'approvalState', ['APPROVED', 'UNAPPROVED', 'ALL']) ?? 'ALL';
  return state === 'ALL' ? undefined : ({ approvalId }) => (approvalId !== null) === (state === 'APPROVED');
}

function invoicingFilter(body: Fields): Filter | undefined {
  const state = choiceOf(body, 'invoicingState', ['INVOICED', 'UNINVOICED', 'ALL']) ?? 'ALL';
  return state === 'ALL' ? undefined : ({ isInvoiced }) => isInvoiced === (state === 'INVOICED');
}

function auditFilter(body: Fields): Filter | undefined {
  const asked = fieldsIn(fieldsIn(body, 'detailedFilter') ?? {}, 'auditFilter');
  if (asked === undefined) return undefined;
  const withoutProject = booleanIn(asked, 'withoutProject') === true;
  const withoutTask = booleanIn(asked, 'withoutTask') === true;
  return ({ row }) => (!withoutProject || row.projectId === null) && (!withoutTask || row.taskId === null);
}

/** One filter a field, all of which must hold; a text or a choice is met without case. */
function customFieldFilters(body: Fields): readonly Filter[] {
  return listIn(body, 'customFields').map((asked) => {
    const id = textOf(asked, 'id');
    const isEmpty = booleanIn(asked, 'isEmpty') === true;
    const condition = choiceOf(asked, 'numberCondition', ['EQUAL', 'GREATER_THAN', 'LESS_THAN']) ?? 'EQUAL';
    return ({ row }) => {
      const value = row.customFieldValues.find(({ customFieldId }) => customFieldId === id)?.value ?? null;
      if (isEmpty || value === null) return isEmpty === (value === null);
      return meets(value, asked.value, condition);
    };
  });
}

function meets(value: unknown, wanted: unknown, condition: 'EQUAL' | 'GREATER_THAN' | 'LESS_THAN'): boolean {
  if (typeof value !== 'number') return [value].flat().some((part) => plain(part) === plain(wanted));
  if (condition === 'GREATER_THAN') return value > Number(wanted);
  return condition === 'LESS_THAN' ? value < Number(wanted) : value === Number(wanted);
}

function plain(value: unknown): string {
  return String(value).toLowerCase();
}
