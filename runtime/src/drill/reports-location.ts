import type { StorageLocation } from '../config/job.ts';

/**
 * Where drills of an archive keep their reports: beside it, as restores keep their journals (journal/state-location.ts).
 * `s3://bucket/prefix` has `s3://bucket/prefix-drills`, an archive at the root of a bucket `msk-backup-drills`.
 */
export function drillReportsLocation(storage: StorageLocation): StorageLocation {
  if (storage.backend === 'filesystem' && storage.prefix === '') {
    return { ...storage, path: `${storage.path.replace(/\/+$/, '')}-drills` };
  }
  return { ...storage, prefix: storage.prefix === '' ? 'msk-backup-drills' : `${storage.prefix}-drills` };
}
