import type { ArchiveLocation } from '../arguments/archive-location.ts';
import { type Authentication, IAM, mechanismOf } from '../arguments/authentication.ts';
import { trimmedPrefix } from '../policies/archive-place.ts';
import { literal } from './configuration.ts';
import type { Section } from './settings.ts';

/** The environment variables that the container gets from the secrets. */
export const USERNAME = 'KAFKA_USERNAME';
export const PASSWORD = 'KAFKA_PASSWORD';

/** `source.security` or `target.security`. Certificates are read by the program itself, by their ARNs. */
export function securitySection(authentication: Authentication | undefined): Section {
  const mechanism = mechanismOf(authentication);
  if (mechanism === 'NONE') return { security_protocol: 'PLAINTEXT' };
  const { caSecretArn, certificateSecretArn, privateKeySecretArn } = authentication ?? {};
  const tls = {
    ssl_ca_location: caSecretArn,
    ssl_certificate_location: certificateSecretArn,
    ssl_key_location: privateKeySecretArn,
  };
  if (mechanism === 'TLS') return { security_protocol: 'SSL', ...tls };
  const sasl = { security_protocol: 'SASL_SSL', sasl_mechanism: mechanism };
  if (mechanism === IAM) return { ...sasl, ...tls };
  return { ...sasl, sasl_username: `\${${USERNAME}}`, sasl_password: `\${${PASSWORD}}`, ...tls };
}

/** @param region of the component, where the archive has none of its own */
export function storageSection({ bucketName, region, prefix = '' }: ArchiveLocation, home: string): Section {
  const trimmed = trimmedPrefix(prefix);
  return {
    backend: 's3',
    bucket: bucketName,
    region: region ?? home,
    prefix: trimmed === '' ? undefined : literal(trimmed),
  };
}

/** AWS gives brokers with commas between them, in an order that changes: sorted, so that a deployment shows no false change. */
export function serverList(bootstrapServers: string): string[] {
  return bootstrapServers
    .split(',')
    .map((server) => server.trim())
    .filter((server) => server !== '')
    .sort();
}
