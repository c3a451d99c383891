import { type Answer, ApiError, type ApiRequest, accessDenied, notOfWorkspace, ok } from './answer.ts';
import { pageOf } from './paging.ts';
import type { InvoiceRow } from './paperwork-rows.ts';
import { listOf } from './query.ts';
import { enterWorkspace } from './resource-workspaces.ts';
import { sorted } from './sorting.ts';

const STATUSES = ['UNSENT', 'SENT', 'PAID', 'PARTIALLY_PAID', 'VOID', 'OVERDUE'];

const COLUMNS = {
  ID: ({ id }: InvoiceRow) => id,
  CLIENT: ({ clientName }: InvoiceRow) => clientName.toLowerCase(),
  DUE_ON: ({ dueDate }: InvoiceRow) => dueDate,
  ISSUE_DATE: ({ issuedDate }: InvoiceRow) => issuedDate,
  AMOUNT: ({ amount }: InvoiceRow) => amount,
  BALANCE: ({ balance }: InvoiceRow) => balance,
};

/** In an envelope with the number of all; for an admin's key only. */
export function listInvoices(request: ApiRequest): Answer {
  const { query, caller, store } = request;
  const { workspace } = enterWorkspace(request);
  if (caller.role !== 'ADMIN') throw accessDenied();
  const statuses = listOf(query, 'statuses');
  const unknown = statuses.find((status) => !STATUSES.includes(status));
  if (unknown !== undefined) throw new ApiError(400, 3000, `Method parameter 'statuses': No enum constant ${unknown}`);
  const rows = store
    .rows('invoices', workspace.id)
    .filter(({ status }) => statuses.length === 0 || statuses.includes(status));
  const answer = pageOf(request, sorted(request, rows, COLUMNS));
  return { ...answer, body: { total: rows.length, invoices: answer.body } };
}

export function getInvoice(request: ApiRequest): Answer {
  const { workspace } = enterWorkspace(request);
  if (request.caller.role !== 'ADMIN') throw accessDenied();
  const row = request.store.row('invoices', workspace.id, request.params.id ?? '');
  if (row === undefined) throw notOfWorkspace('Invoice');
  return ok({ ...row, subtotal: row.amount, discount: 0, tax: 0, tax2: 0, subject: '', note: '', items: [] });
}
