import type { Rate } from '../core/rate.ts';
import { isLoopback } from './address.ts';
import type { Credential } from './config.ts';
import { credentialShape, type GivenCredential } from './credential-shape.ts';
import { CREDENTIAL_DEFAULTS, PLAN_LIMITS, PLAN_RATES } from './defaults.ts';
import { NAME, NAME_HINT } from './format.ts';
import { type Addresses, customAddresses, isClockifyHost, regionAddresses, subdomainAddresses } from './hosts.ts';
import { warnOfSecret } from './process-settings.ts';
import { rate } from './quantity.ts';
import type { Report } from './report.ts';

import { mapOf, readShape } from './shape.ts';
import { emptyMap, join, type MapNode, type Node, some } from './tree.ts';

/** @returns those that are right, by name; the report has the others */
export function readCredentials(root: MapNode, report: Report): Readonly<Record<string, Credential>> {
  const found: Record<string, Credential> = {};
  const entry = root.entries.get('credentials');
  if (entry === undefined) {
    report.problem(root.at, 'credentials', 'is missing', 'Give at least one: credentials: { name: { api_key: … } }.');
    return found;
  }
  const map = mapOf(entry.value, 'credentials', 'Write name: { api_key: … }.', report);
  if (map?.entries.size === 0) report.problem(map.at, 'credentials', 'is empty', 'Give at least one.');
  for (const [name, { keyAt, value }] of map?.entries ?? []) {
    const path = join('credentials', name);
    if (!NAME.test(name)) report.problem(keyAt, path, 'is not a name', NAME_HINT);
    else {
      const credential = readCredential(name, value, path, report);
      if (credential !== undefined) found[name] = credential;
    }
  }
  return found;
}

function readCredential(name: string, node: Node, path: string, report: Report): Credential | undefined {
  const map = mapOf(node, path, 'Write api_key: … below it.', report);
  const given = map === undefined ? undefined : readShape(credentialShape, map, path, report);
  if (map === undefined || given === undefined) return undefined;
  const key = map.entries.get('api_key');
  if (key !== undefined && !some(key.value, ({ fromReference }) => fromReference)) {
    warnOfSecret(key.value.at, join(path, 'api_key'), report);
  }
  if (!isOneAddress(given, map, path, report)) return undefined;
  const credential = resolve(name, given);
  warnOfHost(credential, map, path, report);
  warnOfRate(credential, map, path, report);
  return credential;
}

function resolve(name: string, given: GivenCredential): Credential {
  const plan = given.plan ?? CREDENTIAL_DEFAULTS.plan;
  const { baseUrl, reportsUrl, region } = addressesOf(given);
  const planned = rate.read(PLAN_RATES[plan]).value ?? { requests: 1, windowMs: 3_600_000 };
  return {
    name,
    apiKey: given.api_key,
    plan,
    region,
    baseUrl,
    reportsUrl,
    allowedOrigins: [...new Set([new URL(baseUrl).origin, new URL(reportsUrl).origin])],
    rate: withBurst(given.rate ?? planned, given.burst),
    reportsRate: withBurst(given.reports_rate ?? planned, undefined),
    sharedWorkspaces: given.shared_workspaces ?? [],
  };
}

function withBurst({ requests, windowMs }: Omit<Rate, 'burst'>, burst = requests): Rate {
  return { requests, windowMs, burst: Math.min(burst, requests) };
}

function addressesOf(given: GivenCredential): Addresses & Pick<Credential, 'region'> {
  if (given.base_url !== undefined) return customAddresses(given.base_url, given.reports_url);
  const region = given.region ?? CREDENTIAL_DEFAULTS.region;
  const { baseUrl, reportsUrl } =
    given.subdomain === undefined ? regionAddresses(region) : subdomainAddresses(given.subdomain);
  return { baseUrl, reportsUrl: given.reports_url ?? reportsUrl, region };
}

/** A credential has one address: two that might disagree are refused, rather than one of them ignored. */
function isOneAddress(given: GivenCredential, map: MapNode, path: string, report: Report): boolean {
  const [first, second] = (['base_url', 'subdomain', 'region'] as const).filter((key) => given[key] !== undefined);
  if (first !== undefined && second !== undefined) {
    const at = map.entries.get(second)?.keyAt ?? map.at;
    report.problem(at, join(path, second), `cannot stand beside ${first}`, `Keep one of ${first} and ${second}.`);
    return false;
  }
  return true;
}

function warnOfHost(credential: Credential, map: MapNode, path: string, report: Report): void {
  const foreign = credential.allowedOrigins.filter(
    (origin) => !isClockifyHost(origin) && !isLoopback(new URL(origin).hostname),
  );
  if (foreign.length === 0) return;
  const key = foreign.includes(new URL(credential.baseUrl).origin) ? 'base_url' : 'reports_url';
  const nodes = ['base_url', 'reports_url'].map((name) => map.entries.get(name)?.value ?? emptyMap(map.at));
  const isHidden = nodes.some((node) => some(node, ({ fromReference }) => fromReference));
  const shown = isHidden ? 'a host' : foreign.join(' and ');
  report.warn(
    map.entries.get(key)?.value.at ?? map.at,
    join(path, key),
    `sends the API key to ${shown} outside clockify.me`,
    '',
  );
}

function warnOfRate(
  { plan, rate: { requests, windowMs, burst }, baseUrl }: Credential,
  map: MapNode,
  path: string,
  report: Report,
) {
  const { windowS, requests: limit } = PLAN_LIMITS[plan];
  const windows = Math.ceil((windowS * 1_000) / windowMs);
  const bursts = Math.ceil((windowS * 1_000 * requests) / (windowMs * burst));
  const most = Math.min(requests * windows, burst * bursts);
  if (most <= limit || !isClockifyHost(baseUrl)) return;
  const message = `allows ${most} requests in ${windowS} s, and Clockify answers ${limit} on a ${plan} plan`;
  const at = (map.entries.get('rate') ?? map.entries.get('burst'))?.keyAt ?? map.at;
  report.warn(at, join(path, 'rate'), message, `Keep rate, or burst, within ${limit} in ${windowS} s.`);
}
