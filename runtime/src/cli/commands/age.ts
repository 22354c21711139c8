import type { StorageLocation } from '../../config/job.ts';
import { environmentMetrics, type MetricsSettings } from '../../config/metrics.ts';
import { type ArchiveAges, ageValues, readAges } from '../../metrics/archive-ages.ts';
import { archiveName } from '../../metrics/archive-name.ts';
import { Recorder } from '../../metrics/recorder.ts';
import { parseStoreUrl } from '../../storage/store-url.ts';
import { EXIT_CODES } from '../exit-codes.ts';
import type { ArchiveOptions } from '../options.ts';
import { bytes, duration, facts, time } from '../output.ts';
import { readParsed } from '../read-job.ts';
import type { Run } from '../run.ts';

/** `age`: also 0 when there is no snapshot. A gauge that is missing is what an alarm is set on. */
export async function execute({ options, context, print, metrics }: Run<ArchiveOptions>): Promise<number> {
  const { storage, metrics: settings } = await archiveOf(options);
  const ages = await readAges(storage, context.progress.note);
  print(ages, () => agesText(ages));
  const recorder = await Recorder.open(settings, archiveName(storage), metrics);
  recorder.record(ageValues(ages));
  return EXIT_CODES.ok;
}

async function archiveOf(options: ArchiveOptions): Promise<{ storage: StorageLocation; metrics: MetricsSettings }> {
  if (options.path === undefined) return (await readParsed(options)).job;
  return { storage: parseStoreUrl(options.path), metrics: environmentMetrics(process.env) };
}

function agesText({ location, snapshot, drill, storedBytes }: ArchiveAges): string {
  return facts([
    ['archive', location],
    [
      'snapshot',
      snapshot === undefined
        ? 'none is complete and whole'
        : `${age(snapshot.ageSeconds)} old: ${snapshot.backupId} (#${snapshot.sequence}), as of ${time(snapshot.cutTime)}`,
    ],
    [
      'drill',
      drill === undefined
        ? 'none has succeeded'
        : `${age(drill.ageSeconds)} ago: ${drill.id}, ended ${time(drill.finishedAt)}`,
    ],
    ['stored', bytes(storedBytes)],
  ]);
}

function age(seconds: number): string {
  return duration(Math.round(seconds) * 1000);
}
