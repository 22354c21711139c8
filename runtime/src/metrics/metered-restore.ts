import type { RestoreJob } from '../config/job.ts';
import type { RunContext } from '../observe/run-context.ts';
import type { RestoredTopic, RestoreReport } from '../restore/report/report.ts';
import { type RestoreOptions, runRestore } from '../restore/run.ts';
import { archiveName } from './archive-name.ts';
import type { MetricValues } from './catalog.ts';
import { CountedProgress } from './counted-progress.ts';
import { type MetricsOutput, Recorder } from './recorder.ts';
import { unlessOver } from './unless-over.ts';

/**
 * `runRestore`, with the metrics that the job asks for: one set of values at its end, also when it fails or is stopped.
 * Errors as `runRestore`, and `METRICS_PORT`.
 */
export async function meteredRestore(
  job: RestoreJob,
  context: RunContext,
  options: RestoreOptions,
  output: MetricsOutput,
): Promise<RestoreReport> {
  const progress = new CountedProgress(context.progress, 'restore');
  const recorder = await Recorder.open(job.metrics, archiveName(job.storage), output, { kind: 'restore', progress });
  if (!recorder.wanted) return runRestore(job, context, options);
  const began = Date.now();
  const tell = (succeeded: boolean) =>
    recorder.record({
      RecordsRestored: progress.done.records,
      RestoreDurationSeconds: (Date.now() - began) / 1000,
      RestoreSizeBytes: progress.done.bytes,
      RestoreSucceeded: succeeded ? 1 : 0,
    });
  try {
    return await unlessOver(
      async () => {
        const report = await runRestore(job, { ...context, progress }, options).catch((reason) => {
          tell(false);
          throw reason;
        });
        tell(!report.interrupted && (report.readBack?.differences.length ?? 0) === 0);
        recorder.recordTopics(report.topics.map(topicValues));
        return report;
      },
      () => tell(false),
    );
  } finally {
    await recorder.close(context.signal);
  }
}

/** By the name that the topic has at the target. */
function topicValues({ target, partitions, spread }: RestoredTopic): [string, MetricValues] {
  const parts = spread?.targets ?? partitions;
  return [target, { RecordsRestored: parts.reduce((sum, { records }) => sum + records, 0) }];
}
