import type { ApiRequest } from '../client.ts';
import { runsOfTopic } from './by-topic.ts';
import { Reader, Writer } from './wire.ts';

/**
 * Flexible: strings and arrays are compact, and each structure ends with tagged fields (left out below).
 *
 *     WriteTxnMarkers Request v1  => [markers]
 *       markers                   => producer_id(INT64) producer_epoch(INT16) committed(BOOLEAN) [topics]
 *                                    coordinator_epoch(INT32)
 *       topics                    => name(STRING) [partition(INT32)]
 *
 *     WriteTxnMarkers Response v1 => [markers]
 *       markers                   => producer_id(INT64) [topics]
 *       topics                    => name(STRING) [partitions]
 *       partitions                => partition(INT32) error_code(INT16)
 *
 * One control record is appended to each partition of each entry. Where several entries have the same producer id, the
 * answer has one error code for all of a partition's: some may have been appended with an error, and some not without one.
 */
export interface MarkersToWrite {
  producerId: number;
  producerEpoch: number;
  outcome: 'commit' | 'abort';
  /** A partition refuses markers of a lower one than it has seen of this producer. */
  coordinatorEpoch: number;
  partitions: readonly { topic: string; partition: number }[];
}

export interface WriteTxnMarkersResponse {
  partitions: { producerId: number; topic: string; partition: number; errorCode: number }[];
}

/** For the leader of all partitions in it. Needs ClusterAction or, from Kafka 3.8 on, Alter on the cluster. */
export function writeTxnMarkersRequest(markers: readonly MarkersToWrite[]): ApiRequest<WriteTxnMarkersResponse> {
  const writer = new Writer();
  writer
    .compactArray(markers, ({ producerId, producerEpoch, outcome, coordinatorEpoch, partitions }) => {
      writer
        .int64(producerId)
        .int16(producerEpoch)
        .boolean(outcome === 'commit');
      writer.compactArray(runsOfTopic(partitions), ({ topic, items }) => {
        writer
          .compactString(topic)
          .compactArray(items, ({ partition }) => writer.int32(partition))
          .noTags();
      });
      writer.int32(coordinatorEpoch).noTags();
    })
    .noTags();
  return {
    apiName: 'WriteTxnMarkers',
    apiKey: 27,
    apiVersion: 1,
    flexible: true,
    body: writer.pieces(),
    // The broker waits for its replicas as long as its own request.timeout.ms says, which is 30 s unless set.
    brokerWaitMs: 30_000,
    parse: parseWriteTxnMarkers,
  };
}

function parseWriteTxnMarkers(body: Buffer): WriteTxnMarkersResponse {
  const reader = new Reader(body);
  const partitions: WriteTxnMarkersResponse['partitions'] = [];
  reader.compactArray(() => {
    const producerId = reader.int64();
    reader.compactArray(() => {
      const topic = reader.compactString();
      reader.compactArray(() => {
        partitions.push({ producerId, topic, partition: reader.int32(), errorCode: reader.int16() });
        reader.skipTags();
      });
      reader.skipTags();
    });
    reader.skipTags();
  });
  return { partitions };
}
