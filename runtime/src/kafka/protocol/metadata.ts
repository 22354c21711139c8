import type { ApiRequest, Broker } from '../client.ts';
import { Reader, Writer } from './wire.ts';

/**
 * Flexible: strings and arrays are compact, and each structure ends with tagged fields (left out below).
 *
 *     Metadata Request v10  => [topics] allow_auto_topic_creation(BOOLEAN) include_cluster_authorized_operations(BOOLEAN)
 *                              include_topic_authorized_operations(BOOLEAN)
 *       topics (null: all)  => topic_id(UUID) name(NULLABLE_STRING)
 *
 *     Metadata Response v10 => throttle_time_ms(INT32) [brokers] cluster_id(NULLABLE_STRING) controller_id(INT32) [topics]
 *                              cluster_authorized_operations(INT32)
 *       brokers             => node_id(INT32) host(STRING) port(INT32) rack(NULLABLE_STRING)
 *       topics              => error_code(INT16) name(STRING) topic_id(UUID) is_internal(BOOLEAN) [partitions]
 *                              topic_authorized_operations(INT32)
 *       partitions          => error_code(INT16) partition(INT32) leader(INT32) leader_epoch(INT32) [replicas(INT32)]
 *                              [isr(INT32)] [offline(INT32)]
 */
export interface DescribedPartition {
  errorCode: number;
  partition: number;
  /** Node id; -1 when no broker leads it. */
  leader: number;
  leaderEpoch: number;
  replicas: number[];
  isr: number[];
  offline: number[];
}

export interface DescribedTopic {
  /** Of the topic; a partition without a leader is told in the partition. */
  errorCode: number;
  name: string;
  /** As Kafka prints it (base64url of 16 bytes). */
  topicId: string;
  internal: boolean;
  /** In the order of their numbers. */
  partitions: DescribedPartition[];
  /** What we may do with it: a bit for each `OPERATION`. Undefined when it was not asked for. */
  authorizedOperations?: number;
}

/** Numbers of the bits in `authorizedOperations`. */
export const OPERATION = {
  read: 3,
  write: 4,
  create: 5,
  delete: 6,
  alter: 7,
  describe: 8,
  clusterAction: 9,
  describeConfigs: 10,
  alterConfigs: 11,
  idempotentWrite: 12,
} as const;

export interface MetadataResponse {
  throttleTimeMs: number;
  clusterId: string | null;
  /** -1 when unknown. With KRaft some broker, because controllers cannot be reached. */
  controllerId: number;
  brokers: Broker[];
  topics: DescribedTopic[];
  /** What we may do with the cluster; 0 also without Describe on it. Undefined when it was not asked for. */
  authorizedOperations?: number;
}

/** Told where nothing was asked. */
const NOT_KNOWN = -(2 ** 31);
const NO_TOPIC_ID = Buffer.alloc(16).toString('base64url');

/**
 * Topics are never created by asking.
 * @param topics names; undefined for all, empty for none (the brokers alone)
 * @param ask `operations`: also for what we may do with the cluster and each topic
 */
export function metadataRequest(topics?: readonly string[], ask?: 'operations'): ApiRequest<MetadataResponse> {
  const writer = new Writer();
  if (topics === undefined) writer.uvarint(0);
  else writer.compactArray(topics, (name) => writer.uuid(NO_TOPIC_ID).compactString(name).noTags());
  const operations = ask === 'operations';
  writer.boolean(false).boolean(operations).boolean(operations).noTags();
  return {
    apiName: 'Metadata',
    apiKey: 3,
    apiVersion: 10,
    flexible: true,
    body: writer.pieces(),
    parse: parseMetadata,
  };
}

function parseMetadata(body: Buffer): MetadataResponse {
  const reader = new Reader(body);
  const throttleTimeMs = reader.int32();
  const brokers = reader.compactArray(() => {
    const broker = { nodeId: reader.int32(), host: reader.compactString(), port: reader.int32() };
    reader.compactNullableString();
    reader.skipTags();
    return broker;
  });
  const clusterId = reader.compactNullableString();
  const controllerId = reader.int32();
  const topics = reader.compactArray(() => parseTopic(reader));
  return { throttleTimeMs, clusterId, controllerId, brokers, topics, ...operationsIn(reader.int32()) };
}

function parseTopic(reader: Reader): DescribedTopic {
  const errorCode = reader.int16();
  const name = reader.compactString();
  const topicId = reader.uuid();
  const internal = reader.boolean();
  const partitions = reader.compactArray(() => {
    const partition = {
      errorCode: reader.int16(),
      partition: reader.int32(),
      leader: reader.int32(),
      leaderEpoch: reader.int32(),
      replicas: reader.compactArray(() => reader.int32()),
      isr: reader.compactArray(() => reader.int32()),
      offline: reader.compactArray(() => reader.int32()),
    };
    reader.skipTags();
    return partition;
  });
  partitions.sort((a, b) => a.partition - b.partition);
  const operations = operationsIn(reader.int32());
  reader.skipTags();
  return { errorCode, name, topicId, internal, partitions, ...operations };
}

function operationsIn(bits: number): { authorizedOperations?: number } {
  return bits === NOT_KNOWN ? {} : { authorizedOperations: bits };
}
