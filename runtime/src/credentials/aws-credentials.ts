import { fromNodeProviderChain, fromTemporaryCredentials } from '@aws-sdk/credential-providers';
import { MskBackupError } from '../errors.ts';
import { LastingCredentials } from './lasting-credentials.ts';
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
 * @throws MskBackupError from `current`, kind `configuration`: `CREDENTIALS_UNAVAILABLE`
 */
export function awsCredentials(region: string, role?: RoleToAssume): LastingCredentials {
  const sessionName = process.env.AWS_ROLE_SESSION_NAME || 'msk-backup';
  const own = fromNodeProviderChain({
    roleSessionName: sessionName,
    logger: SDK_SETTINGS.logger,
    clientConfig: { ...SDK_SETTINGS, region },
  });
  if (role === undefined) {
    return new LastingCredentials(() => own().catch((cause) => fail('there are no AWS credentials', cause)));
  }
  const assumed = fromTemporaryCredentials({
    masterCredentials: own,
    params: { RoleArn: role.arn, RoleSessionName: sessionName, ExternalId: role.externalId },
    clientConfig: { ...SDK_SETTINGS, region },
  });
  return new LastingCredentials(() => assumed().catch((cause) => fail(`cannot assume ${role.arn}`, cause)));
}

function fail(what: string, cause: unknown): never {
  const why = cause instanceof Error ? cause.message.replace(/\s+/g, ' ') : String(cause);
  const advice = what.startsWith('cannot')
    ? 'check sts:AssumeRole, the trust policy of the role and its external id'
    : 'give the task or the environment a role or keys';
  throw new MskBackupError('configuration', 'CREDENTIALS_UNAVAILABLE', `security: ${what} (${why}); ${advice}`, {
    cause,
  });
}
