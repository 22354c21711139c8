import type { StorageLocation } from '../config/job.ts';

/**
 * Where kept messages and the notes on replayed ones are: beside the archive, `s3://bucket/prefix-dead-letters`, of an archive
 * at the root of a bucket `msk-backup-dead-letters`.
 */
export function lettersLocation(storage: StorageLocation): StorageLocation {
  if (storage.backend === 'filesystem' && storage.prefix === '') {
    return { ...storage, path: `${storage.path.replace(/\/+$/, '')}-dead-letters` };
  }
  return { ...storage, prefix: storage.prefix === '' ? 'msk-backup-dead-letters' : `${storage.prefix}-dead-letters` };
}
