/**
 * Snappy as Kafka has it. The Java client writes the stream of xerial's snappy-java; librdkafka writes one bare block.
 *
 *     XerialStream = 0x82 'SNAPPY' 0x00, version int32 (1), oldest compatible version int32 (1), Block*
 *     Block        = length int32, snappy block of that many bytes
 */
import { compress, compressSync, uncompress, uncompressSync } from 'snappy';

const MAGIC = Buffer.from([0x82, 0x53, 0x4e, 0x41, 0x50, 0x50, 0x59, 0x00]);
const HEADER_BYTES = 16;
/** Raw bytes of one block, as snappy-java's default. */
const BLOCK_BYTES = 32 * 1024;
/** Fewer blocks than this are worked on at once, without the thread pool. */
const SYNC_BELOW_BYTES = 16 * 1024;

/** @returns a xerial stream, which every client reads */
export async function compressSnappy(raw: Buffer): Promise<Buffer> {
  const pieces: Buffer[] = [];
  for (let at = 0; at < raw.length; at += BLOCK_BYTES) pieces.push(raw.subarray(at, at + BLOCK_BYTES));
  const blocks =
    raw.length < SYNC_BELOW_BYTES
      ? pieces.map((piece) => compressSync(piece))
      : await Promise.all(pieces.map((piece) => compress(piece)));
  const header = Buffer.alloc(HEADER_BYTES);
  MAGIC.copy(header);
  header.writeInt32BE(1, 8);
  header.writeInt32BE(1, 12);
  return Buffer.concat([header, ...blocks.flatMap((block) => [lengthOf(block), block])]);
}

/** Reads a xerial stream or a bare block. Throws a plain Error when it is neither. */
export async function decompressSnappy(bytes: Buffer): Promise<Buffer> {
  if (!bytes.subarray(0, MAGIC.length).equals(MAGIC)) return decompressBlocks([bytes], bytes.length);
  const blocks: Buffer[] = [];
  for (let at = HEADER_BYTES; at < bytes.length; ) {
    const length = bytes.readInt32BE(at);
    at += 4;
    if (length < 0 || at + length > bytes.length) throw new Error('a snappy block is longer than the data');
    blocks.push(bytes.subarray(at, at + length));
    at += length;
  }
  return decompressBlocks(blocks, bytes.length);
}

async function decompressBlocks(blocks: Buffer[], bytes: number): Promise<Buffer> {
  const raw =
    bytes < SYNC_BELOW_BYTES
      ? blocks.map((block) => uncompressSync(block) as Buffer)
      : await Promise.all(blocks.map((block) => uncompress(block) as Promise<Buffer>));
  return raw.length === 1 ? raw[0]! : Buffer.concat(raw);
}

function lengthOf(block: Buffer): Buffer {
  const length = Buffer.allocUnsafe(4);
  length.writeInt32BE(block.length);
  return length;
}
