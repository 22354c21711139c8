import { readFile } from 'node:fs/promises';
import type { ConnectionOptions } from 'node:tls';
import type { KafkaEndpoint, KafkaSecurity, StoredValue } from '../../config/job.ts';
import { Secret } from '../../config/secret.ts';
import { StoredValues } from '../../credentials/stored-values.ts';
import { MskBackupError } from '../../errors.ts';
import { iamTokens } from './iam-token.ts';

/** How connections prove who they are. */
export interface ConnectionSecurity {
  /** Null for plaintext. */
  tls: ConnectionOptions | null;
  /** Null for none. */
  sasl: SaslSettings | null;
}

export type SaslSettings =
  | { mechanism: 'PLAIN' | 'SCRAM-SHA-256' | 'SCRAM-SHA-512'; username: string; password: string }
  | {
      mechanism: 'OAUTHBEARER';
      /** Asked for at each login. */
      token(): Promise<string>;
    };

/**
 * Reads what the settings name: PEM files, and values that are kept in AWS.
 * @throws MskBackupError kind `configuration`: `CREDENTIALS_MISSING`, `SECURITY_FILE_UNREADABLE`, `SECURITY_FILE_INVALID`, `REGION_MISSING`,
 *   `STORED_VALUE_UNAVAILABLE`, `STORED_VALUE_INVALID`
 */
export async function loadSecurity({ security, bootstrapServers }: KafkaEndpoint): Promise<ConnectionSecurity> {
  const values = new StoredValues();
  const sasl = security.protocol.startsWith('SASL_') ? await saslOf(security, bootstrapServers, values) : null;
  const tls = security.protocol.endsWith('SSL') ? await tlsOf(security, values) : null;
  return { tls, sasl };
}

async function saslOf(security: KafkaSecurity, servers: string[], values: StoredValues): Promise<SaslSettings> {
  const { mechanism, username, password } = security;
  if (mechanism === 'AWS_MSK_IAM') return { mechanism: 'OAUTHBEARER', token: iamTokens(security, servers) };
  if (mechanism === undefined || username === undefined || password === undefined) {
    throw new MskBackupError(
      'configuration',
      'CREDENTIALS_MISSING',
      'security: SASL needs a mechanism (PLAIN, SCRAM-SHA-256, SCRAM-SHA-512), a user name and a password',
    );
  }
  return {
    mechanism,
    username:
      typeof username === 'string' ? username : await values.read(username, 'security.sasl_username', 'username'),
    password:
      password instanceof Secret
        ? password.reveal()
        : await values.read(password, 'security.sasl_password', 'password'),
  };
}

async function tlsOf(security: KafkaSecurity, values: StoredValues): Promise<ConnectionOptions> {
  const { caFile, certificateFile, keyFile } = security;
  return {
    ...(caFile !== undefined && { ca: await readPem(caFile, 'security.ssl_ca_location', values) }),
    ...(certificateFile !== undefined && {
      cert: await readPem(certificateFile, 'security.ssl_certificate_location', values),
    }),
    ...(keyFile !== undefined && { key: await readPem(keyFile, 'security.ssl_key_location', values) }),
  };
}

async function readPem(place: string | StoredValue, setting: string, values: StoredValues): Promise<Buffer | string> {
  const pem = typeof place === 'string' ? await readText(place) : await values.read(place, setting);
  // Node takes anything here, and without a certificate in it trusts nobody, or has none to show.
  if (pem.includes('-----BEGIN ')) return pem;
  const source = typeof place === 'string' ? place : place.arn;
  throw new MskBackupError('configuration', 'SECURITY_FILE_INVALID', `${setting}: ${source} holds no PEM text`);
}

async function readText(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8');
  } catch (cause) {
    throw new MskBackupError(
      'configuration',
      'SECURITY_FILE_UNREADABLE',
      `security: cannot read ${path} (${(cause as NodeJS.ErrnoException).code}); correct the path or its permissions`,
      { cause },
    );
  }
}
