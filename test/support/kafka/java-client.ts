/**
 * Kafka's own Java client (producers, consumer, admin) in one resident process per cluster: tests make and read their
 * data with somebody else's code. The lines it speaks are documented in java/Scenario.java.
 */

import type { ChildProcess } from 'node:child_process';
import { createInterface } from 'node:readline';
import type { KafkaCluster } from './cluster.ts';

export type Bytes = string | Uint8Array | null;
export type Isolation = 'read_committed' | 'read_uncommitted';

export interface RecordToSend {
  /** Default: null. A string is sent as UTF-8. */
  key?: Bytes;
  /** Default: null (a tombstone). */
  value?: Bytes;
  /** In the order that they are to have; names may repeat. */
  headers?: [string, Bytes][];
  /** Milliseconds since 1970. Default: the producer's clock. */
  timestamp?: number;
  /** Default: the producer's partitioner chooses. */
  partition?: number;
}

export interface ReadRecord {
  partition: number;
  offset: number;
  timestamp: number;
  timestampType: 'CreateTime' | 'LogAppendTime' | 'NoTimestampType';
  key: Buffer | null;
  value: Buffer | null;
  headers: [string, Buffer | null][];
}

export interface TopicState {
  topicId: string;
  partitions: number;
  replicationFactor: number;
  /** Node id of each partition's leader; -1 for none. */
  leaders: number[];
  /** Settings that the topic itself has; defaults are not in it. */
  config: Record<string, string>;
}

export interface GroupOffset {
  topic: string;
  partition: number;
  offset: number;
  metadata?: string;
}

interface Call {
  resolve: (answer: unknown) => void;
  reject: (error: Error) => void;
  records: ReadRecord[];
}

export class JavaClient {
  readonly #child: ChildProcess;
  readonly #calls: Call[] = [];
  #producers = 0;
  #consumers = 0;
  #stderr = '';

  constructor(cluster: KafkaCluster) {
    this.#child = cluster.spawnTool('Scenario', [cluster.bootstrapServers.join(',')]);
    this.#child.stdin!.on('error', () => {}); // The end of the process says it better.
    this.#child.stderr!.on('data', (chunk: Buffer) => {
      this.#stderr = (this.#stderr + chunk.toString('utf8')).slice(-4000);
    });
    createInterface({ input: this.#child.stdout!, crlfDelay: Number.POSITIVE_INFINITY }).on('line', (line) =>
      this.#receive(line),
    );
    this.#child.once('close', () => {
      for (const call of this.#calls.splice(0)) call.reject(new Error(`the Java client ended:\n${this.#stderr}`));
    });
  }

  /** Process id; killing it leaves open transactions as a crash does. */
  get pid(): number {
    return this.#child.pid ?? 0;
  }

  #receive(line: string): void {
    const message = JSON.parse(line);
    if (message.record) {
      this.#calls[0]!.records.push(decode(message.record));
      return;
    }
    const call = this.#calls.shift()!;
    if (message.error) call.reject(new Error(message.error));
    else call.resolve(message.ok);
  }

  /** Sends one command; commands are answered in order. `records` gathers those of a read. */
  call(command: { op: string; [name: string]: unknown }, records: ReadRecord[] = []): Promise<unknown> {
    return new Promise((resolve, reject) => {
      if (this.#child.exitCode !== null || this.#child.signalCode !== null) {
        reject(new Error(`the Java client has ended:\n${this.#stderr}`));
        return;
      }
      this.#calls.push({ resolve, reject, records });
      this.#child.stdin!.write(`${JSON.stringify(command)}\n`);
    });
  }

  /** Creates a topic and waits for its leaders. Default: 1 partition, the cluster's replication factor. */
  async createTopic(
    topic: string,
    options: { partitions?: number; replicationFactor?: number; config?: Record<string, string> } = {},
  ): Promise<void> {
    await this.call({ op: 'createTopic', topic, partitions: 1, config: {}, ...options });
  }

  async deleteTopic(topic: string): Promise<void> {
    await this.call({ op: 'deleteTopic', topic });
  }

  async describeTopic(topic: string): Promise<TopicState> {
    return (await this.call({ op: 'describeTopic', topic })) as TopicState;
  }

  /** Changes settings of a topic; null sets the default back. */
  async alterTopic(topic: string, config: Record<string, string | null>): Promise<void> {
    await this.call({ op: 'alterTopic', topic, config });
  }

  /** Moves the log start of partitions (DeleteRecords): partition → first offset to keep. */
  async deleteRecords(topic: string, before: Record<number, number>): Promise<void> {
    await this.call({ op: 'deleteRecords', topic, before });
  }

  /** Log start and end of each partition. The end under read_committed (default) is the last stable offset. */
  async offsets(topic: string, isolation: Isolation = 'read_committed'): Promise<{ start: number; end: number }[]> {
    const answer = (await this.call({ op: 'offsets', topic, isolation })) as [number, number][];
    return answer.map(([start, end]) => ({ start, end }));
  }

  /** Commits offsets of a group that has no members. */
  async commitOffsets(group: string, offsets: GroupOffset[]): Promise<void> {
    await this.call({ op: 'commitOffsets', group, offsets });
  }

  /** Committed offsets of a group, by topic and partition. */
  async groupOffsets(group: string): Promise<GroupOffset[]> {
    const answer = (await this.call({ op: 'groupOffsets', group })) as GroupOffset[];
    return answer.sort((a, b) => a.topic.localeCompare(b.topic) || a.partition - b.partition);
  }

  /**
   * Every record of a topic from its log start to the present end, sorted by partition and offset. Default isolation:
   * read_committed, which ends at the last stable offset.
   */
  async readAll(topic: string, options: { isolation?: Isolation; timeoutMs?: number } = {}): Promise<ReadRecord[]> {
    const records: ReadRecord[] = [];
    await this.call({ op: 'read', topic, isolation: 'read_committed', timeoutMs: 60_000, ...options }, records);
    return records.sort((a, b) => a.partition - b.partition || a.offset - b.offset);
  }

  /**
   * Opens a producer with settings of the Java producer, such as `compression.type`, `batch.size`, `transactional.id`,
   * `enable.idempotence`.
   */
  async producer(config: Record<string, string> = {}): Promise<ScenarioProducer> {
    const producer = `producer-${++this.#producers}`;
    await this.call({ op: 'open', producer, config });
    return new ScenarioProducer(this, producer);
  }

  /**
   * Joins a group as a consumer of one topic, and resolves when it has partitions. It reads committed records, from the
   * group's offsets or else from the beginning, and commits only when told. `group.protocol: consumer` is the new protocol.
   */
  async consumer(group: string, topic: string, config: Record<string, string> = {}): Promise<ScenarioConsumer> {
    const consumer = `consumer-${++this.#consumers}`;
    await this.call({ op: 'join', consumer, group, topic, config });
    return new ScenarioConsumer(this, consumer);
  }
}

/** A member of a group; it stays one until it leaves or the client ends. */
export class ScenarioConsumer {
  readonly #client: JavaClient;
  /** Its `client.id` too. */
  readonly name: string;

  constructor(client: JavaClient, name: string) {
    this.#client = client;
    this.name = name;
  }

  /** The next records: `count` of them, or those that come within the time (default 30 s). */
  async take(
    count: number,
    timeoutMs = 30_000,
  ): Promise<{ partition: number; offset: number; value: Buffer | null }[]> {
    const answer = await this.#client.call({ op: 'take', consumer: this.name, count, timeoutMs });
    return (answer as [number, number, string | null][]).map(([partition, offset, value]) => ({
      partition,
      offset,
      value: value === null ? null : Buffer.from(value, 'base64'),
    }));
  }

  /** Commits up to the last record taken. */
  async commit(): Promise<void> {
    await this.#client.call({ op: 'commitTaken', consumer: this.name });
  }

  async leave(): Promise<void> {
    await this.#client.call({ op: 'leave', consumer: this.name });
  }
}

export class ScenarioProducer {
  readonly #client: JavaClient;
  readonly #name: string;

  constructor(client: JavaClient, name: string) {
    this.#client = client;
    this.#name = name;
  }

  async #run(op: string, more: Record<string, unknown> = {}): Promise<unknown> {
    return this.#client.call({ op, producer: this.#name, ...more });
  }

  /**
   * Sends records and waits until the broker has them; answers where they went, in order. The records of one call
   * share one batch per partition, as far as `batch.size` (default 16,384 bytes before compression) reaches.
   */
  async send(topic: string, records: RecordToSend[]): Promise<{ partition: number; offset: number }[]> {
    const answer = (await this.#run('send', { topic, records: records.map(encode) })) as [number, number][];
    return answer.map(([partition, offset]) => ({ partition, offset }));
  }

  async begin(): Promise<void> {
    await this.#run('begin');
  }

  /** Commits, and waits until the markers are in the partitions, so that a reader who comes now sees the records. */
  async commit(): Promise<void> {
    await this.#run('commit');
  }

  /** Aborts, and waits for the markers as `commit` does. */
  async abort(): Promise<void> {
    await this.#run('abort');
  }

  async close(): Promise<void> {
    await this.#run('close');
  }

  /** Goes away without ending an open transaction: it hangs until `transaction.timeout.ms` of the producer is over. */
  async abandon(): Promise<void> {
    await this.#run('abandon');
  }
}

function base64(bytes: Bytes | undefined): string | null {
  return bytes === null || bytes === undefined ? null : Buffer.from(bytes as Uint8Array).toString('base64');
}

function encode(record: RecordToSend): unknown {
  const headers = record.headers?.map(([name, value]) => [name, base64(value)]);
  return { ...record, key: base64(record.key), value: base64(record.value), headers };
}

function decode(json: { [K in keyof ReadRecord]: ReadRecord[K] }): ReadRecord {
  const bytes = (text: unknown) => (text === null ? null : Buffer.from(text as string, 'base64'));
  const headers = json.headers.map(([name, value]) => [name, bytes(value)] as [string, Buffer | null]);
  return { ...json, key: bytes(json.key), value: bytes(json.value), headers };
}

const clients = new WeakMap<KafkaCluster, JavaClient>();

/** The resident client of a cluster; it ends with the cluster. */
export function javaClient(cluster: KafkaCluster): JavaClient {
  let client = clients.get(cluster);
  if (!client) {
    client = new JavaClient(cluster);
    clients.set(cluster, client);
  }
  return client;
}

/** Opens a producer of the cluster's resident client. */
export function startProducer(cluster: KafkaCluster, config?: Record<string, string>): Promise<ScenarioProducer> {
  return javaClient(cluster).producer(config);
}

/** Reads a whole topic with the cluster's resident client. */
export function readAll(
  cluster: KafkaCluster,
  topic: string,
  options?: { isolation?: Isolation; timeoutMs?: number },
): Promise<ReadRecord[]> {
  return javaClient(cluster).readAll(topic, options);
}
