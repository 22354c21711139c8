import type { RestoreJob } from '../config/job.ts';
import type { DrillReport } from '../drill/report.ts';
import { runDrill, type StoredDrill } from '../drill/run-drill.ts';
import type { RunContext } from '../observe/run-context.ts';
import { newestGoodDrill } from './archive-ages.ts';
import { archiveName } from './archive-name.ts';
import type { MetricValues } from './catalog.ts';
import { type MetricsOutput, Recorder } from './recorder.ts';
import { unlessOver } from './unless-over.ts';

/**
 * `runDrill`, with the metrics that the job asks for, at its end: also when there was no report to be had. What it restores
 * counts as a drill, not as a restore. Errors as `runDrill`.
 */
export async function meteredDrill(job: RestoreJob, context: RunContext, output: MetricsOutput): Promise<StoredDrill> {
  const recorder = await Recorder.open(job.metrics, archiveName(job.storage), output);
  if (!recorder.wanted) return runDrill(job, context);
  const began = Date.now();
  const failed = (): MetricValues => ({ DrillSucceeded: 0, DrillDurationSeconds: (Date.now() - began) / 1000 });
  return unlessOver(
    async () => {
      const drill = await runDrill(job, context).catch(async (reason) => {
        recorder.record({ ...failed(), ...(await ageOfLastGood(job.storage)) });
        throw reason;
      });
      recorder.record(await valuesOf(drill.report, job.storage));
      return drill;
    },
    () => recorder.record(failed()),
  );
}

async function valuesOf(
  { succeeded, seconds, snapshot }: DrillReport,
  storage: RestoreJob['storage'],
): Promise<MetricValues> {
  return {
    DrillSucceeded: succeeded ? 1 : 0,
    DrillDurationSeconds: seconds.total,
    ...(snapshot !== undefined && { DrillDataAgeSeconds: snapshot.ageSeconds }),
    ...(succeeded ? { DrillAgeSeconds: 0 } : await ageOfLastGood(storage)),
  };
}

/** Where it cannot be read, the drill has failed for the same reason and said so. */
async function ageOfLastGood(storage: RestoreJob['storage']): Promise<MetricValues> {
  const last = await newestGoodDrill(storage).catch(() => undefined);
  return last === undefined ? {} : { DrillAgeSeconds: Math.max(0, Date.now() - Date.parse(last.finishedAt)) / 1000 };
}
