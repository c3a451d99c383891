import type { Answer } from './answer.ts';

const CONTENT_TYPES: Readonly<Record<string, string>> = {
  CSV: 'text/csv',
  PDF: 'application/pdf',
  ZIP: 'application/zip',
  XLSX: 'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet',
};

/** A file in place of JSON. What is in it is nobody's business here: only that it is no JSON. */
export function exported(type: string): Answer {
  const contentType = CONTENT_TYPES[type] ?? 'application/octet-stream';
  return { status: 200, headers: { 'content-type': contentType }, body: `simulated ${type} export\r\n` };
}
