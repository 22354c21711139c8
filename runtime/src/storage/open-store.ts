import { join } from 'node:path';
import type { StorageLocation } from '../config/job.ts';
import { FilesystemStore } from './filesystem-store.ts';
import type { ObjectStore } from './object-store.ts';

/**
 * Opens the place that a location names. Nothing is asked of it yet: a wrong bucket or path shows with the first call.
 * The S3 SDK is loaded only for s3, since that takes longer than the rest of the program's start.
 */
export async function openStore(location: StorageLocation): Promise<ObjectStore> {
  if (location.backend === 'filesystem') return new FilesystemStore(join(location.path, location.prefix));
  const { S3Store } = await import('./s3-store.ts');
  return new S3Store(location);
}
