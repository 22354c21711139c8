import { createInPlace, readPlace } from './archive-access.ts';
import { type ArchivePlace, lettersBeside } from './archive-place.ts';
import { parseArn, viaService } from './arn.ts';
import { connect, PRODUCE_IDEMPOTENTLY } from './cluster-access.ts';
import { clusterResources } from './cluster-resources.ts';
import { allow, type PolicyDocument, policyDocument } from './document.ts';
import { sortedPatterns } from './pattern.ts';

export interface ReplayAccess {
  clusterArn: string;
  /** Topics whose records are produced again, names and patterns. */
  topics: readonly string[];
  archive: ArchivePlace;
  queueArn: string;
  /** KMS key of the queue, where it is not SQS's own. */
  queueKeyArn?: string;
}

/** Of the function that replays a dead-letter queue: takes its messages, reads their records where they are, produces them again. */
export function replayPolicy({ clusterArn, topics, archive, queueArn, queueKeyArn }: ReplayAccess): PolicyDocument {
  const resources = clusterResources(clusterArn);
  return policyDocument([
    connect(resources, ...PRODUCE_IDEMPOTENTLY),
    allow(
      'TopicsReplay',
      [
        // Metadata, ListOffsets
        'kafka-cluster:DescribeTopic',
        // Fetch: a message names offsets, the records are still in the topic
        'kafka-cluster:ReadData',
        // Produce
        'kafka-cluster:WriteData',
      ],
      resources.topics(sortedPatterns(topics)),
    ),
    // Records that retention has taken
    ...readPlace('Archive', archive),
    // What was replayed is written down, create-only, so that a message seen twice is replayed once
    ...createInPlace('Letters', lettersBeside(archive)),
    allow(
      'QueueReplay',
      [
        'sqs:ReceiveMessage',
        // After the broker has acknowledged
        'sqs:DeleteMessage',
        // What was not replayed comes back at once
        'sqs:ChangeMessageVisibility',
        // Asked of the role by an event source mapping, which receives and deletes with it, too
        'sqs:GetQueueAttributes',
      ],
      [queueArn],
    ),
    ...(queueKeyArn === undefined
      ? []
      : [
          allow('QueueKey', ['kms:Decrypt'], [queueKeyArn], {
            StringEquals: { 'kms:ViaService': viaService('sqs', parseArn(queueKeyArn)) },
          }),
        ]),
  ]);
}
