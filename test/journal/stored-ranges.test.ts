import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import type { PartitionProgress, ProgressBody, StartedBody } from '../../runtime/src/journal/entries.ts';
import { RestoreJournal } from '../../runtime/src/journal/journal.ts';
import { toOffsetMap, toOffsetsPartition } from '../../runtime/src/journal/offset-map-object.ts';
import { storedRanges } from '../../runtime/src/journal/stored-ranges.ts';
import { OffsetMap, type OffsetRange } from '../../runtime/src/offsets/offset-map.ts';
import { earlierRuns } from '../../runtime/src/restore/plan/earlier-runs.ts';
import { openStore } from '../../runtime/src/storage/open-store.ts';

/** Five records and a marker, again and again. */
function transactions(from: number, count: number): OffsetRange[] {
  return Array.from({ length: count }, (_, n) => ({ source: 6 * (from + n), target: 100 + 5 * (from + n), length: 5 }));
}

test('few ranges are a list, many are a few bytes each, and both are read alike', () => {
  for (const count of [0, 1, 1000, 1001, 100_000]) {
    const map = new OffsetMap(100);
    for (const range of transactions(0, count)) map.add(range);
    map.advance(map.end + 7);
    const stored = toOffsetsPartition(0, 0, map);
    expect(typeof stored.ranges).toBe(count > 1000 ? 'string' : 'object');
    if (count > 1000) expect(stored.ranges.length / count).toBeLessThan(5);
    const read = toOffsetMap(JSON.parse(JSON.stringify(stored)));
    expect([...read.ranges()]).toEqual([...map.ranges()]);
    expect(read.end).toBe(map.end);
  }
});

test('the map of a restore that was stopped is put together from what it noted on the way', async () => {
  const path = await mkdtemp(join(tmpdir(), 'msk-backup-ranges-'));
  onTestFinished(() => rm(path, { recursive: true }));
  const journal = await RestoreJournal.open(await openStore({ backend: 'filesystem', path, prefix: '' }), 'a1');
  const started = {
    target: 'orders',
    topicId: 'id',
    created: true,
    settings: [],
    partitions: [{ target: 0, start: 100 }],
  };
  await journal.append('started', { topics: [started] } as unknown as StartedBody);
  const all = transactions(0, 5_000);
  const note = async (ranges: OffsetRange[]) => {
    const partition = { topic: 'orders', topicId: 'id', partition: 0, next: 0, end: 0 } as PartitionProgress;
    const body: ProgressBody = { partitions: [{ ...partition, ranges: storedRanges(ranges) }] };
    await journal.append('progress', body);
  };
  // Each begins with the last range of the one before, which had less then, or as much.
  await note([...all.slice(0, 1_999), { ...all[1_999]!, length: 2 }]);
  await note([{ ...all[1_999]!, length: 4 }]);
  await note(all.slice(1_999, 4_999));
  await note(all.slice(4_998));
  const earlier = await earlierRuns(journal, new Map([['orders', 'id']]));
  const { map } = earlier.get('orders')!.partitions.get(0)!.progress!;
  expect([...map.ranges()]).toEqual(all);
});
