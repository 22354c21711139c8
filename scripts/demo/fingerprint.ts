import { createHash, type Hash } from 'node:crypto';
import type { JavaClient } from '../../test/support/kafka/java-client.ts';

/** What a topic holds, as Kafka's own consumer reads it at read_committed. */
export interface Fingerprint {
  records: number;
  /** Of each partition: keys, values, headers and timestamps in their order. */
  partitions: string[];
  /** Of each partition: the offsets of the records. */
  offsets: string[];
}

/** Reads the whole topic; two topics with the same fingerprint hold the same records in the same order. */
export async function fingerprint(client: JavaClient, topic: string): Promise<Fingerprint> {
  const { partitions } = await client.describeTopic(topic);
  const [hashes, offsets] = [newHashes(partitions), newHashes(partitions)];
  const records = await client.readAll(topic, { timeoutMs: 120_000 });
  for (const { partition, offset, timestamp, key, value, headers } of records) {
    const base64 = (bytes: Buffer | null) => bytes?.toString('base64') ?? null;
    hashes[partition]!.update(
      JSON.stringify([timestamp, base64(key), base64(value), headers.map(([name, bytes]) => [name, base64(bytes)])]),
    );
    offsets[partition]!.update(`${offset} `);
  }
  return { records: records.length, partitions: digests(hashes), offsets: digests(offsets) };
}

function newHashes(count: number): Hash[] {
  return Array.from({ length: count }, () => createHash('sha256'));
}

function digests(hashes: Hash[]): string[] {
  return hashes.map((hash) => hash.digest('hex'));
}
