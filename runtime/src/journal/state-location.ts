import type { StorageLocation } from '../config/job.ts';
import { besideArchive } from '../storage/beside-archive.ts';

/** Where restores of an archive keep their journals: `restore.state`, or beside it, `…-restores`. */
export function stateLocation({
  storage,
  state,
}: {
  storage: StorageLocation;
  state?: StorageLocation;
}): StorageLocation {
  return state ?? besideArchive(storage, 'restores');
}
