import type { ApiRequest, ListedGroup } from '../client.ts';
import { Reader } from './wire.ts';

/**
 *     ListGroups Request v2  => (empty)
 *
 *     ListGroups Response v2 => throttle_time_ms(INT32) error_code(INT16) [groups]
 *       groups               => group_id(STRING) protocol_type(STRING)
 *
 * A broker lists the groups that it coordinates, of every group protocol.
 */
export interface ListGroupsResponse {
  throttleTimeMs: number;
  errorCode: number;
  groups: ListedGroup[];
}

export function listGroupsRequest(): ApiRequest<ListGroupsResponse> {
  return {
    apiName: 'ListGroups',
    apiKey: 16,
    apiVersion: 2,
    flexible: false,
    body: [],
    parse: (body) => {
      const reader = new Reader(body);
      return {
        throttleTimeMs: reader.int32(),
        errorCode: reader.int16(),
        groups: reader.array(() => ({ groupId: reader.string(), protocolType: reader.string() })),
      };
    },
  };
}
