import type { ReadSettings } from './process-settings.ts';
import type { Report } from './report.ts';
import type { SettingPath } from './settings.ts';
import { NOWHERE } from './tree.ts';

type Problem = (path: SettingPath, message: string, hint: string) => void;

/** What settings of TLS and of authentication may get wrong together. */
export function checkSecure({ get, setAt }: ReadSettings, report: Report): void {
  const problem: Problem = (path, message, hint) => report.problem(setAt(path) ?? NOWHERE, path, message, hint);
  const isGiven = (path: SettingPath): boolean => get(path) !== null;
  checkTls(isGiven, get('kafka.tls'), get('registry.url').startsWith('https:'), problem);
  checkSasl(isGiven, get('kafka.sasl_mechanism'), problem);
  if (get('kafka.sasl_mechanism') === 'plain' && !get('kafka.tls')) {
    const hint = 'Set kafka.tls: true, or take scram-sha-512.';
    report.warn(
      setAt('kafka.sasl_mechanism') ?? NOWHERE,
      'kafka.sasl_mechanism',
      'sends the password in clear text',
      hint,
    );
  }
  const clear = get('kafka.oauth_token_url')?.startsWith('http:') === true;
  if (clear && !isLoopback(get('kafka.oauth_token_url') ?? '')) {
    problem('kafka.oauth_token_url', 'would send the secret in clear text', 'https; http only to this machine.');
  }
  if (isGiven('registry.token') && isGiven('registry.username')) {
    problem('registry.token', 'stands beside registry.username', 'Give a token, or a user and a password.');
  }
}

function isLoopback(url: string): boolean {
  return /^http:\/\/(?:localhost|127\.\d+\.\d+\.\d+|\[::1\])(?::|\/|$)/.test(url);
}

const TLS_FILES = ['tls_ca', 'tls_certificate', 'tls_key', 'tls_key_password'] as const;

function checkTls(isGiven: (path: SettingPath) => boolean, kafka: boolean, registry: boolean, problem: Problem): void {
  for (const [of, isOn, on] of [
    ['kafka', kafka, 'kafka.tls: true'],
    ['registry', registry, 'a registry.url with https'],
  ] as const) {
    const given = TLS_FILES.map((name) => `${of}.${name}` as const).filter(isGiven);
    const [first] = given;
    if (first !== undefined && !isOn) problem(first, 'has no use without TLS', `It needs ${on}.`);
    if (isGiven(`${of}.tls_certificate`) !== isGiven(`${of}.tls_key`)) {
      const alone = isGiven(`${of}.tls_key`) ? `${of}.tls_key` : `${of}.tls_certificate`;
      problem(alone as SettingPath, 'stands alone', 'A certificate and its private key go together.');
    }
  }
}

const PASSWORD = ['kafka.sasl_username', 'kafka.sasl_password'] as const;
const OAUTH = ['kafka.oauth_token_url', 'kafka.oauth_client_id', 'kafka.oauth_client_secret'] as const;

/** Each mechanism needs all of its own, and nothing of the others. */
function checkSasl(isGiven: (path: SettingPath) => boolean, mechanism: string | null, problem: Problem): void {
  const [needed, foreign] =
    mechanism === 'oauthbearer'
      ? [OAUTH, PASSWORD]
      : [mechanism === null ? [] : PASSWORD, [...OAUTH, 'kafka.oauth_scope'] as const];
  const unused = mechanism === null ? [...PASSWORD, ...foreign] : foreign;
  for (const path of needed) {
    if (!isGiven(path)) problem('kafka.sasl_mechanism', `${mechanism} needs ${path}`, `Give ${needed.join(', ')}.`);
  }
  for (const path of unused) {
    if (isGiven(path)) problem(path, `has no use with ${mechanism ?? 'no kafka.sasl_mechanism'}`, 'Take it away.');
  }
}
