import { join } from 'node:path';
import { writeOrders } from './orders.ts';
import { writeReadings } from './readings.ts';

/** A data set: what Kafka's producer tool is told, and how many records of how many bytes it makes. */
export interface DataSet {
  name: string;
  title: string;
  records: number;
  /** Arguments of ProducerPerformance beside topic, count and throughput. */
  producerArguments(scratch: string): string[];
  producerProperties: string[];
  /** How it is restored beside untouched with new offsets. */
  otherwise: ('exact' | 'headers')[];
}

const ORDERS = 100_000;
const READINGS = 500_000;

export const dataSets: DataSet[] = [
  {
    name: 'json',
    title: 'JSON orders of 1 kB, uncompressed',
    records: 1_250_000,
    producerArguments: (scratch) => ['--payload-file', join(scratch, 'orders.jsonl')],
    producerProperties: ['compression.type=none'],
    otherwise: ['exact', 'headers'],
  },
  {
    name: 'lz4',
    title: 'the same orders, lz4-compressed by the producer',
    records: 1_250_000,
    producerArguments: (scratch) => ['--payload-file', join(scratch, 'orders.jsonl')],
    producerProperties: ['compression.type=lz4'],
    otherwise: [],
  },
  {
    name: 'small',
    title: 'readings of 70 bytes, uncompressed',
    records: 8_000_000,
    producerArguments: (scratch) => ['--payload-file', join(scratch, 'readings.txt')],
    producerProperties: ['compression.type=none'],
    otherwise: ['headers'],
  },
];

/** Writes the files that the sets send. */
export async function prepare(scratch: string): Promise<void> {
  await writeOrders(join(scratch, 'orders.jsonl'), ORDERS);
  await writeReadings(join(scratch, 'readings.txt'), READINGS);
}
