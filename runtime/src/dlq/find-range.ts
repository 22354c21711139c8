import { readRecords } from '../archive/find-records.ts';
import { LATEST, resolveSnapshot } from '../archive/resolve-snapshot.ts';
import type { Snapshot } from '../archive/snapshot.ts';
import type { Record as FoundInRange } from '../batch/records.ts';
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
  #snapshot: Promise<Snapshot | undefined> | undefined;

  constructor(client: KafkaClient, archive: ObjectStore) {
    this.#client = client;
    this.#store = archive;
  }

  /**
   * What lies below the topic's log start comes from the archive, the rest from the topic.
   * @returns every record that there is in the range, in order: offsets without one stay without
   * @throws MskBackupError `RECORDS_GONE` unless the first and the last record are found, which Lambda had in its hands, and
   * nothing between them is known to be lost. Also where compaction has taken one of the two since
   */
  async records(range: NamedRange, signal: AbortSignal): Promise<{ records: FoundInRange[]; fromArchive: number }> {
    const { topic, partition, first, last } = range;
    const inTopic = await this.#inTopic(range, signal);
    if (inTopic !== undefined && isWhole(inTopic.records, range)) return { records: inTopic.records, fromArchive: 0 };
    // Of a topic that was made anew the log is another one: then all of it has to come from the archive.
    for (const until of [inTopic?.from ?? last + 1, last + 1]) {
      const archived = await this.#inArchive(topic, partition, first, until);
      const rest = inTopic?.records.filter(({ offset }) => offset >= until) ?? [];
      const records = [...(archived ?? []), ...rest];
      if (archived !== undefined && isWhole(records, range)) return { records, fromArchive: archived.length };
    }
    throw new MskBackupError(
      'data',
      'RECORDS_GONE',
      `offsets ${first} to ${last} of ${topic}, partition ${partition}, are not whole in the topic and in ${this.#store.location}`,
    );
  }

  /** The part of the range that the topic has, and from which offset on. Undefined when it has nothing of it. */
  async #inTopic(
    { topic, partition, first, last }: NamedRange,
    signal: AbortSignal,
  ): Promise<{ from: number; records: FoundInRange[] } | undefined> {
    const cluster = await describeCluster(this.#client, [topic], signal);
    const described = cluster.topics.find(({ name }) => name === topic);
    if (!described?.partitions.some((one) => one.partition === partition)) return undefined;
    const [start, end] = await listOffsets(
      this.#client,
      cluster,
      [
        { topic, partition, at: 'earliest' },
        { topic, partition, at: 'last_stable' },
      ],
      signal,
    );
    if (start!.errorCode !== 0 || end!.errorCode !== 0 || start!.offset > last || end!.offset <= last) return undefined;
    const from = Math.max(first, start!.offset);
    const records: FoundInRange[] = [];
    const reader = new TargetReader(this.#client, cluster, signal, 'read_committed');
    for await (const some of reader.records(topic, partition, [{ from, until: last + 1 }])) records.push(...some);
    return { from, records };
  }

  /** Undefined where the archive does not hold these offsets, or knows that some are lost. */
  async #inArchive(topic: string, partition: number, from: number, until: number): Promise<FoundInRange[] | undefined> {
    const snapshot = await this.#newest();
    const held = snapshot?.topics
      .find(({ name }) => name === topic)
      ?.partitions.find((one) => one.partition === partition);
    if (snapshot === undefined || held === undefined || held.reached < until) return undefined;
    if (held.lost.some((lost) => lost.from < until && lost.until > from)) return undefined;
    const records: FoundInRange[] = [];
    const query = { topic, partition, offsets: { from, until }, includeExpired: true };
    for await (const some of readRecords(this.#store, snapshot, query)) records.push(...some);
    return records;
  }

  async #newest(): Promise<Snapshot | undefined> {
    this.#snapshot ??= resolveSnapshot(this.#store, LATEST).catch((error: unknown) => {
      if (hasCode(error, 'SNAPSHOT_UNKNOWN')) return undefined;
      throw error;
    });
    return this.#snapshot;
  }
}

/**
 * Whether these are the records that Lambda had, from the first to the last, and not others at the same offsets: of a topic
 * that was made anew, or one that a restore has filled.
 */
function isWhole(records: FoundInRange[], { first, last, firstTimestamp, lastTimestamp }: NamedRange): boolean {
  const [begin, end] = [records[0], records.at(-1)];
  if (begin?.offset !== first || end?.offset !== last) return false;
  const same = (said: number | undefined, found: number) => said === undefined || said === found;
  return same(firstTimestamp, begin.timestamp) && same(lastTimestamp, end.timestamp);
}
