import type { Reader } from './wire.ts';

/** What became of one partition of a request. */
export interface PartitionResult {
  topic: string;
  partition: number;
  errorCode: number;
}

/**
 *     [topics]    => name(STRING) [partitions]
 *     partitions  => partition(INT32) error_code(INT16)
 */
export function parseTopicResults(reader: Reader): PartitionResult[] {
  const results: PartitionResult[] = [];
  reader.array(() => {
    const topic = reader.string();
    reader.array(() => results.push({ topic, partition: reader.int32(), errorCode: reader.int16() }));
  });
  return results;
}
