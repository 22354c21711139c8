/**
 * Answers that a real broker gives too seldom to wait for: of tiered storage that is late, of a log that was cut back.
 */
import { setImmediate as soon } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import { BrokerLoop, type BrokerLoopEvents } from '../../runtime/src/backup/broker-loop.ts';
import { PartitionCopy, type RawFrame } from '../../runtime/src/backup/partition-copy.ts';
import { planPartition } from '../../runtime/src/backup/plan-partition.ts';
import { MskBackupError } from '../../runtime/src/errors.ts';
import type { ApiRequest, KafkaClient } from '../../runtime/src/kafka/client.ts';
import type { FetchedPartition, FetchResponse } from '../../runtime/src/kafka/protocol/fetch.ts';
import { craftBatch } from '../batch/craft.ts';

const OUT_OF_RANGE = 1;

interface Outcome {
  events: string[];
  reasons: MskBackupError[];
  frames: RawFrame[];
  /** How long the broker was allowed to wait, per request. */
  waits: number[];
  copy: PartitionCopy;
}

/** Copies one partition up to offset 10 with the answers, the last of which is repeated. */
async function copy(
  answers: Partial<FetchedPartition>[],
  options: { compacted?: boolean; patienceMs?: number; onOutOfRange?: BrokerLoopEvents['onOutOfRange'] } = {},
): Promise<Outcome> {
  const waits: number[] = [];
  const client = {
    async send(_node: number, request: ApiRequest<FetchResponse>): Promise<FetchResponse> {
      await soon();
      const answer = answers[Math.min(waits.length, answers.length - 1)]!;
      waits.push(request.brokerWaitMs!);
      const fetched: FetchedPartition = {
        topic: 't',
        partition: 0,
        errorCode: 0,
        highWatermark: 10,
        lastStableOffset: 10,
        logStartOffset: 0,
        abortedTransactions: [],
        records: Buffer.alloc(0),
        ...answer,
      };
      return { throttleTimeMs: 0, errorCode: 0, partitions: [fetched] };
    },
  } as unknown as KafkaClient;
  const events: string[] = [];
  const reasons: MskBackupError[] = [];
  const frames: RawFrame[] = [];
  const loop = new BrokerLoop(
    1,
    client,
    async (frame) => {
      frames.push(frame);
    },
    { maxPartitions: 8, fetchMaxBytes: 1024 * 1024, maxWaitMs: 500, patienceMs: options.patienceMs ?? 60_000 },
    {
      onDone: () => events.push('done'),
      onLost: (_, reason) => {
        events.push('lost');
        reasons.push(reason);
      },
      onFailed: (_, reason) => {
        events.push('failed');
        reasons.push(reason as MskBackupError);
      },
      onOutOfRange: options.onOutOfRange ?? (() => Promise.reject(new Error('not expected'))),
      onProgress() {},
    },
  );
  const at = { partition: 0, logStart: 0, lastStable: 10, highWatermark: 10 };
  const topic = { name: 't', compacted: options.compacted ?? false };
  const partition = new PartitionCopy(planPartition(topic, at, undefined, undefined, 'earliest', '', 0));
  loop.add(partition);
  await loop.run(new AbortController().signal);
  return { events, reasons, frames, waits, copy: partition };
}

const NOTHING = {};
const FIVE = { records: craftBatch({ records: Array.from({ length: 5 }, () => ({})) }) };
const REST = { records: craftBatch({ baseOffset: 5, records: Array.from({ length: 5 }, () => ({})) }) };

describe('empty answers although the log goes on', () => {
  test('are asked again, with more time, until the records come', async () => {
    const { events, frames, waits } = await copy([FIVE, NOTHING, NOTHING, NOTHING, NOTHING, NOTHING, REST]);
    expect(events).toEqual(['done']);
    expect(frames.reduce((sum, { records }) => sum + records, 0)).toBe(10);
    expect(Math.max(...waits)).toBeGreaterThan(1000);
  });

  test('without end make the partition fail where it stands', async () => {
    const { events, reasons, frames, copy: partition } = await copy([FIVE, NOTHING], { patienceMs: 20 });
    expect(events).toEqual(['failed']);
    expect(reasons).toMatchObject([{ kind: 'connection', code: 'NO_RECORDS_SENT' }]);
    expect(partition.position).toBe(5);
    expect(frames).toMatchObject([{ records: 5 }]);
  });

  test('mean that compaction left nothing up to the cut, for a compacted topic alone in its request', async () => {
    const { events, frames, copy: partition } = await copy([FIVE, NOTHING], { compacted: true });
    expect(events).toEqual(['done']);
    expect(partition.position).toBe(10);
    expect(frames).toMatchObject([{ records: 5 }]);
  });
});

test('a log that ends below the cut is given up', async () => {
  const short = { lastStableOffset: 5, highWatermark: 5 };
  const { events, reasons, copy: partition } = await copy([FIVE, short], { patienceMs: 20, compacted: true });
  expect(events).toEqual(['failed']);
  expect(reasons).toMatchObject([{ code: 'LOG_TRUNCATED', message: expect.stringContaining('ends at offset 5') }]);
  expect(partition.position).toBe(5);
});

describe('when the position is out of range', () => {
  test('what was gathered before is kept, whatever becomes of the partition', async () => {
    const truncated = new MskBackupError('data', 'LOG_TRUNCATED', 'the log was truncated');
    const { events, frames } = await copy([FIVE, { errorCode: OUT_OF_RANGE }], {
      onOutOfRange: () => Promise.reject(truncated),
    });
    expect(events).toEqual(['failed']);
    expect(frames).toMatchObject([{ records: 5 }]);
  });

  test('a log start that nobody can tell now is looked for again', async () => {
    const { events, reasons } = await copy([FIVE, { errorCode: OUT_OF_RANGE }], {
      onOutOfRange: () => Promise.reject(new MskBackupError('connection', 'LOG_START_UNKNOWN', 'no answer')),
    });
    expect(events).toEqual(['lost']);
    expect(reasons).toMatchObject([{ code: 'LOG_START_UNKNOWN' }]);
  });
});
