import type { Config } from './config.ts';

/** Everything that must not be seen: for the logger's scrubber. */
export function secretsOf(config: Config): readonly string[] {
  const { registry, kafka } = config;
  const { sasl, tls } = kafka;
  const ofKafka = sasl?.mechanism === 'oauthbearer' ? sasl.clientSecret : sasl?.password;
  const others = [
    config.mask.key,
    config.console.token,
    ofKafka,
    tls?.keyPassword,
    registry.password,
    registry.token,
    registry.tls?.keyPassword,
  ];
  const keys = Object.values(config.credentials).map(({ apiKey }) => apiKey);
  return [...keys, ...others.filter((secret) => secret !== undefined)];
}
