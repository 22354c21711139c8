/**
 * What a pack says of itself, so that an archive can be rebuilt from packs alone. Little-endian:
 *
 *     Pack     => Header Frames Trailer Footer
 *     Header   => Magic Version Zero
 *       Magic    => "MSKBPACK"
 *       Version  => uint32          1
 *       Zero     => uint32
 *     Trailer  => zstd of: MetadataLength Zero Metadata Padding Table
 *       MetadataLength, Zero => uint32
 *       Metadata => JSON, see PackMetadata; padded with zeros to a multiple of 8
 *       Table    => see frame-table.ts
 *     Footer   => TrailerPosition TrailerLength TrailerRawLength TrailerChecksum RowCount Version FooterChecksum Magic
 *       TrailerPosition => uint64
 *       TrailerLength, TrailerRawLength => uint32   stored, and before compression
 *       TrailerChecksum => uint32   CRC-32C of the stored trailer
 *       RowCount, Version => uint32
 *       FooterChecksum  => uint32   CRC-32C of the 28 bytes of the footer before it
 *       Magic    => "MSKBPEND"
 */
import { crc32c } from '../batch/crc32c.ts';
import { zstdCompress, zstdDecompress } from '../batch/zstd.ts';
import { hasCode, MskBackupError } from '../errors.ts';
import type { ObjectStore } from '../storage/object-store.ts';
import type { Frame } from './frame.ts';
import { encodeFrameTable, FrameTable } from './frame-table.ts';

const VERSION = 1;
const HEADER_MAGIC = Buffer.from('MSKBPACK', 'latin1');
const FOOTER_MAGIC = Buffer.from('MSKBPEND', 'latin1');
/** Frames begin here. */
export const PACK_HEADER_BYTES = 16;
export const PACK_FOOTER_BYTES = 40;
const TRAILER_LEVEL = 3;

/** What a pack says of where its frames come from. */
export interface PackMetadata {
  archiveId: string;
  clusterId: string;
  runId: string;
  topic: string;
  topicId: string;
  partitionCount: number;
  replicationFactor: number;
  config: Record<string, string>;
  /** ISO 8601, UTC. */
  createdAt: string;
}

export function packHeader(): Buffer {
  const header = Buffer.alloc(PACK_HEADER_BYTES);
  HEADER_MAGIC.copy(header);
  header.writeUInt32LE(VERSION, 8);
  return header;
}

/**
 * Everything that follows the frames.
 * @param position bytes of the pack before it
 */
export async function packEnd(position: number, metadata: PackMetadata, frames: Frame[]): Promise<Buffer> {
  const text = Buffer.from(JSON.stringify(metadata), 'utf8');
  const start = Buffer.alloc(8 + Math.ceil(text.length / 8) * 8);
  start.writeUInt32LE(text.length, 0);
  text.copy(start, 8);
  const raw = Buffer.concat([start, encodeFrameTable(frames)]);
  const stored = await zstdCompress(raw, TRAILER_LEVEL);
  const footer = Buffer.alloc(PACK_FOOTER_BYTES);
  footer.writeBigUInt64LE(BigInt(position), 0);
  footer.writeUInt32LE(stored.length, 8);
  footer.writeUInt32LE(raw.length, 12);
  footer.writeUInt32LE(crc32c(stored), 16);
  footer.writeUInt32LE(frames.length, 20);
  footer.writeUInt32LE(VERSION, 24);
  footer.writeUInt32LE(crc32c(footer.subarray(0, 28)), 28);
  FOOTER_MAGIC.copy(footer, 32);
  return Buffer.concat([stored, footer]);
}

/**
 * Reads what a pack says of itself, with two ranged reads from its end.
 * @param size bytes of the pack, as a listing shows it
 * @throws MskBackupError kind `data`: `PACK_MISSING`, `PACK_TRUNCATED` when the pack does not end as one, `PACK_DAMAGED`
 */
export async function readPackTrailer(
  store: ObjectStore,
  key: string,
  size: number,
): Promise<{ metadata: PackMetadata; frames: Frame[] }> {
  const fail = (code: string, why: string) => new MskBackupError('data', code, `${key} in ${store.location}: ${why}`);
  const truncated = (why: string) => fail('PACK_TRUNCATED', `${why}; copy it again from a replica of the archive`);
  const damaged = (why: string) => fail('PACK_DAMAGED', `${why}; copy it again from a replica of the archive`);
  const read = async (start: number, length: number) => {
    try {
      return await store.getRange(key, start, length);
    } catch (error) {
      if (hasCode(error, 'OBJECT_MISSING')) throw fail('PACK_MISSING', 'the pack is missing');
      if (hasCode(error, 'OBJECT_TRUNCATED')) throw truncated(`the pack is shorter than its ${size} bytes`);
      throw error;
    }
  };
  if (size < PACK_HEADER_BYTES + PACK_FOOTER_BYTES) throw truncated(`${size} bytes are too few for a pack`);
  const footer = await read(size - PACK_FOOTER_BYTES, PACK_FOOTER_BYTES);
  if (!footer.subarray(32).equals(FOOTER_MAGIC)) throw truncated('the pack does not end with a footer');
  if (footer.readUInt32LE(28) !== crc32c(footer.subarray(0, 28))) throw damaged('the checksum of its footer differs');
  if (footer.readUInt32LE(24) !== VERSION) {
    throw new MskBackupError(
      'configuration',
      'FORMAT_TOO_NEW',
      `${key} in ${store.location}: pack version ${footer.readUInt32LE(24)} is not known to this msk-backup; use a newer one`,
    );
  }
  const position = Number(footer.readBigUInt64LE(0));
  const length = footer.readUInt32LE(8);
  if (position + length + PACK_FOOTER_BYTES !== size) throw damaged('its footer does not fit its size');
  const stored = await read(position, length);
  if (crc32c(stored) !== footer.readUInt32LE(16)) throw damaged('the checksum of its trailer differs');
  const raw = await zstdDecompress(stored, footer.readUInt32LE(12)).catch((error) => {
    throw error instanceof MskBackupError ? damaged(error.message) : error;
  });
  const metadataLength = raw.readUInt32LE(0);
  const metadata = JSON.parse(raw.toString('utf8', 8, 8 + metadataLength)) as PackMetadata;
  const table = new FrameTable(raw.subarray(8 + Math.ceil(metadataLength / 8) * 8), damaged);
  const frames = table.frames().map((frame) => ({ ...frame, pack: key, packSize: size }));
  return { metadata, frames };
}
