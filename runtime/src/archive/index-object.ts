/**
 * An index object: the frames that one run wrote, or several merged. Little-endian:
 *
 *     Index   => Magic Version BodyChecksum BodyRawLength Body
 *       Magic    => "MSKBKIDX"
 *       Version  => uint32          1
 *       BodyChecksum  => uint32     CRC-32C of Body as stored
 *       BodyRawLength => uint64     bytes of Body before compression
 *       Body     => zstd of a table, see frame-table.ts
 */
import { createHash } from 'node:crypto';
import { crc32c } from '../batch/crc32c.ts';
import { zstdCompress, zstdDecompress } from '../batch/zstd.ts';
import { hasCode, MskBackupError } from '../errors.ts';
import type { ObjectStore } from '../storage/object-store.ts';
import type { Frame } from './frame.ts';
import { encodeFrameTable, FrameTable } from './frame-table.ts';
import type { IndexReference } from './snapshot.ts';

const MAGIC = Buffer.from('MSKBKIDX', 'latin1');
const VERSION = 1;
const HEADER_BYTES = 24;
/** Index objects are small beside the data: worth more time than a frame. */
const LEVEL = 3;

/**
 * @param shard unique within the run; numbers for what the run copied
 * @param frames of finished packs; iterated twice
 */
export async function writeIndex(
  store: ObjectStore,
  runId: string,
  shard: number | string,
  frames: Iterable<Frame>,
): Promise<IndexReference> {
  let count = 0;
  for (const { pack, packSize } of frames) {
    if (packSize === 0) throw new Error(`${pack} is not finished: no index may name it`);
    count++;
  }
  const table = encodeFrameTable(frames);
  const body = await zstdCompress(table, LEVEL);
  const header = Buffer.alloc(HEADER_BYTES);
  MAGIC.copy(header);
  header.writeUInt32LE(VERSION, 8);
  header.writeUInt32LE(crc32c(body), 12);
  header.writeBigUInt64LE(BigInt(table.length), 16);
  const object = Buffer.concat([header, body]);
  const key = `index/${runId}-${shard}.idx`;
  await store.put(key, object);
  return { key, size: object.length, sha256: createHash('sha256').update(object).digest('hex'), frames: count };
}

/**
 * @throws MskBackupError kind `data`: `INDEX_MISSING`, or `INDEX_DAMAGED` when the object is not the one that the commit
 * names, by size or SHA-256
 */
export async function readIndexTable(store: ObjectStore, reference: IndexReference): Promise<FrameTable> {
  const { key } = reference;
  const fail = (code: string, why: string) =>
    new MskBackupError(
      'data',
      code,
      `${key} in ${store.location}: ${why}; copy it again from a replica of the archive, or rebuild the archive from its packs`,
    );
  const damaged = (why: string) => fail('INDEX_DAMAGED', why);
  let object: Buffer;
  try {
    object = await store.get(key);
  } catch (error) {
    throw hasCode(error, 'OBJECT_MISSING') ? fail('INDEX_MISSING', 'the index object is missing') : error;
  }
  if (object.length !== reference.size) {
    throw damaged(`the index object has ${object.length} bytes, not the ${reference.size} that its commit names`);
  }
  if (createHash('sha256').update(object).digest('hex') !== reference.sha256) {
    throw damaged('the SHA-256 of the index object is not the one that its commit names');
  }
  if (object.length < HEADER_BYTES || !object.subarray(0, 8).equals(MAGIC)) throw damaged('this is no index object');
  if (object.readUInt32LE(8) !== VERSION) {
    throw new MskBackupError(
      'configuration',
      'FORMAT_TOO_NEW',
      `${key} in ${store.location}: index version ${object.readUInt32LE(8)} is not known to this msk-backup; use a newer one`,
    );
  }
  const body = object.subarray(HEADER_BYTES);
  if (crc32c(body) !== object.readUInt32LE(12)) throw damaged('the checksum of its body differs');
  return new FrameTable(await zstdDecompress(body, Number(object.readBigUInt64LE(16))), damaged);
}

/** All frames of an index object, in the order of its rows. Errors as `readIndexTable`. */
export async function readIndex(store: ObjectStore, reference: IndexReference): Promise<Frame[]> {
  return (await readIndexTable(store, reference)).frames();
}
