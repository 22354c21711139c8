import type { KafkaSecurity } from '../../config/job.ts';
import { regionOfBroker } from '../../config/msk-broker.ts';
import { awsCredentials } from '../../credentials/aws-credentials.ts';
import { MskBackupError } from '../../errors.ts';

/**
 * Makes tokens for MSK's IAM authentication: a signature, made here without a request, which lives for 15 minutes or as
 * long as the credentials do. Each login gets its own, since a session at the broker ends with its token.
 * @throws MskBackupError kind `configuration`: `REGION_MISSING`; from the function `CREDENTIALS_UNAVAILABLE`
 */
export function iamTokens(security: KafkaSecurity, bootstrapServers: string[]): () => Promise<string> {
  const region = regionOf(security, bootstrapServers);
  const credentials = awsCredentials(region, security.assumeRole);
  return async () => {
    const awsCredentialsProvider = () => credentials.current();
    const { generateAuthTokenFromCredentialsProvider } = await import('aws-msk-iam-sasl-signer-js');
    const { token } = await generateAuthTokenFromCredentialsProvider({ region, awsCredentialsProvider });
    return token;
  };
}

/** What the configuration says, else what MSK's names of brokers say, else the environment. */
export function regionOf({ region }: KafkaSecurity, bootstrapServers: string[]): string {
  const named = bootstrapServers.map(regionOfBroker).find((found) => found !== undefined);
  const found = region ?? named ?? (process.env.AWS_REGION || process.env.AWS_DEFAULT_REGION);
  if (found) return found;
  throw new MskBackupError(
    'configuration',
    'REGION_MISSING',
    `security: AWS_MSK_IAM needs the region of the cluster, which ${bootstrapServers[0] ?? 'no broker'} does not name; set security.region or AWS_REGION`,
  );
}
