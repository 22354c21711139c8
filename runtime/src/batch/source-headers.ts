/**
 * The headers that tell a restored record where it was:
 *
 *     x-original-offset      int64, little-endian
 *     x-original-timestamp   int64, little-endian, epoch ms
 *     x-source-partition     int32, little-endian
 *     x-source-cluster       UTF-8, left out when the cluster has no label
 */
import { varintSize, writeVarint } from './varint.ts';

export interface SourceHeaders {
  readonly partition: number;
  readonly cluster?: string;
}

/** How many headers are added to each record. */
export function sourceHeaderCount(headers: SourceHeaders): number {
  return headers.cluster === undefined ? 3 : 4;
}

/** By how many bytes each record grows, but for its own length and count of headers. */
export function sourceHeaderBytes(headers: SourceHeaders): number {
  return sourceHeaderTemplate(headers).bytes.length;
}

/** The headers' bytes, to be copied behind a record's own headers. */
export interface HeaderTemplate {
  bytes: Buffer;
  /** Where in it the values go that differ from record to record. */
  offsetAt: number;
  timestampAt: number;
}

const templates = new WeakMap<SourceHeaders, HeaderTemplate>();

/** Made once for each object, which must not change: small batches would feel it. */
export function sourceHeaderTemplate(headers: SourceHeaders): HeaderTemplate {
  let template = templates.get(headers);
  if (template === undefined) {
    template = makeTemplate(headers);
    templates.set(headers, template);
  }
  return template;
}

function makeTemplate(headers: SourceHeaders): HeaderTemplate {
  const partition = Buffer.alloc(4);
  partition.writeInt32LE(headers.partition);
  const offset = encodeHeader('x-original-offset', Buffer.alloc(8));
  const timestamp = encodeHeader('x-original-timestamp', Buffer.alloc(8));
  const rest = [encodeHeader('x-source-partition', partition)];
  if (headers.cluster !== undefined) rest.push(encodeHeader('x-source-cluster', Buffer.from(headers.cluster)));
  return {
    bytes: Buffer.concat([offset, timestamp, ...rest]),
    offsetAt: offset.length - 8,
    timestampAt: offset.length + timestamp.length - 8,
  };
}

function encodeHeader(name: string, value: Buffer): Buffer {
  const nameBytes = Buffer.from(name);
  const header = Buffer.alloc(
    varintSize(nameBytes.length) + nameBytes.length + varintSize(value.length) + value.length,
  );
  const nameAt = writeVarint(header, nameBytes.length, 0);
  const lengthAt = nameAt + nameBytes.copy(header, nameAt);
  value.copy(header, writeVarint(header, value.length, lengthAt));
  return header;
}
