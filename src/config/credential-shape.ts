import * as z from 'zod';
import { apiUrl } from './address.ts';
import { CREDENTIAL_DEFAULTS } from './defaults.ts';
import { accept, choice, type Format, integer, quote, refuse, scalar, secret } from './format.ts';
import { isOwnHost, REGION_NAMES } from './hosts.ts';
import { rate } from './quantity.ts';
import { optional, required } from './shape.ts';
import { bindings } from './source-shape.ts';

const subdomain: Format<string> = scalar(
  'the subdomain of a workspace',
  { type: 'string', pattern: '^[a-z0-9-]+$' },
  (text) => {
    if (!/^(?!xn--)[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/.test(text)) {
      return refuse(`${quote(text)} is not the subdomain of a workspace`, 'Only what stands before .clockify.me.');
    }
    return isOwnHost(text)
      ? refuse(`${quote(text)} is a host of Clockify itself`, 'Say region instead.')
      : accept(text);
  },
);

const plans = choice('a plan', ['free', 'paid']);

export const credentialShape = z.strictObject({
  api_key: required(secret('an API key'), `Best as \${NAME} or \${file:path}.`),
  plan: optional(plans, 'Decides the default rate.', CREDENTIAL_DEFAULTS.plan),
  region: optional(choice('a region', REGION_NAMES), 'Where the data lives.', CREDENTIAL_DEFAULTS.region),
  subdomain: optional(subdomain, 'Of a workspace that has one, without .clockify.me. Instead of region.'),
  base_url: optional(apiUrl, 'Address of the API, with /api/v1. Instead of region; the key goes to this host.'),
  reports_url: optional(
    apiUrl,
    'Address of the reports API, where it is not that of the region, the subdomain or the base_url.',
  ),
  rate: optional(
    rate,
    'Requests of a workspace, and of the calls without one: 10/s, 600/m, 30/h. The default follows from the plan.',
  ),
  shared_workspaces: optional(
    bindings,
    'Ids of workspaces that another credential may poll too, or all. Without it that is refused.',
  ),
  burst: optional(
    integer(1, 999_999),
    'At most so many of the rate at once, the rest spread evenly over its window. Left out, all of them.',
  ),
  reports_rate: optional(rate, 'Requests of the reports host, of all workspaces. The default follows from the plan.'),
});

/** A credential as the file gives it, without defaults. */
export type GivenCredential = z.output<typeof credentialShape>;
