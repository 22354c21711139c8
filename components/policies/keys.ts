import { type AwsPlace, parseArn, viaService } from './arn.ts';
import { type PolicyDocument, policyDocument, type Statement } from './document.ts';

/**
 * Of the key that encrypts an archive or its replica. The account decides by IAM policies who uses it, as those of this folder
 * do; a role of another account, which replicates into it, has to be named here as well. It need not exist yet.
 */
export function archiveKeyPolicy({
  replicationRoleArn,
  ...owner
}: AwsPlace & { replicationRoleArn?: string }): PolicyDocument {
  return policyDocument([
    governedByAccount(owner),
    ...(replicationRoleArn === undefined ? [] : [replicationKey(owner, replicationRoleArn)]),
  ]);
}

/** The account as principal and the role in a condition: a principal has to exist, and the role is made after this key. */
function replicationKey(owner: AwsPlace, roleArn: string): Statement {
  const { partition, account } = parseArn(roleArn);
  return {
    Sid: 'ReplicationFromOtherAccount',
    Effect: 'Allow',
    Principal: { AWS: `arn:${partition}:iam::${account}:root` },
    // Replicas without, and with a bucket key
    Action: ['kms:Encrypt', 'kms:GenerateDataKey'],
    Resource: ['*'],
    Condition: {
      StringEquals: { 'kms:ViaService': viaService('s3', owner) },
      ArnEquals: { 'aws:PrincipalArn': roleArn },
    },
  };
}

/** Of a key that encrypts an alarm topic. AWS's own key for SNS has a policy that lets no other service in. */
export function alarmKeyPolicy(owner: AwsPlace): PolicyDocument {
  return policyDocument([governedByAccount(owner), ...alarmKeyStatements(owner)]);
}

/** What has to stand in the policy of the key of an alarm topic that is given: whoever publishes to it uses the key. */
export function alarmKeyStatements({ partition, region, account }: AwsPlace): Statement[] {
  const publish = (Sid: string, Service: string, Condition?: Statement['Condition']): Statement => ({
    Sid,
    Effect: 'Allow',
    Principal: { Service },
    Action: ['kms:Decrypt', 'kms:GenerateDataKey*'],
    Resource: ['*'],
    ...(Condition !== undefined && { Condition }),
  });
  return [
    publish('CloudWatchAlarms', 'cloudwatch.amazonaws.com', {
      StringEquals: { 'aws:SourceAccount': account },
      ArnLike: { 'aws:SourceArn': `arn:${partition}:cloudwatch:${region}:${account}:alarm:*` },
    }),
    // EventBridge tells KMS neither account nor rule: with a condition on them every event would be dropped without a word.
    publish('EventBridgeRules', 'events.amazonaws.com'),
  ];
}

/** Without it nobody could ever change the key again. */
function governedByAccount({ partition, account }: AwsPlace): Statement {
  return {
    Sid: 'Account',
    Effect: 'Allow',
    Principal: { AWS: `arn:${partition}:iam::${account}:root` },
    Action: ['kms:*'],
    Resource: ['*'],
  };
}
