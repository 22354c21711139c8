import type { RestoreJob } from '../config/job.ts';
import type { DrillReport } from '../drill/report.ts';
import { newestGoodDrill } from './archive-ages.ts';
import { archiveName } from './archive-name.ts';
import { type MetricsOutput, Recorder } from './recorder.ts';

/**
 * Tells of a drill that is over. What it restored counts as a drill, not as a restore.
 * @param report undefined when there is none because the drill could not be carried out
 */
export async function recordDrill(
  { metrics, storage }: Pick<RestoreJob, 'metrics' | 'storage'>,
  report: Pick<DrillReport, 'succeeded' | 'seconds' | 'snapshot'> | undefined,
  output: MetricsOutput,
): Promise<void> {
  const recorder = await Recorder.open(metrics, archiveName(storage), output);
  if (!recorder.wanted) return;
  recorder.record({
    DrillSucceeded: report?.succeeded ? 1 : 0,
    ...(report !== undefined && { DrillDurationSeconds: report.seconds.total }),
    ...(report?.snapshot !== undefined && { DrillDataAgeSeconds: report.snapshot.ageSeconds }),
    ...(await drillAge(storage, report?.succeeded ?? false)),
  });
}

async function drillAge(storage: RestoreJob['storage'], succeeded: boolean): Promise<{ DrillAgeSeconds?: number }> {
  if (succeeded) return { DrillAgeSeconds: 0 };
  // A drill that failed because the storage is away has said so already.
  const last = await newestGoodDrill(storage).catch(() => undefined);
  return last === undefined ? {} : { DrillAgeSeconds: Math.max(0, Date.now() - Date.parse(last.finishedAt)) / 1000 };
}
