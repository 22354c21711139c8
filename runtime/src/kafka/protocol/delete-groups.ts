import type { ApiRequest } from '../client.ts';
import { Reader, Writer } from './wire.ts';

/**
 *     DeleteGroups Request v1  => [group_id(STRING)]
 *
 *     DeleteGroups Response v1 => throttle_time_ms(INT32) [results]
 *       results                => group_id(STRING) error_code(INT16)
 */
export interface DeleteGroupsResponse {
  throttleTimeMs: number;
  groups: { groupId: string; errorCode: number }[];
}

/** For the groups' coordinator. */
export function deleteGroupsRequest(groupIds: readonly string[]): ApiRequest<DeleteGroupsResponse> {
  const writer = new Writer();
  return {
    apiName: 'DeleteGroups',
    apiKey: 42,
    apiVersion: 1,
    flexible: false,
    body: writer
      .array(groupIds, (groupId) => {
        writer.string(groupId);
      })
      .pieces(),
    parse: (body) => {
      const reader = new Reader(body);
      return {
        throttleTimeMs: reader.int32(),
        groups: reader.array(() => ({ groupId: reader.string(), errorCode: reader.int16() })),
      };
    },
  };
}
