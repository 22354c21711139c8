import type { ApiRequest } from '../client.ts';
import { Reader, Writer } from './wire.ts';

/**
 *     DescribeGroups Request v4  => [group_id(STRING)] include_authorized_operations(BOOLEAN)
 *
 *     DescribeGroups Response v4 => throttle_time_ms(INT32) [groups]
 *       groups                   => error_code(INT16) group_id(STRING) group_state(STRING) protocol_type(STRING)
 *                                   protocol_data(STRING) [members] authorized_operations(INT32)
 *       members                  => member_id(STRING) group_instance_id(NULLABLE_STRING) client_id(STRING)
 *                                   client_host(STRING) metadata(BYTES) assignment(BYTES)
 *
 * Groups of the classic protocol only: one of the newer protocol is told as dead and empty while it lives.
 */
export interface DescribedGroup {
  errorCode: number;
  groupId: string;
  /** `Stable`, `Empty`, `PreparingRebalance`, `CompletingRebalance`, `Dead`. */
  state: string;
  protocolType: string;
  members: { memberId: string; clientId: string; clientHost: string }[];
}

export interface DescribeGroupsResponse {
  throttleTimeMs: number;
  groups: DescribedGroup[];
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
    parse: (body) => {
      const reader = new Reader(body);
      return { throttleTimeMs: reader.int32(), groups: reader.array(parseGroup) };
    },
  };
}

function parseGroup(reader: Reader): DescribedGroup {
  const errorCode = reader.int16();
  const groupId = reader.string();
  const state = reader.string();
  const protocolType = reader.string();
  reader.string();
  const members = reader.array(parseMember);
  reader.int32();
  return { errorCode, groupId, state, protocolType, members };
}

function parseMember(reader: Reader): DescribedGroup['members'][number] {
  const memberId = reader.string();
  reader.nullableString();
  const member = { memberId, clientId: reader.string(), clientHost: reader.string() };
  reader.bytes();
  reader.bytes();
  return member;
}
