import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { writeCommit } from '../../runtime/src/archive/commits.ts';
import { openArchive } from '../../runtime/src/archive/format-file.ts';
import { writeIndex } from '../../runtime/src/archive/index-object.ts';
import type { StorageLocation } from '../../runtime/src/config/job.ts';
import { openStore } from '../../runtime/src/storage/open-store.ts';
import { CLUSTER, metadata, partition, snapshot, writePack } from '../archive/fixture.ts';
import type { ReadRecord } from '../support/kafka/java-client.ts';
import type { View } from './exact-judge.ts';

export interface CraftedPartition {
  /** Default 0. */
  logStart?: number;
  /** First offset and number of records of each batch; what lies between them is a hole. */
  batches: [from: number, records: number][];
  /** The cut. */
  end: number;
}

/** When the first record of each batch was made; the next one is 1 ms younger. */
const BATCH_TIME = 1_700_000_000_000;

/** An archive of one topic, with offsets that no source could be brought to in a test; and how the topic is to be read. */
export async function craftedArchive(
  topic: string,
  partitions: CraftedPartition[],
): Promise<{ storage: StorageLocation; view: View }> {
  const path = await mkdtemp(join(tmpdir(), 'msk-backup-crafted-'));
  onTestFinished(async () => {
    for (const directory of [path, `${path}-restores`]) await rm(directory, { recursive: true, force: true });
  });
  const storage: StorageLocation = { backend: 'filesystem', path, prefix: '' };
  const store = await openStore(storage);
  const { id } = await openArchive(store, { clusterId: CLUSTER });
  const about = { ...metadata(id, 'run-0', topic), partitionCount: partitions.length };
  const frames = await writePack(
    store,
    about,
    0,
    partitions.flatMap(({ batches }, number) =>
      batches.map(([from, records]) => ({ partition: number, at: [from], records })),
    ),
  );
  const described = partitions.map(({ logStart = 0, end }, number) =>
    partition(number, end, { logStart, generations: [{ generation: 0, from: logStart }] }),
  );
  const { topicId, config, partitionCount } = about;
  await writeCommit(
    store,
    snapshot(0, id, [await writeIndex(store, 'run-0', 0, frames)], [], {
      topics: [{ name: topic, topicId, partitionCount, replicationFactor: 3, config, partitions: described }],
    }),
  );
  store.close();
  return { storage, view: { records: partitions.flatMap(recordsOf), offsets: partitions.map(offsetsOf) } };
}

function recordsOf({ batches }: CraftedPartition, partition: number): ReadRecord[] {
  return batches.flatMap(([from, records]) =>
    Array.from({ length: records }, (_, n) => ({
      partition,
      offset: from + n,
      timestamp: BATCH_TIME + n,
      timestampType: 'CreateTime' as const,
      key: null,
      value: Buffer.from(`value-${from + n}`),
      headers: [],
    })),
  );
}

function offsetsOf({ logStart = 0, batches, end }: CraftedPartition): { start: number; end: number } {
  const first = batches[0]?.[0] ?? end;
  return { start: Math.max(logStart, first), end };
}
