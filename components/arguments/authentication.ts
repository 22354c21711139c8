import type * as pulumi from '@pulumi/pulumi';
import { readArn } from '../policies/arn.ts';
import type { ArgumentProblem } from './refuse.ts';

/**
 * How a task authenticates to the brokers. Secrets are named, never given: they are neither in the configuration nor in the task
 * definition nor in Pulumi's state.
 */
export interface AuthenticationArgs {
  /**
   * `AWS_MSK_IAM`, `SCRAM-SHA-512`, `SCRAM-SHA-256`, `PLAIN`, `TLS` (with a client's certificate, or without), or `NONE` (plaintext).
   * With IAM the task's role says what it may read and write; with anything else Kafka's own ACLs do. Default: `AWS_MSK_IAM`.
   */
  mechanism?: pulumi.Input<string>;
  /**
   * User name, for SCRAM and PLAIN: ARN of a secret of Secrets Manager or of an SSM parameter. A secret that is a JSON object takes
   * its key behind it. Example: `arn:aws:secretsmanager:us-west-2:123456789012:secret:AmazonMSK_backup-AbCdEf:username::`.
   */
  usernameSecretArn?: pulumi.Input<string>;
  /** Password, in the same way. Example: `…:secret:AmazonMSK_backup-AbCdEf:password::`. */
  passwordSecretArn?: pulumi.Input<string>;
  /** Certificates, as PEM text, of the authority that signed the brokers' own. Default: those that Node.js trusts, which MSK's are of. */
  caSecretArn?: pulumi.Input<string>;
  /** The client's certificate, as PEM text, for `TLS`. Default: none. */
  certificateSecretArn?: pulumi.Input<string>;
  /** The key of that certificate, as PEM text without a passphrase. */
  privateKeySecretArn?: pulumi.Input<string>;
  /** KMS keys of these secrets, where they are not AWS's own. MSK's SCRAM secrets always have one. Default: none. */
  secretKeyArns?: pulumi.Input<pulumi.Input<string>[]>;
  /**
   * TCP port of the brokers, 1 to 65535, which the security group that is made lets out to; brokers in `bootstrapServers` are on it.
   * Default: MSK's for the mechanism: 9098, 9096, 9094 (TLS), 9092 (NONE).
   */
  port?: pulumi.Input<number>;
}

/** Values of an AuthenticationArgs, all known. */
export type Authentication = pulumi.Unwrap<AuthenticationArgs>;

export const IAM = 'AWS_MSK_IAM';

/** Ports on which MSK listens inside its VPC. It has no PLAIN; such brokers are not MSK's, and have a port of their own. */
const PORTS: Record<string, number> = {
  [IAM]: 9098,
  'SCRAM-SHA-512': 9096,
  'SCRAM-SHA-256': 9096,
  PLAIN: 9096,
  TLS: 9094,
  NONE: 9092,
};

/**
 * Brokers on another port than the one that the security group lets out to. What is no `host:port` has been told before.
 * @param groupIsMade false where security groups are given, which may let out to any port
 */
export function portProblems(
  bootstrapServers: string | undefined,
  authentication: Authentication | undefined,
  groupIsMade: boolean,
): ArgumentProblem[] {
  if (bootstrapServers === undefined || !groupIsMade) return [];
  const port = brokerPort(authentication);
  const other = bootstrapServers.split(',').find((server) => Number(server.trim().split(':').at(-1)) !== port);
  if (other === undefined) return [];
  const reason = `has ${other.trim()}, and the security group that is made lets out to ${port}: give authentication.port, or network.securityGroupIds where ports differ`;
  return [{ propertyPath: 'bootstrapServers', reason }];
}

const BY_PASSWORD = ['SCRAM-SHA-512', 'SCRAM-SHA-256', 'PLAIN'];

export function mechanismOf(authentication: Authentication | undefined): string {
  return authentication?.mechanism ?? IAM;
}

export function brokerPort(authentication: Authentication | undefined): number {
  return authentication?.port ?? PORTS[mechanismOf(authentication)]!;
}

export function authenticationProblems(
  authentication: Authentication | undefined,
  propertyPath = 'authentication',
): ArgumentProblem[] {
  if (authentication === undefined) return [];
  const at = (key: keyof Authentication, reason: string) => ({ propertyPath: `${propertyPath}.${key}`, reason });
  const mechanism = mechanismOf(authentication);
  if (PORTS[mechanism] === undefined) {
    return [at('mechanism', `is none that is known (${mechanism}): ${Object.keys(PORTS).join(', ')}`)];
  }
  const problems: ArgumentProblem[] = [];
  for (const key of ['usernameSecretArn', 'passwordSecretArn'] as const) {
    if (BY_PASSWORD.includes(mechanism)) {
      if (!authentication[key]) problems.push(at(key, `is missing: ${mechanism} needs it`));
    } else if (authentication[key]) problems.push(at(key, `is not used with ${mechanism}: leave it out`));
  }
  for (const key of ['certificateSecretArn', 'privateKeySecretArn'] as const) {
    if (authentication[key] && mechanism !== 'TLS')
      problems.push(at(key, `is not used with ${mechanism}: leave it out`));
  }
  if (mechanism === 'NONE' && authentication.caSecretArn) {
    problems.push(at('caSecretArn', 'is not used with NONE: leave it out'));
  }
  const { certificateSecretArn: certificate, privateKeySecretArn: key } = authentication;
  if (certificate && !key) problems.push(at('privateKeySecretArn', 'is missing: a certificate needs its key'));
  if (key && !certificate) problems.push(at('certificateSecretArn', 'is missing: a key needs its certificate'));
  for (const name of SECRETS) {
    const arn = authentication[name];
    if (arn && !isSecretArn(arn)) {
      problems.push(at(name, 'is neither the ARN of a secret of Secrets Manager nor of an SSM parameter'));
    }
  }
  authentication.secretKeyArns?.forEach((arn, i) => {
    const { service, resource } = readArn(arn) ?? {};
    if (service !== 'kms' || !resource?.startsWith('key/')) {
      problems.push({
        propertyPath: `${propertyPath}.secretKeyArns[${i}]`,
        reason: `is not the ARN of a KMS key: ${arn}`,
      });
    }
  });
  const { port } = authentication;
  if (port !== undefined && !(Number.isInteger(port) && port >= 1 && port <= 65_535)) {
    problems.push(at('port', `is not a whole number from 1 to 65535: ${port}`));
  }
  return problems;
}

/** Arguments that name a secret. */
export const SECRETS = [
  'usernameSecretArn',
  'passwordSecretArn',
  'caSecretArn',
  'certificateSecretArn',
  'privateKeySecretArn',
] as const;

/** The text is not shown when it is none: somebody may have put the secret itself there. */
function isSecretArn(text: string): boolean {
  const { service, resource } = readArn(text) ?? {};
  if (service === 'secretsmanager') return /^secret:[^:]+(:[^:]*:[^:]*:[^:]*)?$/.test(resource!);
  return service === 'ssm' && /^parameter\/[^:]+$/.test(resource!);
}
