import type { StorageLocation } from '../config/job.ts';
import { besideArchive } from '../storage/beside-archive.ts';

/** Where drills of an archive keep their reports: beside it, `…-drills`. */
export function drillReportsLocation(storage: StorageLocation): StorageLocation {
  return besideArchive(storage, 'drills');
}
