import type { Archive } from '../archive/format-file.ts';
import type { StorageLocation } from '../config/job.ts';
import type { ObjectStore } from '../storage/object-store.ts';
import { openStore } from '../storage/open-store.ts';
import { parseStoreUrl } from '../storage/store-url.ts';
import type { ArchiveOptions } from './options.ts';
import { facts, time } from './output.ts';

/** Works on the archive that `--path` names, else on the one of the configuration; closes it in the end. */
export async function withStore<T>(options: ArchiveOptions, work: (store: ObjectStore) => Promise<T>): Promise<T> {
  const store = await openStore(await locationOf(options));
  try {
    return await work(store);
  } finally {
    await store.close();
  }
}

/** Where the archive is that `--path` or the configuration names. */
export async function locationOf(options: ArchiveOptions): Promise<StorageLocation> {
  if (options.path !== undefined) return parseStoreUrl(options.path);
  const { readParsed } = await import('./read-job.ts');
  return (await readParsed(options)).job.storage;
}

/** What an archive is, above what is told of it. */
export function archiveFacts({ store, clusterId, label, createdAt }: Archive): string {
  return facts([
    ['archive', store.location],
    ['cluster', label ? `${label} (${clusterId})` : clusterId],
    ['since', time(createdAt)],
  ]);
}
