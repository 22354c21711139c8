/**
 * Kafka as the rest of this program sees it. Replacing the client library must touch this folder only.
 */

/** One request of the Kafka protocol with the way to read its answer: what the files in `protocol/` make. */
export interface ApiRequest<T> {
  apiName: string;
  apiKey: number;
  apiVersion: number;
  /** Flexible versions (KIP-482) have tagged fields in the request header (v2) and the response header (v1). */
  flexible: boolean;
  /** The request body in pieces; they are written to the socket without being copied together. */
  body: Uint8Array[];
  /**
   * Reads the answer's body (after the response header). Throws only when the bytes are malformed: error codes of the
   * protocol are part of the value, because only the caller knows which of them are to be retried.
   */
  parse(body: Buffer): T;
  /** Where the answer's body of so many bytes goes. Default: a new buffer. */
  allocate?(bytes: number): Buffer;
  /** How long the broker may take by itself (max wait, produce timeout), added to the client's request timeout. Default 0. */
  brokerWaitMs?: number;
}

export interface Broker {
  nodeId: number;
  host: string;
  port: number;
}

export interface TopicToCreate {
  name: string;
  partitions: number;
  /** -1 for the broker's default. */
  replicationFactor: number;
  config: Record<string, string>;
}

/** A configuration entry of a topic, as the broker describes it. */
export interface TopicConfigEntry {
  name: string;
  value: string | null;
  /** False when the topic itself sets it. */
  isDefault: boolean;
  isSensitive: boolean;
}

export interface ListedGroup {
  groupId: string;
  protocolType: string;
}

/**
 * Connections to one cluster. Requests to one broker on one lane are answered in order; several may be in flight.
 * Every method throws a MskBackupError of kind `connection` that names the broker when it cannot be reached or does not
 * answer in time; connections are made anew by the next call.
 */
export interface KafkaClient {
  /**
   * Connects to the first bootstrap server that answers.
   * @throws MskBackupError kind `connection`, naming all servers tried and why each failed.
   */
  connect(): Promise<void>;
  /** The brokers of the newest metadata; refreshes when there is none. */
  brokers(): Promise<Broker[]>;
  /** Asks the cluster again who its brokers are, so that `send` finds new and moved ones. */
  refreshBrokers(): Promise<void>;
  /**
   * Sends to one broker. `lane` picks one of two connections to it: long fetches go on `fetch`, so that they do not hold
   * up the others. Default `control`.
   */
  send<T>(nodeId: number, request: ApiRequest<T>, lane?: 'control' | 'fetch'): Promise<T>;
  /** Sends to any connected broker. */
  sendToAny<T>(request: ApiRequest<T>): Promise<T>;
  /** The node id of the group's coordinator, retrying while the cluster elects one. */
  groupCoordinator(groupId: string): Promise<number>;
  /** Groups known to any of the brokers. */
  listGroups(): Promise<ListedGroup[]>;
  /** @throws MskBackupError naming the topic and the broker's reason. A topic that exists is an error (`TOPIC_EXISTS`). */
  createTopics(topics: TopicToCreate[]): Promise<void>;
  describeTopicConfigs(topics: string[]): Promise<Map<string, TopicConfigEntry[]>>;
  close(): Promise<void>;
}
