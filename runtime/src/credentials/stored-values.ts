import type { StoredValue } from '../config/job.ts';
import { MskBackupError } from '../errors.ts';
import { SDK_SETTINGS } from './sdk-settings.ts';

/**
 * Reads values that are kept in Secrets Manager and SSM, with the default credentials in the region of their ARN; each
 * secret and parameter once, whatever is taken out of it.
 */
export class StoredValues {
  readonly #texts = new Map<string, Promise<string>>();

  /**
   * @param setting for errors: `security.sasl_password`
   * @param defaultKey taken of a secret that is a JSON object when the ARN names no key: MSK keeps `username` and
   *   `password` together
   * @throws MskBackupError kind `configuration`: `STORED_VALUE_UNAVAILABLE`, `STORED_VALUE_INVALID`. No message shows a value.
   */
  async read(value: StoredValue, setting: string, defaultKey?: string): Promise<string> {
    const version = `${value.id} ${value.versionStage ?? ''} ${value.versionId ?? ''}`;
    let text = this.#texts.get(version);
    if (text === undefined) {
      text = value.service === 'ssm' ? parameterText(value) : secretText(value);
      this.#texts.set(version, text);
    }
    let whole: string;
    try {
      whole = await text;
    } catch (cause) {
      throw unavailable(value, setting, cause);
    }
    const found = value.jsonKey === undefined ? (keyOf(whole, defaultKey) ?? whole) : keyOf(whole, value.jsonKey);
    if (found === undefined || found === '') {
      const what = value.jsonKey === undefined ? 'is empty' : `is no JSON object with a text at ${value.jsonKey}`;
      throw new MskBackupError(
        'configuration',
        'STORED_VALUE_INVALID',
        `${setting}: ${value.id} ${what}; correct one of them`,
      );
    }
    return found;
  }
}

async function secretText({ id, region, versionStage, versionId }: StoredValue): Promise<string> {
  const { GetSecretValueCommand, SecretsManagerClient } = await import('@aws-sdk/client-secrets-manager');
  const client = new SecretsManagerClient({ ...SDK_SETTINGS, region });
  try {
    const answer = await client.send(
      new GetSecretValueCommand({ SecretId: id, VersionStage: versionStage, VersionId: versionId }),
    );
    return answer.SecretString ?? Buffer.from(answer.SecretBinary ?? []).toString('utf8');
  } finally {
    client.destroy();
  }
}

async function parameterText({ id, region }: StoredValue): Promise<string> {
  const { GetParameterCommand, SSMClient } = await import('@aws-sdk/client-ssm');
  const client = new SSMClient({ ...SDK_SETTINGS, region });
  try {
    const { Parameter } = await client.send(new GetParameterCommand({ Name: id, WithDecryption: true }));
    return Parameter?.Value ?? '';
  } finally {
    client.destroy();
  }
}

/** Of a text that is a JSON object with a text at the key. */
function keyOf(text: string, key: string | undefined): string | undefined {
  if (key === undefined || !text.trimStart().startsWith('{')) return undefined;
  try {
    const object: Record<string, unknown> = JSON.parse(text);
    const found = Object.hasOwn(object, key) ? object[key] : undefined;
    return typeof found === 'string' ? found : undefined;
  } catch {
    return undefined;
  }
}

const PERMISSIONS = { secretsmanager: 'secretsmanager:GetSecretValue', ssm: 'ssm:GetParameter' };

function unavailable({ arn, service }: StoredValue, setting: string, cause: unknown): MskBackupError {
  const why = cause instanceof Error ? `${cause.name}: ${cause.message}`.replace(/\s+/g, ' ') : String(cause);
  return new MskBackupError(
    'configuration',
    'STORED_VALUE_UNAVAILABLE',
    `${setting}: cannot read ${arn} (${why}); check the ARN, ${PERMISSIONS[service]}, kms:Decrypt on its key, and the way to the service`,
    { cause },
  );
}
