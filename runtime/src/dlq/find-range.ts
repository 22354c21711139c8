import { readRecords } from '../archive/find-records.ts';
import { LATEST, resolveSnapshot } from '../archive/resolve-snapshot.ts';
import type { Snapshot } from '../archive/snapshot.ts';
import type { Record } from '../batch/records.ts';
import { hasCode, MskBackupError } from '../errors.ts';
import type { KafkaClient } from '../kafka/client.ts';
import { describeCluster } from '../kafka/describe-cluster.ts';
import { listOffsets } from '../kafka/list-offsets.ts';
import { TargetReader } from '../restore/read/target-reader.ts';
import type { ObjectStore } from '../storage/object-store.ts';
import type { NamedRange } from './dead-letter.ts';

/** Finds the records that messages only name: in the topic or, where retention has taken them, in the archive. */
export class RangeFinder {
  readonly #client: KafkaClient;
  readonly #store: ObjectStore;
  #snapshot: Promise<Snapshot> | undefined;

  constructor(client: KafkaClient, archive: ObjectStore) {
    this.#client = client;
    this.#store = archive;
  }

  /**
   * @returns every record that there is in the range, in order: offsets without one stay without
   * @throws MskBackupError `RECORDS_GONE` when neither has the beginning of the range
   */
  async records(range: NamedRange, signal: AbortSignal): Promise<{ records: Record[]; from: 'topic' | 'archive' }> {
    const inTopic = await this.#inTopic(range, signal);
    if (inTopic !== undefined) return { records: inTopic, from: 'topic' };
    const inArchive = await this.#inArchive(range);
    if (inArchive !== undefined) return { records: inArchive, from: 'archive' };
    const { topic, partition, first, last } = range;
    throw new MskBackupError(
      'data',
      'RECORDS_GONE',
      `offsets ${first} to ${last} of ${topic}, partition ${partition}, are neither in the topic nor in ${this.#store.location}`,
    );
  }

  async #inTopic(range: NamedRange, signal: AbortSignal): Promise<Record[] | undefined> {
    const { topic, partition, first, last } = range;
    const cluster = await describeCluster(this.#client, [topic], signal);
    const described = cluster.topics.find(({ name }) => name === topic);
    if (described?.partitions[partition] === undefined) return undefined;
    const [start, end] = await listOffsets(
      this.#client,
      cluster,
      [
        { topic, partition, at: 'earliest' },
        { topic, partition, at: 'latest' },
      ],
      signal,
    );
    if (start!.errorCode !== 0 || end!.errorCode !== 0 || start!.offset > first || end!.offset <= last)
      return undefined;
    const records: Record[] = [];
    const reader = new TargetReader(this.#client, cluster, signal);
    for await (const some of reader.records(topic, partition, [{ from: first, until: last + 1 }]))
      records.push(...some);
    return isTheOne(records, range) ? records : undefined;
  }

  async #inArchive(range: NamedRange): Promise<Record[] | undefined> {
    this.#snapshot ??= resolveSnapshot(this.#store, LATEST);
    const { topic, partition, first, last } = range;
    const records: Record[] = [];
    try {
      const query = { topic, partition, offsets: { from: first, until: last + 1 }, includeExpired: true };
      for await (const some of readRecords(this.#store, await this.#snapshot, query)) records.push(...some);
    } catch (error) {
      if (
        ['SNAPSHOT_UNKNOWN', 'TOPIC_NOT_IN_SNAPSHOT', 'PARTITION_NOT_IN_SNAPSHOT'].some((code) => hasCode(error, code))
      )
        return undefined;
      throw error;
    }
    return isTheOne(records, range) ? records : undefined;
  }
}

/**
 * Whether these are the records that Lambda had, and not others at the same offsets: of a topic that was made anew, or one that
 * a restore has filled. Lambda had the first and the last one in its hands, so both exist; compaction may have taken either since.
 */
function isTheOne(records: Record[], { first, firstTimestamp }: NamedRange): boolean {
  const [found] = records;
  if (found === undefined) return false;
  return firstTimestamp === undefined || found.offset !== first || found.timestamp === firstTimestamp;
}
