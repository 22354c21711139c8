import { dropUncommitted } from '../../batch/committed.ts';
import { decodeRecords, type Record } from '../../batch/records.ts';
import { walkBatches } from '../../batch/walk.ts';
import { MskBackupError } from '../../errors.ts';
import type { KafkaClient } from '../../kafka/client.ts';
import { type ClusterDescription, describeCluster } from '../../kafka/describe-cluster.ts';
import { kafkaError, protocolError } from '../../kafka/protocol/error-codes.ts';
import { type FetchedPartition, fetchRequest } from '../../kafka/protocol/fetch.ts';
import { isRetriable, Patience } from '../../kafka/retry.ts';

/** Of one answer. A larger batch comes whole all the same. */
const FETCH_BYTES = 2 * 1024 * 1024;
const FETCH_WAIT_MS = 500;

/** Reads partitions of the target, following their leaders. */
export class TargetReader {
  readonly #client: KafkaClient;
  readonly #signal: AbortSignal;
  readonly #isolationLevel: 'read_committed' | 'read_uncommitted';
  #cluster: ClusterDescription;

  /**
   * @param isolationLevel default `read_uncommitted`: what a restore has written is there, whatever transaction it is in.
   * With `read_committed` records of aborted transactions are left out
   */
  constructor(
    client: KafkaClient,
    cluster: ClusterDescription,
    signal: AbortSignal,
    isolationLevel: 'read_committed' | 'read_uncommitted' = 'read_uncommitted',
  ) {
    this.#client = client;
    this.#cluster = cluster;
    this.#signal = signal;
    this.#isolationLevel = isolationLevel;
  }

  /**
   * The records at the offsets of the ranges, batch by batch.
   * @throws MskBackupError kind `connection` naming the partition when its leader stays away
   */
  async *records(
    topic: string,
    partition: number,
    ranges: { from: number; until: number }[],
  ): AsyncGenerator<Record[], void, void> {
    for (const { from, until } of ranges) {
      let position = from;
      let patience = new Patience(this.#signal);
      while (position < until) {
        const { records, highWatermark, abortedTransactions } = await this.#fetch(topic, partition, position);
        const { batches } = walkBatches(records, { topic, partition });
        const kept = new Set(
          this.#isolationLevel === 'read_uncommitted'
            ? batches
            : dropUncommitted(records, batches, abortedTransactions ?? []).kept,
        );
        // A new leader learns the high watermark only from its followers.
        if (batches.length > 0) patience = new Patience(this.#signal);
        else if (highWatermark >= until || !(await patience.pause())) throw unreadable(topic, partition, position);
        for (const header of batches) {
          const start = position;
          position = Math.max(position, header.lastOffset + 1);
          if (!kept.has(header) || header.isControl || header.lastOffset < start || header.baseOffset >= until)
            continue;
          const decoded = await decodeRecords(records, header);
          yield decoded.filter(({ offset }) => offset >= start && offset < until);
        }
      }
    }
  }

  async #fetch(topic: string, partition: number, fetchOffset: number): Promise<FetchedPartition> {
    const patience = new Patience(this.#signal);
    const place = `cannot read back topic ${topic}, partition ${partition}`;
    const request = () =>
      fetchRequest({
        isolationLevel: this.#isolationLevel,
        maxWaitMs: FETCH_WAIT_MS,
        minBytes: 1,
        maxBytes: FETCH_BYTES,
        partitions: [{ topic, partition, fetchOffset, maxBytes: FETCH_BYTES }],
      });
    for (;;) {
      let failure: MskBackupError;
      try {
        const answer = await this.#client.send(this.#leaderOf(topic, partition), request(), 'fetch');
        const code = answer.errorCode || answer.partitions[0]?.errorCode || 0;
        if (code === 0 && answer.partitions[0] !== undefined) return answer.partitions[0];
        failure = protocolError(code, place, null);
        if (!kafkaError(code).retriable) throw failure;
      } catch (error) {
        if (!isRetriable(error)) throw error;
        failure = error;
      }
      if (!(await patience.pause())) throw failure;
      await this.#findLeaders(topic);
    }
  }

  #leaderOf(topic: string, partition: number): number {
    const leader = this.#cluster.topics
      .find(({ name }) => name === topic)
      ?.partitions.find((found) => found.partition === partition)?.leader;
    if (leader !== undefined && leader >= 0) return leader;
    throw protocolError(LEADER_NOT_AVAILABLE, `cannot read back topic ${topic}, partition ${partition}`, null);
  }

  async #findLeaders(topic: string): Promise<void> {
    try {
      await this.#client.refreshBrokers();
      const { topics } = await describeCluster(this.#client, [topic], this.#signal);
      const others = this.#cluster.topics.filter(({ name }) => name !== topic);
      this.#cluster = { ...this.#cluster, topics: [...others, ...topics] };
    } catch (error) {
      if (!isRetriable(error)) throw error;
    }
  }
}

const LEADER_NOT_AVAILABLE = 5;

function unreadable(topic: string, partition: number, offset: number): MskBackupError {
  return new MskBackupError(
    'data',
    'RESTORE_MISMATCH',
    `topic ${topic}, partition ${partition}: the target has nothing at offset ${offset}, although its log goes on; was the topic truncated or compacted meanwhile?`,
  );
}
