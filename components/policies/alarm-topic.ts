import { parseArn } from './arn.ts';
import { type PolicyDocument, policyDocument, type Statement } from './document.ts';

/** Of an SNS topic that alarms and rules of its own account and region publish to. */
export function alarmTopicPolicy(topicArn: string): PolicyDocument {
  return policyDocument([
    {
      Sid: 'TlsOnly',
      Effect: 'Deny',
      Principal: '*',
      Action: ['sns:Publish'],
      Resource: [topicArn],
      Condition: { Bool: { 'aws:SecureTransport': 'false' } },
    },
    ...alarmTopicStatements(topicArn),
  ]);
}

/** What has to stand in the policy of a topic that is given. */
export function alarmTopicStatements(topicArn: string): Statement[] {
  const { partition, region, account } = parseArn(topicArn);
  const publish = (Sid: string, Service: string, Condition?: Statement['Condition']): Statement => ({
    Sid,
    Effect: 'Allow',
    Principal: { Service },
    Action: ['sns:Publish'],
    Resource: [topicArn],
    ...(Condition !== undefined && { Condition }),
  });
  return [
    publish('CloudWatchAlarms', 'cloudwatch.amazonaws.com', {
      StringEquals: { 'aws:SourceAccount': account },
      ArnLike: { 'aws:SourceArn': `arn:${partition}:cloudwatch:${region}:${account}:alarm:*` },
    }),
    // No condition: "You can't use Condition blocks in Amazon SNS topic policies for EventBridge" (its user guide). It tells SNS
    // neither account nor rule, so that with one the alarms of failed tasks would be dropped without a word.
    publish('EventBridgeRules', 'events.amazonaws.com'),
  ];
}
