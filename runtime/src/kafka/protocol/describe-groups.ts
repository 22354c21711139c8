import type { ApiRequest } from '../client.ts';
import { Reader, Writer } from './wire.ts';

/**
 *     DescribeGroups Request v4  => [group_id(STRING)] include_authorized_operations(BOOLEAN)
 *
 *     DescribeGroups Response v4 => throttle_time_ms(INT32) [groups]
 *       groups                   => error_code(INT16) group_id(STRING) state(STRING) protocol_type(STRING)
 *                                   protocol(STRING) [members] authorized_operations(INT32)
 *       members                  => member_id(STRING) group_instance_id(NULLABLE_STRING) client_id(STRING)
 *                                   client_host(STRING) metadata(BYTES) assignment(BYTES)
 *
 * Of the classic protocol only. A group of the new one, and one that does not exist, is `Dead` without members.
 */
export interface DescribeGroupsResponse {
  throttleTimeMs: number;
  groups: DescribedGroup[];
}

export interface DescribedGroup {
  groupId: string;
  errorCode: number;
  /** Such as `Empty`, `Stable`, `Dead`, `PreparingRebalance`, `Reconciling`. */
  state: string;
  members: GroupMember[];
}

export interface GroupMember {
  memberId: string;
  /** What the consumer calls itself. */
  clientId: string;
  /** Such as `/10.0.0.7`. */
  clientHost: string;
}

/** For the coordinator of all groups in it. */
export function describeGroupsRequest(groupIds: readonly string[]): ApiRequest<DescribeGroupsResponse> {
  const writer = new Writer();
  writer.array(groupIds, (groupId) => writer.string(groupId)).boolean(false);
  return {
    apiName: 'DescribeGroups',
    apiKey: 15,
    apiVersion: 4,
    flexible: false,
    body: writer.pieces(),
    parse: parseDescribeGroups,
  };
}

function parseDescribeGroups(body: Buffer): DescribeGroupsResponse {
  const reader = new Reader(body);
  const throttleTimeMs = reader.int32();
  const groups = reader.array(() => {
    const errorCode = reader.int16();
    const groupId = reader.string();
    const state = reader.string();
    reader.string();
    reader.string();
    const members = reader.array(parseMember);
    reader.int32();
    return { groupId, errorCode, state, members };
  });
  return { throttleTimeMs, groups };
}

function parseMember(reader: Reader): GroupMember {
  const memberId = reader.string();
  reader.nullableString();
  const member = { memberId, clientId: reader.string(), clientHost: reader.string() };
  reader.bytes();
  reader.bytes();
  return member;
}
