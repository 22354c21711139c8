import type { StorageLocation } from '../config/job.ts';

/**
 * A place beside an archive and not in it, since the archive may be a replica that others write. `s3://bucket/prefix` has
 * `s3://bucket/prefix-NAME`, an archive at the root of a bucket `msk-backup-NAME`, a directory one of its name with `-NAME`.
 */
export function besideArchive(storage: StorageLocation, name: string): StorageLocation {
  if (storage.backend === 'filesystem' && storage.prefix === '') {
    return { ...storage, path: `${storage.path.replace(/\/+$/, '')}-${name}` };
  }
  return { ...storage, prefix: storage.prefix === '' ? `msk-backup-${name}` : `${storage.prefix}-${name}` };
}
