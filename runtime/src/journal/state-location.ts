import type { StorageLocation } from '../config/job.ts';

/**
 * Where restores of an archive keep their journals: beside it and not in it, since the archive may be a replica that others
 * write. `s3://bucket/prefix` has `s3://bucket/prefix-restores`, an archive at the root of a bucket `msk-backup-restores`.
 */
export function stateLocation({
  storage,
  state,
}: {
  storage: StorageLocation;
  state?: StorageLocation;
}): StorageLocation {
  if (state !== undefined) return state;
  if (storage.backend === 'filesystem' && storage.prefix === '') {
    return { ...storage, path: `${storage.path.replace(/\/+$/, '')}-restores` };
  }
  return { ...storage, prefix: storage.prefix === '' ? 'msk-backup-restores' : `${storage.prefix}-restores` };
}
