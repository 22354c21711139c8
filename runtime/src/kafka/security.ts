import { readFile } from 'node:fs/promises';
import type { ConnectionOptions } from 'node:tls';
import type { KafkaSecurity } from '../config/job.ts';
import { MskBackupError } from '../errors.ts';

/** How connections prove who they are, in the client library's words. */
export interface ConnectionSecurity {
  /** Null for plaintext. */
  tls: ConnectionOptions | null;
  /** Null for none. */
  sasl: { mechanism: string; username: string; password: string } | null;
}

/**
 * Reads the PEM files that the settings name.
 * @throws MskBackupError kind `configuration`: `IAM_NOT_AVAILABLE`, `CREDENTIALS_MISSING`, `SECURITY_FILE_UNREADABLE`
 */
export async function loadSecurity(security: KafkaSecurity): Promise<ConnectionSecurity> {
  const sasl = security.protocol.startsWith('SASL_') ? saslOf(security) : null;
  const tls = security.protocol.endsWith('SSL') ? await tlsOf(security) : null;
  return { tls, sasl };
}

function saslOf({ mechanism, username, password }: KafkaSecurity): ConnectionSecurity['sasl'] {
  if (mechanism === 'AWS_MSK_IAM') {
    throw new MskBackupError(
      'configuration',
      'IAM_NOT_AVAILABLE',
      'security: AWS_MSK_IAM is not available yet; use SCRAM-SHA-512, TLS or PLAINTEXT listeners of the cluster',
    );
  }
  if (mechanism === undefined || username === undefined || password === undefined) {
    throw new MskBackupError(
      'configuration',
      'CREDENTIALS_MISSING',
      'security: SASL needs a mechanism (PLAIN, SCRAM-SHA-256, SCRAM-SHA-512), a user name and a password',
    );
  }
  return { mechanism: mechanism.toLowerCase(), username, password: password.reveal() };
}

async function tlsOf({ caFile, certificateFile, keyFile }: KafkaSecurity): Promise<ConnectionOptions> {
  return {
    ...(caFile !== undefined && { ca: await readPem(caFile) }),
    ...(certificateFile !== undefined && { cert: await readPem(certificateFile) }),
    ...(keyFile !== undefined && { key: await readPem(keyFile) }),
  };
}

async function readPem(path: string): Promise<Buffer> {
  try {
    return await readFile(path);
  } catch (cause) {
    throw new MskBackupError(
      'configuration',
      'SECURITY_FILE_UNREADABLE',
      `security: cannot read ${path} (${(cause as NodeJS.ErrnoException).code}); correct the path or its permissions`,
      { cause },
    );
  }
}
