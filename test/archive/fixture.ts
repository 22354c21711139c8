/** Archives in temporary directories, with record batches made here byte by byte. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { writeCommit } from '../../runtime/src/archive/commits.ts';
import { encodeFrame } from '../../runtime/src/archive/encode-frame.ts';
import { openArchive } from '../../runtime/src/archive/format-file.ts';
import type { Frame } from '../../runtime/src/archive/frame.ts';
import { writeIndex } from '../../runtime/src/archive/index-object.ts';
import { type PackMetadata, PackWriter, packKey } from '../../runtime/src/archive/pack-writer.ts';
import type { Snapshot } from '../../runtime/src/archive/snapshot.ts';
import { batchChain, crc32c } from '../../runtime/src/batch/crc32c.ts';
import type { ObjectStore } from '../../runtime/src/storage/object-store.ts';
import { openStore } from '../../runtime/src/storage/open-store.ts';
import { CLUSTER, partition, snapshot, TOPIC_ID } from './fixture-snapshot.ts';

export { CLUSTER, partition, snapshot, TOPIC_ID } from './fixture-snapshot.ts';

/** A store in a directory of its own, removed when the test ends. */
export async function temporaryStore(): Promise<{ store: ObjectStore; path: string }> {
  const path = await mkdtemp(join(tmpdir(), 'msk-backup-archive-'));
  onTestFinished(() => rm(path, { recursive: true, force: true }));
  return { store: await openStore({ backend: 'filesystem', path, prefix: '' }), path };
}

/** One record batch (magic 2) as a broker sends it: one record of `value` for each offset. */
export function batch(baseOffset: number, records: number, value = 'value'): Buffer {
  const bodies = Array.from({ length: records }, (_, n) => {
    const text = Buffer.from(`${value}-${baseOffset + n}`);
    // attributes, timestamp delta, offset delta, key -1, value, no headers
    const body = Buffer.concat([
      Buffer.from([0]),
      varint(n),
      varint(n),
      varint(-1),
      varint(text.length),
      text,
      varint(0),
    ]);
    return Buffer.concat([varint(body.length), body]);
  });
  const header = Buffer.alloc(61);
  const bytes = Buffer.concat([header, ...bodies]);
  bytes.writeBigInt64BE(BigInt(baseOffset), 0);
  bytes.writeInt32BE(bytes.length - 12, 8);
  bytes.writeInt32BE(3, 12);
  bytes.writeInt8(2, 16);
  bytes.writeInt32BE(records - 1, 23);
  bytes.writeBigInt64BE(1_700_000_000_000n, 27);
  bytes.writeBigInt64BE(BigInt(1_700_000_000_000 + records - 1), 35);
  bytes.writeBigInt64BE(-1n, 43);
  bytes.writeInt16BE(-1, 51);
  bytes.writeInt32BE(-1, 53);
  bytes.writeInt32BE(records, 57);
  bytes.writeUInt32BE(crc32c(bytes.subarray(21)), 17);
  return bytes;
}

function varint(value: number): Buffer {
  let rest = value < 0 ? -value * 2 - 1 : value * 2;
  const bytes: number[] = [];
  for (; rest > 127; rest = Math.floor(rest / 128)) bytes.push((rest % 128) | 0x80);
  bytes.push(rest);
  return Buffer.from(bytes);
}

export interface FrameSpec {
  partition?: number;
  generation?: number;
  /** Base offsets of the batches. */
  at: number[];
  /** Records of each batch. Default 10. */
  records?: number;
  value?: string;
  codec?: 'none' | 'zstd';
  /** Changes the batches before they are stored. */
  damage?: (batches: Buffer) => void;
}

export function metadata(archiveId: string, runId: string, topic = 'orders', topicId = TOPIC_ID): PackMetadata {
  return {
    archiveId,
    clusterId: CLUSTER,
    runId,
    topic,
    topicId,
    partitionCount: 2,
    replicationFactor: 3,
    config: { 'cleanup.policy': 'delete' },
    createdAt: '2026-01-02T03:04:05.678Z',
  };
}

/** @returns the frames of one finished pack */
export async function writePack(
  store: ObjectStore,
  about: PackMetadata,
  number: number,
  specs: FrameSpec[],
): Promise<Frame[]> {
  const writer = new PackWriter(store, packKey(about.topic, about.runId, number), about);
  for (const { partition = 0, generation = 0, at, records = 10, value = 'value', codec = 'zstd', damage } of specs) {
    const batches = at.map((offset) => batch(offset, records, value));
    const content = {
      topic: about.topic,
      partition,
      generation,
      baseOffset: at[0]!,
      lastOffset: at.at(-1)! + records - 1,
      records: records * at.length,
      batches: at.length,
      maxTimestamp: 1_700_000_000_000 + records - 1,
      batchChain: batchChain(batches.map((bytes) => bytes.readUInt32BE(17))),
    };
    const bytes = Buffer.concat(batches);
    damage?.(bytes);
    await writer.append(content, await encodeFrame(bytes, { codec, level: 1 }));
  }
  return (await writer.finish()).frames;
}

/**
 * An archive of two commits: partitions 0 and 1 of `orders`; the second run goes on where the first ended. Offsets 40-49
 * of partition 0 are a hole.
 */
export async function sampleArchive(): Promise<{ store: ObjectStore; path: string; snapshots: Snapshot[] }> {
  const { store, path } = await temporaryStore();
  const { id } = await openArchive(store, { clusterId: CLUSTER, label: 'production' });
  const first = [
    ...(await writePack(store, metadata(id, 'run-0'), 0, [{ at: [0, 10] }, { at: [20, 30], codec: 'none' }])),
    ...(await writePack(store, metadata(id, 'run-0'), 1, [{ partition: 1, at: [0] }])),
  ];
  const indexes = [await writeIndex(store, 'run-0', 0, first)];
  const one = snapshot(0, id, [...indexes], [partition(0, 40), partition(1, 10)]);
  await writeCommit(store, one);
  const second = await writePack(store, metadata(id, 'run-1'), 0, [{ at: [50, 60] }, { partition: 1, at: [10] }]);
  indexes.push(await writeIndex(store, 'run-1', 0, second));
  const two = snapshot(1, id, indexes, [partition(0, 70), partition(1, 20)]);
  await writeCommit(store, two);
  return { store, path, snapshots: [one, two] };
}
