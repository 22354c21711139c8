import { describe, expect, test } from 'vitest';
import { writeCommit } from '../../runtime/src/archive/commits.ts';
import { readFrame } from '../../runtime/src/archive/frame-reader.ts';
import { readIndex, writeIndex } from '../../runtime/src/archive/index-object.ts';
import { framesOf } from '../../runtime/src/archive/snapshot-frames.ts';
import { batch, metadata, partition, sampleArchive, snapshot, writePack } from './fixture.ts';
import { crc32c, readArchiveFrames, readFormat, readIndexObject, readPack, readSnapshot } from './format-reader.ts';

/** The sample archive and a third commit that has everything: truncation, recreation, expiry, two topics, all fields. */
async function fullArchive() {
  const { store, path, snapshots } = await sampleArchive();
  const { archiveId, indexes } = snapshots[1]!;
  const frames = [
    // Orders, partition 0 was cut back to offset 55, in the middle of a batch.
    ...(await writePack(store, metadata(archiveId, 'run-2'), 0, [
      { generation: 1, at: [55], records: 25, value: 'new' },
    ])),
    ...(await writePack(store, metadata(archiveId, 'run-2', 'zahlungen', 'CCCCCCCCQCCAAAAAAAAAAg'), 1, [
      { partition: 1, at: [2 ** 45], records: 3 },
      { partition: 1, at: [2 ** 45 + 3], records: 1, codec: 'none' },
    ])),
    ...(await writePack(store, metadata(archiveId, 'run-2', 'zahlungen', 'BBBBBBBBQBCAAAAAAAAAAg'), 2, [{ at: [0] }])),
  ];
  frames[1]!.minTimestamp = 1_700_000_000_000;
  const index = await writeIndex(store, 'run-2', 0, frames);
  const last = snapshot(
    2,
    archiveId,
    [...indexes, index],
    [
      partition(0, 80, {
        logStart: 12,
        generations: [
          { generation: 0, from: 0, until: 55 },
          { generation: 1, from: 55 },
        ],
      }),
      partition(1, 20),
    ],
  );
  last.topics.push({
    name: 'zahlungen',
    topicId: 'CCCCCCCCQCCAAAAAAAAAAg',
    partitionCount: 2,
    replicationFactor: 3,
    config: {},
    partitions: [
      partition(0, 0),
      partition(1, 2 ** 45 + 4, { logStart: 2 ** 45, generations: [{ generation: 0, from: 2 ** 45 }] }),
    ],
  });
  await writeCommit(store, last);
  return { store, path, snapshots: [...snapshots, last] };
}

describe('a reader made from docs/archive-format.md alone', () => {
  test('has the CRC-32C of the page', () => {
    expect(crc32c(Buffer.from('123456789'))).toBe(0xe3069283);
  });

  test('reads FORMAT and commits', async () => {
    const { path, snapshots } = await fullArchive();
    expect(readFormat(path)).toMatchObject({ clusterId: 'cluster-1', label: 'production' });
    for (const one of snapshots) expect(readSnapshot(path, one.sequence)).toEqual(one);
  });

  test('reads the same rows from index objects and packs', async () => {
    const { store, path, snapshots } = await fullArchive();
    for (const reference of snapshots[2]!.indexes) {
      const frames = await readIndex(store, reference);
      const rows = readIndexObject(path, reference);
      expect(
        rows.map(({ stored, raw, chain, codec, minTimestamp, ...same }) => ({
          ...same,
          length: stored,
          rawLength: raw,
          batchChain: chain,
          codec: codec === 0 ? 'none' : 'zstd',
          ...(minTimestamp === -2 ? {} : { minTimestamp }),
        })),
      ).toEqual(frames);
      for (const row of rows) {
        const { metadata: about, rows: own } = readPack(path, row.pack);
        expect(about).toMatchObject({ topic: row.topic, topicId: row.topicId, partitionCount: 2 });
        expect(own.find(({ position }) => position === row.position)).toEqual({
          ...row,
          packSize: 0,
          minTimestamp: -2,
        });
      }
    }
  });

  test('finds the frames of every snapshot, byte for byte', async () => {
    const { store, path, snapshots } = await fullArchive();
    for (const one of snapshots) {
      const expected = [];
      for (const { topic, partitions } of await framesOf(store, one)) {
        for (const own of partitions) {
          for (const { frame, from, until } of own.frames()) {
            const bytes = await readFrame(store, frame);
            expected.push({ topic: topic.name, partition: own.partition.partition, from, until, bytes });
          }
        }
      }
      expect(readArchiveFrames(path, one.sequence)).toEqual(expected);
    }
    expect(
      readArchiveFrames(path, 2).map(({ topic, partition, from, until }) => [topic, partition, from, until]),
    ).toEqual([
      ['orders', 0, 12, 20],
      ['orders', 0, 20, 40],
      ['orders', 0, 50, 55],
      ['orders', 0, 55, 80],
      ['orders', 1, 0, 10],
      ['orders', 1, 10, 20],
      ['zahlungen', 1, 2 ** 45, 2 ** 45 + 3],
      ['zahlungen', 1, 2 ** 45 + 3, 2 ** 45 + 4],
    ]);
    expect(readArchiveFrames(path, 2)[3]!.bytes).toEqual(batch(55, 25, 'new'));
  });
});
