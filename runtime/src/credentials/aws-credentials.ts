import { fromNodeProviderChain, fromTemporaryCredentials } from '@aws-sdk/credential-providers';
import { MskBackupError } from '../errors.ts';
import { type AwsCredentials, LastingCredentials } from './lasting-credentials.ts';
import { SDK_SETTINGS } from './sdk-settings.ts';

export interface RoleToAssume {
  arn: string;
  /** When the role's trust policy asks for one. */
  externalId?: string;
}

/**
 * The default credentials (environment, profile, web identity, container, instance), or those of a role that is assumed
 * with them. Role sessions have one name, `AWS_ROLE_SESSION_NAME` or `msk-backup`: it is part of the principal, which must
 * not change while a connection lives. The SDK makes up a name for each session.
 * @param region of STS, unless the environment names an endpoint
 * @throws MskBackupError from `current`, `CREDENTIALS_UNAVAILABLE`: kind `configuration` at first, `connection` once there
 * were some, since then it is what gives them out that is away
 */
export function awsCredentials(region: string, role?: RoleToAssume): LastingCredentials {
  const sessionName = process.env.AWS_ROLE_SESSION_NAME || 'msk-backup';
  const own = fromNodeProviderChain({
    roleSessionName: sessionName,
    logger: SDK_SETTINGS.logger,
    clientConfig: { ...SDK_SETTINGS, region },
  });
  if (role === undefined) {
    // Its own memory holds on to credentials until they have five minutes left, and then gives the old ones once more.
    const newest = () => own({ forceRefresh: true });
    return lasting(newest, 'there are no AWS credentials', 'give the task or the environment a role or keys');
  }
  const assumed = fromTemporaryCredentials({
    masterCredentials: own,
    params: { RoleArn: role.arn, RoleSessionName: sessionName, ExternalId: role.externalId },
    clientConfig: { ...SDK_SETTINGS, region },
  });
  const advice = 'check sts:AssumeRole, the trust policy of the role and its external id';
  return lasting(assumed, `cannot assume ${role.arn}`, advice);
}

function lasting(fetch: () => Promise<AwsCredentials>, problem: string, advice: string): LastingCredentials {
  let hadSome = false;
  return new LastingCredentials(async () => {
    try {
      const credentials = await fetch();
      hadSome = true;
      return credentials;
    } catch (cause) {
      const why = cause instanceof Error ? cause.message.replace(/\s+/g, ' ') : String(cause);
      throw new MskBackupError(
        hadSome ? 'connection' : 'configuration',
        'CREDENTIALS_UNAVAILABLE',
        `security: ${problem} (${why}); ${advice}`,
        { cause },
      );
    }
  });
}
