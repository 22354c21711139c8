import { resolve } from 'node:path';
import type { StorageLocation } from '../config/job.ts';

/** What metrics call an archive, in dimension `Archive`: `bucket/prefix`, or the path of a directory. */
export function archiveName(storage: StorageLocation): string {
  if (storage.backend === 'filesystem') return resolve(storage.path, storage.prefix);
  return `${storage.bucket}/${storage.prefix}`.replace(/\/+$/, '');
}
