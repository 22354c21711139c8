import { encodeBatch, type RecordToEncode } from '../batch/encode-records.ts';
import { patchForProduce } from '../batch/produce-form.ts';
import { MskBackupError } from '../errors.ts';
import type { KafkaClient } from '../kafka/client.ts';
import { describeCluster } from '../kafka/describe-cluster.ts';
import { initProducerId, type ProducerIdentity } from '../kafka/init-producer-id.ts';
import { protocolError } from '../kafka/protocol/error-codes.ts';
import { produceRequest } from '../kafka/protocol/produce.ts';
import { withRetries } from '../kafka/retry.ts';
import { partitionFor } from '../repartition/partitioner.ts';

/** A batch stays well below the smallest max.message.bytes that anybody uses. */
const BATCH_BYTES = 512 * 1024;
const TIMEOUT_MS = 30_000;

export type RecordToProduce = RecordToEncode & { partition?: number };

/** Produces a few records at a time: idempotent, acknowledged by all in-sync replicas, in order in each partition. */
export class RecordProducer {
  readonly #client: KafkaClient;
  readonly #signal: AbortSignal;
  #identity: ProducerIdentity | undefined;
  readonly #sequences = new Map<string, number>();

  constructor(client: KafkaClient, signal: AbortSignal) {
    this.#client = client;
    this.#signal = signal;
  }

  /**
   * Resolves when all are acknowledged. Records without a partition go where Kafka's producers put their key; those without
   * a key to partition 0.
   * @throws MskBackupError `TOPIC_MISSING`, or the broker's reason. Some may have been written then
   */
  async produce(topic: string, records: readonly RecordToProduce[]): Promise<void> {
    const { topics } = await describeCluster(this.#client, [topic], this.#signal);
    const partitions = topics.find(({ name }) => name === topic)?.partitions.length ?? 0;
    if (partitions === 0) {
      throw new MskBackupError('configuration', 'TOPIC_MISSING', `topic ${topic} does not exist at the cluster`);
    }
    const byPartition = new Map<number, RecordToEncode[]>();
    for (const { partition, ...record } of records) {
      const chosen = partition ?? (record.key === null ? 0 : partitionFor(record.key, partitions));
      if (chosen >= partitions) {
        throw new MskBackupError(
          'configuration',
          'PARTITION_MISSING',
          `topic ${topic} has ${partitions} partitions, and a record is of partition ${chosen}`,
        );
      }
      const others = byPartition.get(chosen);
      if (others === undefined) byPartition.set(chosen, [record]);
      else others.push(record);
    }
    for (const [partition, all] of byPartition) {
      for (const some of portions(all)) await this.#send(topic, partition, some);
    }
  }

  async #send(topic: string, partition: number, records: readonly RecordToEncode[]): Promise<void> {
    this.#identity ??= await initProducerId(this.#client, this.#signal);
    const place = `${topic}/${partition}`;
    const baseSequence = this.#sequences.get(place) ?? 0;
    const batch = await encodeBatch(records);
    patchForProduce(batch, { ...this.#identity, baseSequence });
    // The same sequence each time: what had arrived is not written again.
    await withRetries(async () => {
      const { topics } = await describeCluster(this.#client, [topic], this.#signal);
      const leader = topics[0]?.partitions.find((one) => one.partition === partition)?.leader ?? -1;
      if (leader < 0) throw protocolError(5, `cannot produce to ${topic}, partition ${partition}`);
      const request = produceRequest({
        acks: -1,
        timeoutMs: TIMEOUT_MS,
        topics: [{ topic, partitions: [{ partition, records: [batch] }] }],
      });
      const [answer] = (await this.#client.send(leader, request)).partitions;
      if (answer === undefined || answer.errorCode === 0) return;
      throw protocolError(answer.errorCode, `cannot produce to ${topic}, partition ${partition}`, answer.errorMessage);
    }, this.#signal);
    this.#sequences.set(place, (baseSequence + records.length) % 2 ** 31);
  }
}

function* portions(records: readonly RecordToEncode[]): Generator<RecordToEncode[]> {
  let portion: RecordToEncode[] = [];
  let bytes = 0;
  for (const record of records) {
    const size = sizeOf(record);
    if (portion.length > 0 && bytes + size > BATCH_BYTES) {
      yield portion;
      portion = [];
      bytes = 0;
    }
    portion.push(record);
    bytes += size;
  }
  if (portion.length > 0) yield portion;
}

function sizeOf({ key, value, headers }: RecordToEncode): number {
  const ofHeaders = headers.reduce((sum, [name, content]) => sum + name.length + (content?.length ?? 0) + 10, 0);
  return (key?.length ?? 0) + (value?.length ?? 0) + ofHeaders + 32;
}
