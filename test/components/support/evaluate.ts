import { runSimulation } from '@cloud-copilot/iam-simulate';
import type { PolicyDocument } from '../../../components/policies/document.ts';

/** One request as IAM sees it. */
export interface Asked {
  action: string;
  /** ARN of one resource. */
  resource: string;
  /** Condition keys; those of every request are added. */
  context?: Record<string, string | string[]>;
}

export interface Deciding {
  /** What the caller's role has attached. */
  identity?: PolicyDocument;
  /** What the resource has attached. */
  resource?: PolicyDocument;
  /** ARN of the caller's role, or a service. Default: a role of the account. */
  caller?: string;
  /** That the resource is in. Default the same. */
  account?: string;
}

export const ACCOUNT = '123456789012';
export const ROLE = `arn:aws:iam::${ACCOUNT}:role/orders-backup`;

export type Decision = 'Allowed' | 'ExplicitlyDenied' | 'ImplicitlyDenied';

/**
 * What IAM decides, by an evaluator that knows condition keys and resource policies, which the emulator does not.
 * @throws when a policy is malformed, or when the action does not know a condition key: a test would pass for the wrong reason
 */
export async function decide(asked: Asked, by: Deciding): Promise<Decision> {
  const { identity, resource, caller = ROLE, account = ACCOUNT } = by;
  const ofRole = caller.startsWith('arn:');
  const answer = await runSimulation(
    {
      request: {
        principal: ofRole ? sessionOf(caller) : caller,
        action: asked.action,
        resource: { resource: asked.resource, accountId: account },
        contextVariables: asKnown({
          'aws:SecureTransport': 'true',
          ...(ofRole && { 'aws:PrincipalArn': caller }),
          ...asked.context,
        }),
      },
      identityPolicies: identity === undefined ? [] : [{ name: 'role', policy: asKnown(identity) }],
      resourcePolicy: resource && asKnown(resource),
      serviceControlPolicies: [],
      resourceControlPolicies: [],
    },
    {},
  );
  if (answer.resultType !== 'single') throw new Error(`${asked.action}: ${JSON.stringify(answer)}`);
  const ignored = answer.result.ignoredContextKeys ?? [];
  if (ignored.length > 0) throw new Error(`${asked.action} does not know ${ignored.join(', ')}`);
  return answer.overallResult as Decision;
}

/**
 * The library does not know keys with a name of the caller's choice behind a colon. One of KMS that is nowhere used, and compared
 * in the same way, stands for S3's encryption context, in policies and requests alike.
 */
function asKnown<T>(json: T): T {
  return JSON.parse(JSON.stringify(json).replaceAll('kms:EncryptionContext:aws:s3:arn', 'kms:RequestAlias')) as T;
}

/** `arn:P:iam::A:role/NAME` acts as `arn:P:sts::A:assumed-role/NAME/SESSION`. */
function sessionOf(role: string): string {
  return `${role.replace(':iam:', ':sts:').replace(':role/', ':assumed-role/')}/session`;
}
