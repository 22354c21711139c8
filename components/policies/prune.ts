import { createInPlace, deleteFromArchive } from './archive-access.ts';
import type { ArchivePlace } from './archive-place.ts';
import { type PolicyDocument, policyDocument } from './document.ts';

/**
 * Of the role that removes old snapshots: it takes the next commit number as a backup does, which names what it condemns, and
 * then deletes. It needs no access to Kafka. The archive bucket's policy must name it among the maintenance roles.
 */
export function prunePolicy({ archive }: { archive: ArchivePlace }): PolicyDocument {
  return policyDocument([...createInPlace('Archive', archive), deleteFromArchive(archive)]);
}
