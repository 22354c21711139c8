import type { ApiRequest } from '../client.ts';
import { runsOfTopic } from './by-topic.ts';
import { Reader, Writer } from './wire.ts';

/**
 *     DeleteRecords Request v1  => [topics] timeout_ms(INT32)
 *       topics                  => name(STRING) [partitions]
 *       partitions              => partition(INT32) offset(INT64)         -1: up to the high watermark
 *
 *     DeleteRecords Response v1 => throttle_time_ms(INT32) [topics]
 *       topics                  => name(STRING) [partitions]
 *       partitions              => partition(INT32) low_watermark(INT64) error_code(INT16)
 */
export interface RecordsToDelete {
  topic: string;
  partition: number;
  /** Records below it are deleted. */
  beforeOffset: number;
}

export interface DeletedRecords {
  topic: string;
  partition: number;
  errorCode: number;
  /** The lowest log start offset of its live replicas. */
  lowWatermark: number;
}

export interface DeleteRecordsResponse {
  throttleTimeMs: number;
  partitions: DeletedRecords[];
}

/** For the leader of all partitions in it. */
export function deleteRecordsRequest(
  partitions: readonly RecordsToDelete[],
  timeoutMs: number,
): ApiRequest<DeleteRecordsResponse> {
  const writer = new Writer();
  writer
    .array(runsOfTopic(partitions), ({ topic, items }) => {
      writer.string(topic).array(items, ({ partition, beforeOffset }) => writer.int32(partition).int64(beforeOffset));
    })
    .int32(timeoutMs);
  return {
    apiName: 'DeleteRecords',
    apiKey: 21,
    apiVersion: 1,
    flexible: false,
    body: writer.pieces(),
    brokerWaitMs: timeoutMs,
    parse: parseDeleteRecords,
  };
}

function parseDeleteRecords(body: Buffer): DeleteRecordsResponse {
  const reader = new Reader(body);
  const throttleTimeMs = reader.int32();
  const partitions: DeletedRecords[] = [];
  reader.array(() => {
    const topic = reader.string();
    reader.array(() => {
      const partition = reader.int32();
      const lowWatermark = reader.int64();
      partitions.push({ topic, partition, lowWatermark, errorCode: reader.int16() });
    });
  });
  return { throttleTimeMs, partitions };
}
