import { MskBackupError } from '../errors.ts';
import type { KafkaClient } from './client.ts';
import { PERMISSION } from './permissions.ts';
import { kafkaError, protocolError } from './protocol/error-codes.ts';
import { type OffsetToCommit, offsetCommitRequest } from './protocol/offset-commit.ts';
import { offsetDeleteRequest } from './protocol/offset-delete.ts';
import type { PartitionResult } from './protocol/partition-results.ts';
import { withRetries } from './retry.ts';

export type { OffsetToCommit } from './protocol/offset-commit.ts';

/** What a group with members answers to somebody who is none of them. */
const HAS_MEMBERS = new Set([
  'ILLEGAL_GENERATION',
  'UNKNOWN_MEMBER_ID',
  'REBALANCE_IN_PROGRESS',
  'NON_EMPTY_GROUP',
  'FENCED_INSTANCE_ID',
  'GROUP_SUBSCRIBED_TO_TOPIC',
  'FENCED_MEMBER_EPOCH',
  'UNRELEASED_INSTANCE_ID',
  'STALE_MEMBER_EPOCH',
]);

/** The offsets of a request become one batch of `__consumer_offsets`, which must stay below its max.message.bytes. */
const MOST_BYTES = 256 * 1024;
/** Key, value and record of an offset beside its names and metadata. */
const OVERHEAD_BYTES = 80;

/**
 * Commits offsets from outside the group, which it takes only while it has no members.
 * @throws MskBackupError kind `configuration`, `GROUP_HAS_MEMBERS`; or the broker's reason, naming group and partition. Some
 * partitions may have been committed then
 */
export async function commitGroupOffsets(
  client: KafkaClient,
  groupId: string,
  offsets: readonly OffsetToCommit[],
  signal?: AbortSignal,
): Promise<void> {
  const what = `cannot commit the offsets of group ${groupId}`;
  for (const some of portions(groupId, offsets)) {
    await withRetries(async () => {
      const answer = await client.send(await client.groupCoordinator(groupId), offsetCommitRequest(groupId, some));
      failOn(answer.partitions, groupId, what, PERMISSION.commitOffsets);
    }, signal);
  }
}

/**
 * Makes a group forget what it has committed on partitions, as though it never had. Nothing happens where there is nothing.
 * @throws as `commitGroupOffsets`
 */
export async function deleteGroupOffsets(
  client: KafkaClient,
  groupId: string,
  partitions: readonly { topic: string; partition: number }[],
  signal?: AbortSignal,
): Promise<void> {
  if (partitions.length === 0) return;
  const what = `cannot delete the offsets of group ${groupId}`;
  await withRetries(async () => {
    const answer = await client.send(await client.groupCoordinator(groupId), offsetDeleteRequest(groupId, partitions));
    if (kafkaError(answer.errorCode).name === 'GROUP_ID_NOT_FOUND') return;
    if (answer.errorCode !== 0) throw refusal(answer.errorCode, groupId, what, PERMISSION.deleteOffsets);
    failOn(answer.partitions, groupId, what, PERMISSION.deleteOffsets);
  }, signal);
}

/** The error for a group that is in use. @param members who they are, as far as it is known */
export function groupHasMembers(groupId: string, members?: string): MskBackupError {
  return new MskBackupError(
    'configuration',
    'GROUP_HAS_MEMBERS',
    `group ${groupId} has members${members === undefined ? '' : ` (${members})`}: stop its consumers first; one that ended without a word counts until its session times out`,
  );
}

function failOn(partitions: PartitionResult[], groupId: string, what: string, needed: string): void {
  for (const { topic, partition, errorCode } of partitions) {
    if (errorCode !== 0) throw refusal(errorCode, groupId, `${what} on ${topic}[${partition}]`, needed);
  }
}

function refusal(errorCode: number, groupId: string, what: string, needed: string): MskBackupError {
  return HAS_MEMBERS.has(kafkaError(errorCode).name)
    ? groupHasMembers(groupId)
    : protocolError(errorCode, what, null, needed);
}

function* portions(groupId: string, offsets: readonly OffsetToCommit[]): Generator<OffsetToCommit[]> {
  let portion: OffsetToCommit[] = [];
  let bytes = 0;
  for (const offset of offsets) {
    const more = OVERHEAD_BYTES + groupId.length + offset.topic.length + Buffer.byteLength(offset.metadata ?? '');
    if (portion.length > 0 && bytes + more > MOST_BYTES) {
      yield portion;
      portion = [];
      bytes = 0;
    }
    portion.push(offset);
    bytes += more;
  }
  if (portion.length > 0) yield portion;
}
