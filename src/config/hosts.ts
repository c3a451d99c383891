import type { Region } from './config.ts';

export interface Addresses {
  readonly baseUrl: string;
  readonly reportsUrl: string;
}

/** Clockify's addresses by region (clockify.me help, "API base endpoint for subdomain and data region users"). */
const REGIONS: Readonly<Record<Region, Addresses>> = {
  global: { baseUrl: 'https://api.clockify.me/api/v1', reportsUrl: 'https://reports.api.clockify.me/v1' },
  euc1: onHost('https://euc1.clockify.me'),
  use2: onHost('https://use2.clockify.me'),
  euw2: onHost('https://euw2.clockify.me'),
  apse2: onHost('https://apse2.clockify.me'),
};

export const REGION_NAMES = Object.keys(REGIONS) as Region[];

export function regionAddresses(region: Region): Addresses {
  return REGIONS[region];
}

/** A workspace with a subdomain has both APIs on it. */
export function subdomainAddresses(subdomain: string): Addresses {
  return onHost(`https://${subdomain}.clockify.me`);
}

/**
 * Both addresses from a given `base_url`: a region's own where it is one; else reports are where a regional host has
 * them. An address without a path is a host alone, and means the path that Clockify's hosts have.
 */
export function customAddresses(baseUrl: string, reportsUrl: string | undefined): Addresses & { region: Region } {
  const { origin, pathname } = new URL(baseUrl);
  const path = pathname === '/' ? '/api/v1' : pathname.replace(/\/+$/, '');
  const region = REGION_NAMES.find((name) => new URL(REGIONS[name].baseUrl).origin === origin) ?? 'global';
  const isKnown = new URL(REGIONS[region].baseUrl).origin === origin;
  const derived = isKnown ? REGIONS[region].reportsUrl : `${origin}${path.replace(/\/api\/v1$/, '')}/report/v1`;
  return { baseUrl: `${origin}${path}`, reportsUrl: reportsUrl ?? derived, region };
}

/** Whether the host is Clockify's, by name alone. */
export function isClockifyHost(url: string): boolean {
  const { protocol, hostname, port } = new URL(url);
  if (protocol !== 'https:' || port !== '') return false;
  return hostname === 'reports.api.clockify.me' || /^(?!xn--)[a-z0-9-]+\.clockify\.me$/.test(hostname);
}

/** A label of one workspace, not a host of Clockify's own. */
export function isOwnHost(label: string): boolean {
  return ['api', 'reports', 'auditlog-api', 'developer', 'app', 'www', ...REGION_NAMES].includes(label);
}

function onHost(origin: string): Addresses {
  return { baseUrl: `${origin}/api/v1`, reportsUrl: `${origin}/report/v1` };
}
