import { type ExtendedLocks, extendLocks } from '../../archive/extend-locks.ts';
import type { StorageLocation } from '../../config/job.ts';
import { MskBackupError } from '../../errors.ts';
import { openStore } from '../../storage/open-store.ts';
import { parseStoreUrl } from '../../storage/store-url.ts';
import { locationOf } from '../archive-source.ts';
import { EXIT_CODES } from '../exit-codes.ts';
import type { ArchiveOptions } from '../options.ts';
import { counted, facts } from '../output.ts';
import type { Run } from '../run.ts';

interface Options extends ArchiveOptions {
  days?: number;
  replica?: string[];
}

/** `locks extend`: the archive, then its replicas; ends with `data` when something that a snapshot needs is not there. */
export async function execute({ options, context, print, log }: Run<Options>): Promise<number> {
  const places = [await locationOf(options), ...(options.replica ?? []).map(parseStoreUrl)];
  const results: ExtendedLocks[] = [];
  for (const place of places) results.push(await extend(place, options.days, context.signal));
  for (const { findings } of results) for (const { message } of findings) log.warn(message);
  print({ archives: results }, () => results.map(text).join('\n\n'));
  if (results.some(({ interrupted }) => interrupted)) return EXIT_CODES.interrupted;
  // A replica may still be receiving what it lacks: `verify` there says whether it stays away.
  return results[0]!.findings.length > 0 ? EXIT_CODES.data : EXIT_CODES.ok;
}

async function extend(place: StorageLocation, days: number | undefined, signal: AbortSignal): Promise<ExtendedLocks> {
  if (place.backend !== 's3')
    throw new MskBackupError(
      'usage',
      'LOCKS_NOT_S3',
      `${place.path}: a directory has no Object Lock; name an archive in S3`,
    );
  const { ObjectLocks } = await import('../../storage/s3-object-locks.ts');
  const store = await openStore(place);
  const locks = new ObjectLocks(place);
  try {
    return await extendLocks(store, locks, { ...(days !== undefined && { days }), signal });
  } finally {
    locks.close();
    await store.close();
  }
}

function text({ location, mode, days, needed, extended, absent, findings, interrupted }: ExtendedLocks): string {
  return facts([
    ['archive', location],
    ['lock', `${mode}, ${counted(days, 'day')}`],
    ['needed', counted(needed, 'object')],
    ['extended', `${counted(extended, 'object')}${interrupted ? '; stopped before the end' : ''}`],
    ...(absent > 0 ? ([['gone', counted(absent, 'object')]] as [string, string][]) : []),
    ['result', findings.length === 0 ? 'no errors' : counted(findings.length, 'error')],
  ]);
}
