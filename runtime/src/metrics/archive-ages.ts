import { listSizes, newestWholeSnapshot } from '../archive/whole.ts';
import type { StorageLocation } from '../config/job.ts';
import type { DrillReport } from '../drill/report.ts';
import { drillReportsLocation } from '../drill/reports-location.ts';
import { lastReports } from '../drill/stored-reports.ts';
import { MskBackupError } from '../errors.ts';
import type { Progress } from '../observe/progress.ts';
import { openStore } from '../storage/open-store.ts';
import type { MetricValues } from './catalog.ts';

/** So many drills are looked at for one that succeeded. */
const DRILLS_READ = 50;

/** How old what an archive can give back is, read from the archive alone. */
export interface ArchiveAges {
  /** Where the archive is, without secrets. */
  location: string;
  /** The newest complete snapshot of which everything is there; undefined when there is none. */
  snapshot?: { backupId: string; sequence: number; cutTime: string; ageSeconds: number };
  /** The newest drill that succeeded; undefined when there is none, or the reports cannot be read. */
  drill?: { id: string; finishedAt: string; ageSeconds: number };
  /** Of all packs and index objects. */
  storedBytes: number;
}

/**
 * Lists the archive, and reads the commits and index objects of its newest snapshot.
 * @param note told when drill reports cannot be read: the age of the snapshot is known all the same
 * @throws MskBackupError when the archive cannot be read
 */
export async function readAges(storage: StorageLocation, note: Progress['note']): Promise<ArchiveAges> {
  const store = await openStore(storage);
  try {
    const sizes = await listSizes(store);
    const snapshot = await newestWholeSnapshot(store, { sizes });
    const drill = await newestGoodDrill(storage).catch((reason) => {
      if (!(reason instanceof MskBackupError)) throw reason;
      // Not a warning: the role of a backup may not read them, and its hourly run would warn every hour.
      note('info', `the age of the last drill is not known: ${reason.message}`);
      return undefined;
    });
    const now = Date.now();
    const ageSeconds = (time: string) => Math.max(0, now - Date.parse(time)) / 1000;
    return {
      location: store.location,
      ...(snapshot !== undefined && {
        snapshot: {
          backupId: snapshot.backupId,
          sequence: snapshot.sequence,
          cutTime: snapshot.cut.time,
          ageSeconds: ageSeconds(snapshot.cut.time),
        },
      }),
      ...(drill !== undefined && {
        drill: { id: drill.id, finishedAt: drill.finishedAt, ageSeconds: ageSeconds(drill.finishedAt) },
      }),
      storedBytes: [...sizes.values()].reduce((sum, size) => sum + size, 0),
    };
  } finally {
    await store.close();
  }
}

/** Without a line for what is not known: an alarm on missing data tells of it. */
export function ageValues({ snapshot, drill, storedBytes }: ArchiveAges): MetricValues {
  return {
    ...(snapshot !== undefined && { BackupAgeSeconds: snapshot.ageSeconds }),
    ...(drill !== undefined && { DrillAgeSeconds: drill.ageSeconds }),
    StoredBytes: storedBytes,
  };
}

/** The newest drill of the archive that succeeded. */
export async function newestGoodDrill(storage: StorageLocation): Promise<DrillReport | undefined> {
  const store = await openStore(drillReportsLocation(storage));
  try {
    return (await lastReports(store, DRILLS_READ)).findLast(({ succeeded }) => succeeded);
  } finally {
    await store.close();
  }
}
