import * as aws from '@pulumi/aws';
import type * as pulumi from '@pulumi/pulumi';
import { deadLetterQueuePolicy } from '../policies/dead-letter-queue.ts';

export interface QueueOptions {
  parent: pulumi.Resource;
  region?: pulumi.Input<string>;
  tags?: pulumi.Input<Record<string, pulumi.Input<string>>>;
}

/**
 * A queue for what could not be delivered: kept as long as SQS does, encrypted with SQS's own key, which asks no permission of
 * whoever sends, and by TLS only.
 */
export function makeDeadLetterQueue(name: string, { parent, region, tags }: QueueOptions): aws.sqs.Queue {
  const queue = new aws.sqs.Queue(
    name,
    { sqsManagedSseEnabled: true, messageRetentionSeconds: 14 * 86_400, region, tags },
    { parent },
  );
  new aws.sqs.QueuePolicy(
    `${name}-policy`,
    {
      queueUrl: queue.url,
      policy: queue.arn.apply((queueArn) => JSON.stringify(deadLetterQueuePolicy({ queueArn }))),
      region,
    },
    { parent },
  );
  return queue;
}
