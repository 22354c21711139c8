import { readCommits } from '../archive/resolve-snapshot.ts';
import type { Snapshot } from '../archive/snapshot.ts';
import type { ObjectStore } from '../storage/object-store.ts';

/** The newest complete snapshot as the commits have it, or undefined. */
export async function newestComplete(store: ObjectStore): Promise<Snapshot | undefined> {
  for await (const { snapshot } of readCommits(store)) if (snapshot?.kind === 'complete') return snapshot;
  return undefined;
}

/** Bytes of all packs and index objects, also of those that no snapshot needs: what is paid for. A listing of the archive. */
export async function storedBytes(store: ObjectStore, signal?: AbortSignal): Promise<number> {
  let bytes = 0;
  for (const prefix of ['packs/', 'index/']) {
    for await (const { size } of store.list(prefix)) {
      signal?.throwIfAborted();
      bytes += size;
    }
  }
  return bytes;
}
