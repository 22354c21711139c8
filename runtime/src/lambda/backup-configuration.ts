import { parseDocument, stringify } from 'yaml';
import { readConfiguration } from '../config/read-configuration.ts';
import { MskBackupError } from '../errors.ts';

/** As the environment of a function names it, for backups without a configuration of their own. */
const DEFAULT_PREFIX = 'msk-backups';

/**
 * The configuration of a function: what `MSK_BACKUP_CONFIG` holds or names, else one made of
 * - `MSK_BOOTSTRAP_SERVERS`: brokers, with commas between
 * - `MSK_SECURITY_PROTOCOL`: default `SASL_SSL`, which means MSK's IAM authentication here
 * - `BACKUP_BUCKET`, `BACKUP_PREFIX` (default `msk-backups`)
 * @param topics in place of those of the configuration. Undefined: those, or all.
 * @throws MskBackupError `ENVIRONMENT_INCOMPLETE`, and as `readConfiguration`
 */
export async function backupConfiguration(
  env: NodeJS.ProcessEnv,
  topics: readonly string[] | undefined,
): Promise<{ text: string; file: string }> {
  const { text, file } = env.MSK_BACKUP_CONFIG ? await readConfiguration(undefined, { env }) : ofEnvironment(env);
  if (topics === undefined) return { text, file };
  const document = parseDocument(text);
  // What is wrong with it is told by the configuration's own reader.
  if (document.errors.length > 0) return { text, file };
  document.setIn(['source', 'topics', 'include'], topics);
  return { text: document.toString(), file };
}

function ofEnvironment(env: NodeJS.ProcessEnv): { text: string; file: string } {
  const missing = ['MSK_BOOTSTRAP_SERVERS', 'BACKUP_BUCKET'].filter((name) => !env[name]);
  if (missing.length > 0) {
    throw new MskBackupError(
      'configuration',
      'ENVIRONMENT_INCOMPLETE',
      `no configuration: set ${missing.join(' and ')}, or MSK_BACKUP_CONFIG`,
    );
  }
  const protocol = env.MSK_SECURITY_PROTOCOL || 'SASL_SSL';
  const configuration = {
    mode: 'backup',
    source: {
      bootstrap_servers: [env.MSK_BOOTSTRAP_SERVERS],
      security: {
        security_protocol: protocol,
        ...(protocol === 'SASL_SSL' && { sasl_mechanism: 'AWS_MSK_IAM' }),
      },
    },
    storage: { backend: 's3', bucket: env.BACKUP_BUCKET, prefix: env.BACKUP_PREFIX ?? DEFAULT_PREFIX },
  };
  return { text: stringify(configuration), file: 'environment' };
}
