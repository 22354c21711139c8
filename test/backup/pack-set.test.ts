import { afterEach, beforeEach, expect, test } from 'vitest';
import { encodeFrame } from '../../runtime/src/archive/encode-frame.ts';
import { readIndex, writeIndex } from '../../runtime/src/archive/index-object.ts';
import { PackSet } from '../../runtime/src/backup/pack-set.ts';
import { TestArchive } from '../support/archive/backup.ts';

let archive: TestArchive;
beforeEach(async () => {
  archive = await TestArchive.create();
});
afterEach(() => archive.remove());

test('the index is written in pieces as packs finish, and names every frame once', async () => {
  const packs = new PackSet(archive.store, {
    runId: 'run',
    packBytes: 200,
    bufferedBytes: 1024,
    indexFrames: 5,
    writeIndex: (shard, frames) => writeIndex(archive.store, 'run', shard, frames),
    metadataOf: (topic) => ({
      archiveId: 'a',
      clusterId: 'c',
      runId: 'run',
      topic,
      topicId: `id-${topic}`,
      partitionCount: 1,
      replicationFactor: 1,
      config: {},
      createdAt: '2026-01-01T00:00:00.000Z',
    }),
  });
  const frame = await encodeFrame(Buffer.alloc(100), { codec: 'none', level: 1 });
  for (let n = 0; n < 20; n++) {
    const content = {
      topic: n % 10 === 9 ? 'gone' : 'kept',
      partition: 0,
      generation: 0,
      baseOffset: n,
      lastOffset: n,
      records: 1,
      batches: 1,
      maxTimestamp: -1,
      batchChain: 0,
    };
    await packs.append(content, frame);
  }
  await packs.finish();
  const early: string[] = [];
  for await (const { key } of archive.store.list('index/')) early.push(key);
  expect(early.length).toBeGreaterThanOrEqual(2);

  const indexes = await packs.writeIndexes(() => true);
  expect(new Set(indexes.map(({ key }) => key)).size).toBe(indexes.length);
  const frames = (await Promise.all(indexes.map((index) => readIndex(archive.store, index)))).flat();
  expect(frames.every(({ packSize }) => packSize > 0)).toBe(true);
  expect(frames.map(({ baseOffset }) => baseOffset).sort((a, b) => a - b)).toEqual([...Array(20).keys()]);
});
