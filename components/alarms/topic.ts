import * as aws from '@pulumi/aws';
import type * as pulumi from '@pulumi/pulumi';
import type { ArgumentProblem } from '../arguments/refuse.ts';
import { alarmTopicPolicy } from '../policies/alarm-topic.ts';
import { type AwsPlace, readArn } from '../policies/arn.ts';
import { alarmKeyPolicy } from '../policies/keys.ts';

export interface TopicSettings {
  parent: pulumi.Resource;
  /** Account and region of the topic. */
  place: pulumi.Output<AwsPlace>;
  region?: pulumi.Input<string>;
  emailAddresses: readonly string[];
  tags?: pulumi.Input<Record<string, pulumi.Input<string>>>;
}

/** A topic with a key of its own: AWS's key for SNS lets neither CloudWatch nor EventBridge publish. */
export function makeTopic(name: string, settings: TopicSettings): aws.sns.Topic {
  const { parent, place, region, emailAddresses, tags } = settings;
  const key = new aws.kms.Key(
    `${name}-key`,
    {
      description: `Alarms of msk-backup: ${name}`,
      enableKeyRotation: true,
      policy: place.apply((owner) => JSON.stringify(alarmKeyPolicy(owner))),
      region,
      tags,
    },
    { parent },
  );
  const topic = new aws.sns.Topic(name, { kmsMasterKeyId: key.arn, region, tags }, { parent });
  new aws.sns.TopicPolicy(
    `${name}-policy`,
    { arn: topic.arn, policy: topic.arn.apply((arn) => JSON.stringify(alarmTopicPolicy(arn))), region },
    { parent },
  );
  for (const address of new Set(emailAddresses)) {
    new aws.sns.TopicSubscription(
      `${name}-${address}`,
      { topic: topic.arn, protocol: 'email', endpoint: address, region },
      { parent },
    );
  }
  return topic;
}

/** @param region of the alarms; undefined passes, as does a topic that is not one */
export function topicPlaceProblems(
  propertyPath: string,
  topicArn: string | undefined,
  region: string | undefined,
): ArgumentProblem[] {
  const its = topicArn === undefined ? undefined : readArn(topicArn)?.region;
  if (its === undefined || region === undefined || its === region) return [];
  return [
    { propertyPath, reason: `is in ${its}, and the alarms in ${region}: they reach topics of their region only` },
  ];
}
