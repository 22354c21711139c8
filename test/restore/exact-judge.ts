import { expect } from 'vitest';
import type { KafkaCluster } from '../support/kafka/cluster.ts';
import { consoleConsume } from '../support/kafka/console.ts';
import { type JavaClient, javaClient, type ReadRecord } from '../support/kafka/java-client.ts';

const ISOLATIONS = ['read_committed', 'read_uncommitted'] as const;

/** How a topic reads for a consumer of committed data. */
export interface View {
  records: ReadRecord[];
  /** Log start and last stable offset of each partition. */
  offsets: { start: number; end: number }[];
}

export async function viewOf(client: JavaClient, topic: string): Promise<View> {
  return { records: await client.readAll(topic), offsets: await client.offsets(topic) };
}

/** Partitions as they are to begin: at the log start, or at the first record where that is later; without one at the end. */
export function beginningAtRecords({ records, offsets }: View): View {
  return {
    records,
    offsets: offsets.map(({ start, end }, partition) => {
      const first = records.find((record) => record.partition === partition)?.offset ?? end;
      return { start: Math.max(start, first), end };
    }),
  };
}

/** The records of a window, and a log that begins at the first of them and ends behind the last. */
export function only({ records, offsets }: View, wanted: (record: ReadRecord) => boolean): View {
  const kept = records.filter(wanted);
  return {
    records: kept,
    offsets: offsets.map(({ start }, partition) => {
      const own = kept.filter((record) => record.partition === partition);
      const [first, last] = [own[0], own.at(-1)];
      return first === undefined ? { start, end: start } : { start: first.offset, end: last!.offset + 1 };
    }),
  };
}

/**
 * A topic reads as the view says at either isolation level, in every record, offset, log start and end.
 * @param options `byConsole`: Kafka's console consumer reads it too
 */
export async function expectToRead(
  kafka: KafkaCluster,
  topic: string,
  { records, offsets }: View,
  { byConsole = false } = {},
): Promise<void> {
  const client = javaClient(kafka);
  for (const isolation of ISOLATIONS) {
    expect(await client.offsets(topic, isolation), isolation).toEqual(offsets);
    expect(await client.readAll(topic, { isolation }), isolation).toEqual(records);
    if (!byConsole) continue;
    const lines = await consoleConsume(kafka, topic, { isolation });
    expect(lines.map((line) => /Partition:\d+\tOffset:\d+/.exec(line)?.[0]).sort()).toEqual(
      records.map(({ partition, offset }) => `Partition:${partition}\tOffset:${offset}`).sort(),
    );
  }
}
