import type { ApiRequest } from '../client.ts';
import type { DescribedGroup, GroupMember } from './describe-groups.ts';
import { Reader, Writer } from './wire.ts';

/**
 *     ConsumerGroupDescribe Request v0  => [group_id(COMPACT_STRING)] include_authorized_operations(BOOLEAN) TAGGED_FIELDS
 *
 *     ConsumerGroupDescribe Response v0 => throttle_time_ms(INT32) [groups] TAGGED_FIELDS
 *       groups      => error_code(INT16) error_message(COMPACT_NULLABLE_STRING) group_id(COMPACT_STRING)
 *                      state(COMPACT_STRING) group_epoch(INT32) assignment_epoch(INT32) assignor(COMPACT_STRING)
 *                      [members] authorized_operations(INT32) TAGGED_FIELDS
 *       members     => member_id(COMPACT_STRING) instance_id(COMPACT_NULLABLE_STRING) rack_id(COMPACT_NULLABLE_STRING)
 *                      member_epoch(INT32) client_id(COMPACT_STRING) client_host(COMPACT_STRING)
 *                      [subscribed_topic(COMPACT_STRING)] subscribed_regex(COMPACT_NULLABLE_STRING)
 *                      assignment assignment TAGGED_FIELDS                   present and wanted
 *       assignment  => [topic_id(UUID) name(COMPACT_STRING) [partition(INT32)] TAGGED_FIELDS] TAGGED_FIELDS
 *
 * Arrays are compact. Of the new group protocol (KIP-848) only: any other group is answered with 69 (GROUP_ID_NOT_FOUND).
 */
export interface ConsumerGroupDescribeResponse {
  throttleTimeMs: number;
  groups: (DescribedGroup & { errorMessage: string | null })[];
}

/** For the coordinator of all groups in it. Brokers before 3.7 do not have it; later ones may have it switched off. */
export function consumerGroupDescribeRequest(groupIds: readonly string[]): ApiRequest<ConsumerGroupDescribeResponse> {
  const writer = new Writer();
  writer
    .compactArray(groupIds, (groupId) => writer.compactString(groupId))
    .boolean(false)
    .noTags();
  return {
    apiName: 'ConsumerGroupDescribe',
    apiKey: 69,
    apiVersion: 0,
    flexible: true,
    body: writer.pieces(),
    parse: parseConsumerGroupDescribe,
  };
}

function parseConsumerGroupDescribe(body: Buffer): ConsumerGroupDescribeResponse {
  const reader = new Reader(body);
  const throttleTimeMs = reader.int32();
  const groups = reader.compactArray(() => {
    const errorCode = reader.int16();
    const errorMessage = reader.compactNullableString();
    const groupId = reader.compactString();
    const state = reader.compactString();
    reader.int32();
    reader.int32();
    reader.compactString();
    const members = reader.compactArray(parseMember);
    reader.int32();
    reader.skipTags();
    return { groupId, errorCode, errorMessage, state, members };
  });
  return { throttleTimeMs, groups };
}

function parseMember(reader: Reader): GroupMember {
  const memberId = reader.compactString();
  reader.compactNullableString();
  reader.compactNullableString();
  reader.int32();
  const member = { memberId, clientId: reader.compactString(), clientHost: reader.compactString() };
  reader.compactArray(() => reader.compactString());
  reader.compactNullableString();
  skipAssignment(reader);
  skipAssignment(reader);
  reader.skipTags();
  return member;
}

function skipAssignment(reader: Reader): void {
  reader.compactArray(() => {
    reader.uuid();
    reader.compactString();
    reader.compactArray(() => reader.int32());
    reader.skipTags();
  });
  reader.skipTags();
}
