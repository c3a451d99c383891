import { compileDateFormat } from '../clockify/macros.ts';
import { checkSteps } from '../clockify/manual/check.ts';
import { compileReportBody } from '../clockify/report-body.ts';
import type { Judges } from '../config/judges.ts';
import type { ReportConfig } from '../config/source-config.ts';
import { toWorkerError } from '../core/errors.ts';

/** Those who will make the requests, asked while the configuration is read: nothing wrong is found later. */
export const judges: Judges = { checkDateFormat, checkSteps, checkReport };

function checkDateFormat(pattern: string, zone: string): string | undefined {
  return faultOf(() => compileDateFormat(pattern, zone))?.message;
}

function checkReport(kind: 'detailed' | 'summary', { body, time }: ReportConfig, parameters: readonly string[]) {
  const params = Object.fromEntries(parameters.map((name) => [name, '0']));
  return faultOf(() => compileReportBody({ kind, body, params, time }).at(Date.now()));
}

function faultOf(compile: () => unknown): { readonly message: string; readonly hint: string } | undefined {
  try {
    compile();
    return undefined;
  } catch (thrown) {
    const { message, hint = '' } = toWorkerError(thrown);
    return { message, hint };
  }
}
