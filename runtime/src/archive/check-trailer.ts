import { MskBackupError } from '../errors.ts';
import type { ObjectStore } from '../storage/object-store.ts';
import { frameFinding, place } from './check-frame.ts';
import type { Finding } from './finding.ts';
import type { Frame } from './frame.ts';
import type { NeededPack } from './inventory.ts';
import { PACK_HEADER_BYTES, type PackMetadata, packHeader, readPackTrailer } from './pack-trailer.ts';

/**
 * What a pack says of itself, at its beginning and its end, must be what the index says, or the archive could not be
 * rebuilt from it.
 * @returns what is wrong, undefined when nothing is
 */
export async function checkTrailer(
  store: ObjectStore,
  archiveId: string | undefined,
  pack: NeededPack,
): Promise<Finding | undefined> {
  const { key, topic, foundSize, expectedSize, rows } = pack;
  // Reported by its size already.
  if (foundSize !== expectedSize) return undefined;
  let trailer: { metadata: PackMetadata; frames: Frame[] };
  try {
    const header = await store.getRange(key, 0, PACK_HEADER_BYTES);
    if (!header.equals(packHeader())) {
      const message = `${key} in ${store.location}: its first ${PACK_HEADER_BYTES} bytes are not those of a pack; copy it again from a replica of the archive`;
      return { severity: 'error', code: 'PACK_DAMAGED', object: key, topic, message };
    }
    trailer = await readPackTrailer(store, key, foundSize);
  } catch (error) {
    if (!(error instanceof MskBackupError) || error.kind !== 'data') throw error;
    return { severity: 'error', code: error.code, object: key, topic, message: error.message };
  }
  const { metadata, frames } = trailer;
  const mismatch = (why: string): Finding => {
    const message = `${key} in ${store.location}: ${why}; snapshots can be restored, but not rebuilt from this pack`;
    return { severity: 'error', code: 'TRAILER_MISMATCH', object: key, topic, message };
  };
  if (metadata.topic !== topic) return mismatch(`the pack says that it is of topic ${metadata.topic}, not ${topic}`);
  if (archiveId !== undefined && metadata.archiveId !== archiveId) {
    return mismatch(`the pack says that it is of archive ${metadata.archiveId}, not ${archiveId}`);
  }
  const own = new Map(frames.map((frame) => [frame.position, JSON.stringify(frame)]));
  for (const { table, row } of rows) {
    const frame = table.frame(row);
    if (own.get(frame.position) === JSON.stringify(frame)) continue;
    return frameFinding(frame, 'TRAILER_MISMATCH', mismatch(`its own index differs (${place(frame)})`).message);
  }
  return undefined;
}
