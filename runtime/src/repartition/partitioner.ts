import { writeInt64 } from '../batch/header.ts';
import { murmur2 } from './murmur2.ts';

/**
 * The partition that Kafka's producers choose for a key, an empty one too.
 * @param partitions of the topic, 1 or more
 * @param start first byte of the key in `bytes`, `end` the byte after it; default all
 */
export function partitionFor(bytes: Uint8Array, partitions: number, start = 0, end = bytes.length): number {
  return (murmur2(bytes, start, end) & 0x7fffffff) % partitions;
}

const place = Buffer.alloc(12);

/**
 * The partition for the records of a batch that have no key. A producer would choose any, and keep it for a batch; here the
 * batch's place at the source decides, so that a second run decides the same, a batch's records stay together in their
 * order, and the batches spread evenly. Hashed, because base offsets tend to be multiples of one number.
 *
 * @param sourcePartition and `baseOffset`: where the batch was
 */
export function partitionWithoutKey(sourcePartition: number, baseOffset: number, partitions: number): number {
  writeInt64(place, baseOffset, 0);
  place.writeInt32BE(sourcePartition, 8);
  return partitionFor(place, partitions);
}
