import { describe, expect, test, vi } from 'vitest';
import { type RecordQuery, readRecords } from '../../runtime/src/archive/find-records.ts';
import type { Snapshot } from '../../runtime/src/archive/snapshot.ts';
import type { ObjectStore } from '../../runtime/src/storage/object-store.ts';
import { sampleArchive } from './fixture.ts';

/** `partition:offset` of each record, and how many frames were read for them. */
async function find(store: ObjectStore, snapshot: Snapshot, query: Omit<RecordQuery, 'topic'>) {
  const reads = vi.spyOn(store, 'getRange').mockClear();
  const found: string[] = [];
  for await (const records of readRecords(store, snapshot, { topic: 'orders', ...query })) {
    expect(records.length).toBeGreaterThan(0);
    for (const { topic, partition, offset, value } of records) {
      expect({ topic, value: value?.toString() }).toEqual({ topic: 'orders', value: `value-${offset}` });
      found.push(`${partition}:${offset}`);
    }
  }
  return { found, frames: reads.mock.calls.length };
}

function offsets(partition: number, from: number, until: number): string[] {
  return Array.from({ length: until - from }, (_, n) => `${partition}:${from + n}`);
}

/** Frames of partition 0: 0-19, 20-39, 50-69; of partition 1: 0-9, 10-19. */
async function sample() {
  const { store, snapshots } = await sampleArchive();
  return { store, one: snapshots[0]!, two: snapshots[1]! };
}

describe('the records of a snapshot', () => {
  test('all, by partition and offset, and only its own', async () => {
    const { store, one, two } = await sample();
    expect(await find(store, two, {})).toEqual({
      found: [...offsets(0, 0, 40), ...offsets(0, 50, 70), ...offsets(1, 0, 20)],
      frames: 5,
    });
    expect((await find(store, one, {})).found).toEqual([...offsets(0, 0, 40), ...offsets(1, 0, 10)]);
  });

  test('of one partition', async () => {
    const { store, two } = await sample();
    expect(await find(store, two, { partition: 1 })).toEqual({ found: offsets(1, 0, 20), frames: 2 });
  });

  test.each<[NonNullable<RecordQuery['offsets']>, string[], number]>([
    [{ from: 35, until: 52 }, [...offsets(0, 35, 40), ...offsets(0, 50, 52)], 2],
    [{ from: 25, until: 26 }, offsets(0, 25, 26), 1],
    [{ from: 20, until: 40 }, offsets(0, 20, 40), 1],
    [{ from: 65 }, offsets(0, 65, 70), 1],
    // A hole, and what nobody has written yet.
    [{ from: 40, until: 50 }, [], 0],
    [{ from: 70 }, [], 0],
  ])('%j reads no frame but those that hold one', async (window, found, frames) => {
    const { store, two } = await sample();
    expect(await find(store, two, { partition: 0, offsets: window })).toEqual({ found, frames });
  });

  test('a time: both ends count, in each batch', async () => {
    const { store, one } = await sample();
    const timeWindow = { start: 1_700_000_000_003, end: 1_700_000_000_004 };
    const { found } = await find(store, one, { partition: 0, timeWindow });
    expect(found).toEqual([0, 10, 20, 30].flatMap((base) => offsets(0, base + 3, base + 5)));
    const past = await find(store, one, { timeWindow: { start: 1_700_000_000_010 } });
    expect(past).toEqual({ found: [], frames: 0 });
  });

  test('at most so many, without reading on', async () => {
    const { store, two } = await sample();
    // The second is under way when the first is there.
    expect(await find(store, two, { limit: 1 })).toEqual({ found: ['0:0'], frames: 2 });
    expect((await find(store, two, { limit: 13 })).found).toEqual(offsets(0, 0, 13));
    expect((await find(store, two, { limit: 41 })).found).toEqual([...offsets(0, 0, 40), '0:50']);
  });

  test('a taker that stops ends the reading', async () => {
    const { store, two } = await sample();
    for await (const records of readRecords(store, two, { topic: 'orders' })) {
      expect(records).toHaveLength(10);
      break;
    }
  });
});

describe('what is not there is refused by name', () => {
  test.each<[Partial<RecordQuery>, string, string]>([
    [{ topic: 'order' }, 'TOPIC_NOT_IN_SNAPSHOT', 'snapshot backup-1 has no topic order; did you mean orders?'],
    [
      { topic: 'payments' },
      'TOPIC_NOT_IN_SNAPSHOT',
      'snapshot backup-1 has no topic payments; `msk-backup describe` lists its topics',
    ],
    [
      { partition: 2 },
      'PARTITION_NOT_IN_SNAPSHOT',
      'topic orders of snapshot backup-1 has no partition 2: it has 0 to 1',
    ],
  ])('%j', async (query, code, message) => {
    const { store, two } = await sample();
    const reading = readRecords(store, two, { topic: 'orders', ...query }).next();
    await expect(reading).rejects.toMatchObject({ kind: 'configuration', code, message });
  });
});
