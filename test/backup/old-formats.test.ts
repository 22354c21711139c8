import { readdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { crc32 } from 'node:zlib';
import { expect, test } from 'vitest';
import { TestArchive } from '../support/archive/backup.ts';
import { startKafka } from '../support/kafka/cluster.ts';
import { javaClient } from '../support/kafka/java-client.ts';

/** A message of format 1, as Kafka 0.10 wrote it: offset, size, CRC-32, magic, attributes, timestamp, key, value. */
function messageOfFormat1(offset: number, value: string): Buffer {
  const body = Buffer.alloc(1 + 1 + 8 + 4 + 4 + value.length);
  body.writeInt8(1, 0);
  body.writeBigInt64BE(1_500_000_000_000n, 2);
  body.writeInt32BE(-1, 10);
  body.writeInt32BE(value.length, 14);
  body.write(value, 18);
  const head = Buffer.alloc(8 + 4 + 4);
  head.writeBigInt64BE(BigInt(offset), 0);
  head.writeInt32BE(4 + body.length, 8);
  head.writeUInt32BE(crc32(body), 12);
  return Buffer.concat([head, body]);
}

test.each(['4', '3.6'])(
  'a topic with messages of an old format is refused before anything is written (Kafka %s)',
  async (version) => {
    const kafka = await startKafka({ version });
    const archive = await TestArchive.create();
    try {
      const client = javaClient(kafka);
      await client.createTopic('old');
      await client.createTopic('new');
      const producer = await client.producer();
      await producer.send('old', [{ value: 'a' }]);
      await producer.send('new', [{ value: 'b' }]);
      await producer.close();
      // No broker of today writes this format, but logs that have been kept since then hold it.
      const broker = kafka.brokers[0]!;
      await broker.kill();
      const directory = join(broker.logDir, 'old-0');
      for (const file of await readdir(directory)) {
        if (/\.(index|timeindex|snapshot)$/.test(file) || file === 'leader-epoch-checkpoint')
          await rm(join(directory, file));
      }
      await writeFile(join(directory, '00000000000000000000.log'), messageOfFormat1(0, 'old value'));
      await broker.start();

      await expect(archive.run(kafka, ['old', 'new'])).rejects.toMatchObject({
        code: 'MESSAGE_FORMAT_OLD',
        message: expect.stringContaining('old'),
      });
      const written: string[] = [];
      for await (const { key } of archive.store.list('')) written.push(key);
      // Beside that it was here, which each backup says of itself.
      expect(written.filter((key) => !key.startsWith('running/'))).toEqual(['FORMAT']);
    } finally {
      await archive.remove();
      await kafka.stop();
    }
  },
);
