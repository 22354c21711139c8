import type { FrameTable } from './frame-table.ts';
import type { Generation, SnapshotPartition, SnapshotTopic } from './snapshot.ts';

/**
 * Decides which rows of an index belong to a snapshot: index objects are shared between snapshots, and hold frames of
 * topics that were deleted, of histories that were truncated, and of what came after.
 */
export class SnapshotRows {
  readonly #topics: Map<string, { topic: SnapshotTopic; partitions: Map<number, SnapshotPartition> }>;

  constructor(topics: SnapshotTopic[]) {
    this.#topics = new Map(
      topics.map((topic) => [
        topic.name,
        { topic, partitions: new Map(topic.partitions.map((partition) => [partition.partition, partition])) },
      ]),
    );
  }

  /**
   * Calls back for each row of the table that belongs to the snapshot, with the part of its offsets that does.
   * @param skip one byte a row: rows where it is not 0 are not asked for
   */
  visit(
    table: FrameTable,
    visitor: (row: number, topic: SnapshotTopic, partition: SnapshotPartition, from: number, until: number) => void,
    skip?: Uint8Array,
  ): void {
    // Looked up once for each string of the table, not once for each row.
    const byName = table.strings.map((name) => this.#topics.get(name));
    for (let row = 0; row < table.length; row++) {
      if (skip !== undefined && skip[row] !== 0) continue;
      const known = byName[table.topic(row)];
      if (known === undefined || known.topic.topicId !== table.strings[table.topicId(row)]) continue;
      const partition = known.partitions.get(table.partition(row));
      if (partition === undefined) continue;
      const number = table.generation(row);
      const generation = generationOf(partition, number);
      if (generation === undefined) continue;
      const from = Math.max(table.baseOffset(row), generation.from);
      const until = Math.min(table.lastOffset(row) + 1, generation.until ?? partition.reached, partition.reached);
      if (from < until) visitor(row, known.topic, partition, from, until);
    }
  }
}

function generationOf({ generations }: SnapshotPartition, number: number): Generation | undefined {
  // Nearly always the newest.
  const newest = generations.at(-1);
  return newest?.generation === number ? newest : generations.find(({ generation }) => generation === number);
}
