import type { StorageLocation } from '../config/job.ts';
import { besideArchive } from '../storage/beside-archive.ts';

/** Where kept messages and the notes on replayed ones are: beside the archive, `…-dead-letters`. */
export function lettersLocation(storage: StorageLocation): StorageLocation {
  return besideArchive(storage, 'dead-letters');
}
